// A driver on fine-grained Mesos: it has no cores but those that the master lends it. What
// it does not use of an offer goes back at once, the rest when its task has ended.
//
// In Spark: MesosFineGrainedSchedulerBackend (CM-MESOS-12).
#include <utility>
#include <vector>

#include "core/driver/driver.hpp"

namespace forkyard {

// All that a batch offers is looked at together.
void Driver::on(Step& step, const CoresOffered& event) {
    const std::uint32_t usable = tasks_.lend(event.exec, event.cores);
    if (usable > 0) {
        offered_.push_back(event);
    }
    if (event.more > 0) {
        return;
    }
    tasks_.offer_all(step);
    for (const CoresOffered& offer : std::exchange(offered_, {})) {
        return_unused(step, offer.exec, offer.cores);
    }
}

// Its first cores were lent with it, and have waited for it.
void Driver::begin_borrowing(Step& step, ExecutorId exec) {
    const std::uint32_t lent = tasks_.lend_early(exec);
    if (lent > 0) {
        tasks_.offer(step, exec);
        return_unused(step, exec, lent);
    }
}

void Driver::return_unused(Step& step, ExecutorId exec, std::uint32_t lent) {
    const std::uint32_t cores = tasks_.reclaim(exec);
    if (cores > 0) {
        const SimDuration refuse = cores == lent ? refuse_unused : refuse_rest;
        step.act(ReturnCores{id_, exec, cores, refuse, tasks_.wanting_tasks()});
    }
}

void Driver::return_freed(Step& step, ExecutorId exec) {
    const std::uint32_t cores = tasks_.reclaim(exec);
    if (cores > 0) {
        step.act(ReturnCores{id_, exec, cores, SimDuration{0}, tasks_.wanting_tasks()});
    }
}

// There may be more to run than the master knows of.
void Driver::revive_offers(Step& step) {
    if (std::exchange(revives_, false) && borrows() && tasks_.wanting_tasks() > 0) {
        step.act(ReviveOffers{id_, tasks_.wanting_tasks()});
    }
}

}  // namespace forkyard
