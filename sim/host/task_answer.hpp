// From what a task computed to what its executor reports.
#pragma once

#include <string>
#include <utility>

#include "core/data/compute_task.hpp"
#include "sim/host/executor_host.hpp"

namespace forkyard::sim {

[[nodiscard]] inline TaskAnswer failed_answer(std::string error) {
    TaskAnswer answer;
    answer.status = TaskAnswer::Status::failed;
    answer.error = std::move(error);
    return answer;
}

// Takes the result; leaves the regions, what is saved and what is to be kept, which stay with
// the executor.
[[nodiscard]] inline TaskAnswer answer_of(TaskOutput& output) {
    TaskAnswer answer;
    // One message brings it; 64 MB less what frames it.
    constexpr std::size_t bytes_max = std::size_t{63} << 20U;
    if (output.result.size() > bytes_max) {
        return failed_answer("a task returns " + std::to_string(output.result.size()) +
                             " bytes, and at most " + std::to_string(bytes_max) +
                             " reach the driver: use more partitions");
    }
    answer.cost = output.cost;
    answer.rows = static_cast<std::int64_t>(output.result_records);
    answer.records = static_cast<std::int64_t>(output.records_read);
    answer.result = std::move(output.result);
    answer.spilled = output.spilled;
    answer.accumulated = std::move(output.accumulated);
    for (const Region& region : output.regions) {
        answer.sizes.push_back(static_cast<std::int64_t>(region.size()));
    }
    for (const MadeBlock& made : output.made) {
        answer.made.push_back({made.block, static_cast<std::int64_t>(made.bytes.size())});
    }
    return answer;
}

}  // namespace forkyard::sim
