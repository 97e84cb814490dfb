// What a program asks of its driver about executors while it runs.
#pragma once

#include <cstdint>
#include <vector>

#include "core/ids.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// In Spark: requestExecutors, requestTotalExecutors, killExecutors and getExecutorIds of
// SparkContext.
enum class ExecutorCall : std::uint8_t { request, request_total, kill, list };

struct RequestSpec {
    SimTime at;
    ExecutorCall call = ExecutorCall::request;
    std::uint32_t count = 0;          // request: more of them; request_total: in all
    std::vector<ExecutorId> execs{};  // kill
    bool operator==(const RequestSpec&) const = default;
};

}  // namespace forkyard
