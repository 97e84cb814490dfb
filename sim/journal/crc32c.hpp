// The checksum of what is written: blocks of a journal, regions of a shuffle.
#pragma once

#include <cstdint>
#include <string_view>

namespace forkyard::sim {

// CRC32C (Castagnoli), continued from `crc`; begin with 0. "123456789" gives e3069283.
[[nodiscard]] std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes);

}  // namespace forkyard::sim
