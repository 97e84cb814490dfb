// What writer and reader of a journal file share.
//
//   #forkyard-journal 1
//   H schema=1 version=... scenario=<16 hex> seed=1 clock=virtual
//   C key=value            the whole scenario
//   E A D F M V            records (core/journal/codec)
//   S 64 etl=<hex> ...     state digests, every 64 events
//   K 64 crc=<8 hex> chain=<16 hex>
//   Z verdict=ended exit=0
//   K ...
//
// A K line closes a block: crc is the CRC32C of all bytes since the last K line (or the
// start), chain the digest of all records so far. What follows the last K line was
// being written when the run was cut off, and does not count. Compression (.zst) is
// around all this: checksums are of the text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.hpp"

namespace forkyard::sim {

// All versions begin alike; only the number changes, should a reader have to know it
// before the header.
inline constexpr std::string_view journal_first_word = "#forkyard-journal ";
inline constexpr std::string_view journal_first_line = "#forkyard-journal 1";
inline constexpr int journal_schema = 1;
inline constexpr std::size_t journal_block_bytes = std::size_t{64} << 10U;

// Of the C lines without their letter: `scenario` in the header.
[[nodiscard]] inline std::uint64_t scenario_digest(const std::vector<std::string>& lines) {
    std::uint64_t digest = 0;
    for (const std::string& line : lines) {
        digest = combine(digest, digest_of(std::string_view{line}));
    }
    return digest;
}

}  // namespace forkyard::sim
