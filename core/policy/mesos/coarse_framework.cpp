#include "core/policy/mesos/coarse_framework.hpp"

#include <algorithm>

namespace forkyard {

namespace {

constexpr std::uint32_t failures_max = 2;  // on one agent

// Whole executors only, where their size is given (CM-MESOS-08).
std::uint32_t whole_executors(const AppConf& conf) {
    const std::uint32_t unit = conf.executor_cores.value_or(1);
    return conf.cores_max / unit * unit;
}

}  // namespace

CoarseFramework::CoarseFramework(const AppConf& conf)
    : conf_{conf}, cores_max_{whole_executors(conf)}, memory_{mesos_executor_memory(conf)} {}

Room CoarseFramework::room_of(std::uint32_t cores) const {
    return {std::int64_t{cores} + conf_.mesos.extra_cores, memory_};
}

// Of an executor there; 0: none.
std::uint32_t CoarseFramework::cores_for(const Room& room) const {
    const std::int64_t there = room.cores - conf_.mesos.extra_cores;
    const std::int64_t cores = conf_.executor_cores ? std::int64_t{*conf_.executor_cores}
                                                    : std::min(there, std::int64_t{cores_left()});
    const bool fits = cores > 0 && cores <= there && cores <= cores_left() &&
                      room.memory >= memory_ && executors_ < limit_;
    return fits ? static_cast<std::uint32_t>(cores) : 0;
}

bool CoarseFramework::wants(NodeId agent, const Room& room) const {
    const auto failed = failures_.find(agent);
    return (failed == failures_.end() || failed->second < failures_max) && cores_for(room) > 0;
}

std::vector<CoarseFramework::Answer> CoarseFramework::answer(const std::vector<Offered>& offers) {
    std::vector<Answer> answers(offers.size());
    for (std::size_t i = 0; i < offers.size(); ++i) {
        answers[i].unused = offers[i].room;
        answers[i].refuse = refuse_unused;
    }
    if (executors_ >= limit_) {
        return answers;
    }
    for (bool took = true; took;) {
        took = false;
        for (std::size_t i = 0; i < offers.size(); ++i) {
            if (!wants(offers[i].agent, answers[i].unused)) {
                continue;
            }
            const std::uint32_t cores = cores_for(answers[i].unused);
            answers[i].executors.push_back(cores);
            answers[i].unused -= room_of(cores);
            ++executors_;
            cores_ += cores;
            took = true;
        }
    }
    const bool at_most = cores_left() < conf_.executor_cores.value_or(1);
    for (Answer& answer : answers) {
        if (at_most && answer.executors.empty()) {
            answer.refuse = conf_.mesos.reject;
        }
    }
    return answers;
}

void CoarseFramework::ended(NodeId agent, std::uint32_t cores, bool failed) {
    --executors_;
    cores_ -= cores;
    failures_[agent] += failed ? 1 : 0;
}

}  // namespace forkyard
