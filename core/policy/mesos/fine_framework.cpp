#include "core/policy/mesos/fine_framework.hpp"

#include <algorithm>

namespace forkyard {

namespace {

// More than the time for which tasks hold out for a better place.
constexpr std::uint32_t declined_max = 2;

}  // namespace

FineFramework::FineFramework(const AppConf& conf)
    : own_{conf.mesos.own_cores, mesos_executor_memory(conf)}, task_cpus_{conf.task_cpus} {}

// An executor, and a task.
bool FineFramework::fits_new(const Room& room) const {
    return room.holds({own_.cores + task_cpus_, own_.memory});
}

bool FineFramework::wants(NodeId agent, const Room& room) const {
    const bool fits =
        executors_.contains(agent) ? room.cores >= std::int64_t{task_cpus_} : fits_new(room);
    return waiting_ > 0 && fits;
}

std::vector<FineFramework::Answer> FineFramework::answer(const std::vector<Offered>& offers) {
    std::vector<Answer> answers(offers.size());
    for (std::size_t i = 0; i < offers.size(); ++i) {
        answers[i].unused = offers[i].room;
        answers[i].refuse = refuse_unused;
    }
    const auto give = [&](Answer& answer, std::uint32_t tasks) {
        answer.cores += tasks * task_cpus_;
        answer.unused.cores -= std::int64_t{tasks} * task_cpus_;
        answer.refuse = refuse_rest;
    };
    const bool wanted = wants_any();
    for (std::size_t i = 0; i < offers.size(); ++i) {
        const auto own = executors_.find(offers[i].agent);
        const auto tasks = static_cast<std::uint32_t>(offers[i].room.cores / task_cpus_);
        if (!wanted || own == executors_.end() || tasks == 0) {
            continue;
        }
        give(answers[i], tasks);
        own->second.offered = answers[i].cores;
        if (own->second.declined < declined_max) {
            waiting_ -= std::min(waiting_, tasks);
        }
    }
    for (bool gave = true; gave && wants_any();) {
        gave = false;
        for (std::size_t i = 0; i < offers.size() && wants_any(); ++i) {
            Answer& answer = answers[i];
            if (executors_.contains(offers[i].agent)) {
                continue;
            }
            if (!answer.starts && fits_new(answer.unused)) {
                answer.starts = true;
                answer.unused -= own_;
            }
            if (answer.starts && answer.unused.cores >= std::int64_t{task_cpus_}) {
                give(answer, 1);
                --waiting_;
                gave = true;
            }
        }
    }
    return answers;
}

void FineFramework::returned(NodeId agent, std::uint32_t cores, SimDuration refuse) {
    const auto own = executors_.find(agent);
    if (own == executors_.end()) {
        return;
    }
    const bool declined = refuse > SimDuration{0} && cores == own->second.offered;
    own->second.declined = declined && wants_any() ? own->second.declined + 1 : 0;
}

void FineFramework::ended(NodeId agent, ExecutorId exec) {
    const auto found = executors_.find(agent);
    if (found != executors_.end() && found->second.id == exec) {
        executors_.erase(found);
    }
}

}  // namespace forkyard
