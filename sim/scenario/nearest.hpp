// "Did you mean": the known name nearest to one that nobody knows, by edit
// distance (insert, delete, replace, swap of neighbours).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace forkyard::sim {

[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest candidate, the first of equals; none when all are too far away to
// be a slip of the pen.
[[nodiscard]] std::optional<std::string> nearest(std::string_view name,
                                                 const std::vector<std::string>& candidates);

// "did you mean `x`?", else a short list of what there is, else nothing.
[[nodiscard]] std::string did_you_mean(std::string_view name,
                                       const std::vector<std::string>& candidates);

// `a`, `b` and `c`.
[[nodiscard]] std::string listed(const std::vector<std::string>& names);

}  // namespace forkyard::sim
