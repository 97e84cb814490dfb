// The fine-grained mode: cores that are lent to an application for one task at a time, and come
// back (CM-MESOS-12).
#include <algorithm>

#include "core/policy/mesos/mesos.hpp"

namespace forkyard {

// Cores of tasks that have ended, or were not wanted.
void Mesos::on(Step& step, const CoresReturned& event) {
    Application& app = apps_[event.app.index()];
    const auto found = grants_.find(event.exec);
    if (!app.fine || found == grants_.end()) {
        return;  // they came back with their executor
    }
    app.fine->set_waiting(event.tasks);
    Grant& grant = found->second;
    const std::uint32_t cores = std::min(event.cores, grant.lent);
    grant.lent -= cores;
    if (grant.agent.valid()) {
        app.fine->returned(grant.agent, event.cores, event.refuse);
        allocator_.recover(event.app, grant.agent, {cores, Bytes{}}, step.now, event.refuse);
    }
    arm_batch(step);
}

void Mesos::on(Step& step, const OffersRevived& event) {
    Application& app = apps_[event.app.index()];
    if (!app.fine || !app.there) {
        return;
    }
    app.fine->set_waiting(event.tasks);
    allocator_.revive(event.app);
    offer(step);
}

// Cores for tasks, and executors where there are none yet. What is lent waits for them.
void Mesos::lend(Step& step, AppId id, const std::vector<DrfAllocator::Offer>& offers) {
    FineFramework& framework = *apps_[id.index()].fine;
    std::vector<FineFramework::Offered> offered;
    for (const DrfAllocator::Offer& made : offers) {
        offered.push_back({made.agent, made.room});
    }
    const std::vector<FineFramework::Answer> answers = framework.answer(offered);
    auto more = static_cast<std::uint32_t>(
        std::count_if(answers.begin(), answers.end(), [](const FineFramework::Answer& answer) {
            return answer.cores > 0;
        }));
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const FineFramework::Answer& answer = answers[i];
        const NodeId agent = offers[i].agent;
        if (answer.starts) {
            const Room& own = framework.own_room();
            const auto cores = static_cast<std::uint32_t>(own.cores);
            const ExecutorId exec{++last_executor_};
            grants_.emplace(exec, Grant{id, agent, cores, 0});
            framework.started(agent, exec);
            step.act(LaunchExecutor{id, exec, agent, cores, own.memory});
        }
        if (answer.cores > 0) {
            const ExecutorId exec = framework.executor_on(agent);
            grants_.at(exec).lent += answer.cores;
            step.act(OfferCores{id, exec, answer.cores, --more});
        }
        if (answer.unused.cores > 0) {
            decline(step, offers[i], answer.unused, answer.refuse);
        } else {
            allocator_.recover(id, agent, answer.unused, step.now);
        }
    }
}

}  // namespace forkyard
