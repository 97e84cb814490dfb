// The first record in which two journals differ, for `verify`.
//
// Compared are the scenario and what happened: C E A D F M V S and the verdict. Header
// and commit lines are not: where a block ends may depend on the host. Nothing is
// aligned after the first difference; that would be a diff.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace forkyard::sim {

struct JournalDifference {
    std::uint64_t agreed = 0;  // records before it
    std::string first;         // the lines that differ; empty: that run has ended
    std::string second;
    // The last event after which both wrote state digests, equal ones.
    std::optional<std::uint64_t> equal_state_at;
};

// Texts of journals, or of their record lines alone.
[[nodiscard]] std::optional<JournalDifference> first_difference(std::string_view first,
                                                                std::string_view second);
// Files, as far as they count.
[[nodiscard]] Result<std::optional<JournalDifference>> compare_journals(
    const std::string& first_path, const std::string& second_path);

// `NONDETERMINISM: runs agree for N records, then ...`, with the names of the two runs.
[[nodiscard]] std::string to_text(const JournalDifference& difference,
                                  std::string_view first_name,
                                  std::string_view second_name);

}  // namespace forkyard::sim
