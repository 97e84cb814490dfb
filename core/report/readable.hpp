// Numbers as people read them in reports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/sim_time.hpp"

namespace forkyard {

// 0 s, 250 us, 12.5 ms, 1.25 s, 2 min 5 s, 1 h 2 min.
[[nodiscard]] std::string readable(SimDuration duration);
// "412 B", "5.2 MiB".
[[nodiscard]] std::string readable_bytes(std::int64_t bytes);

// "1 task", "3 tasks".
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view noun);

// "1 4 7-9": ascending numbers, runs of three and more joined; at most `max` parts.
[[nodiscard]] std::string number_list(std::span<const std::uint32_t> numbers, std::size_t max = 12);

}  // namespace forkyard
