// Everything that can be told of a run that has ended: what the table, the JSON and
// the JUnit printers are made from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/journal/record.hpp"
#include "core/report/expectations.hpp"
#include "core/report/job_result.hpp"
#include "core/report/summary.hpp"
#include "core/result.hpp"

namespace forkyard {

struct RunReport {
    Summary summary{};
    std::vector<JobResult> results{};
    std::vector<ExpectationResult> expectations{};
    std::uint32_t invariants_checked = 0;  // how many were watched
    std::vector<Violation> violations{};
    std::uint64_t digest = 0;
    Exit exit = Exit::ok;
};

// 16 hex digits.
[[nodiscard]] std::string digest_text(std::uint64_t digest);

}  // namespace forkyard
