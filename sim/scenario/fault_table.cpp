#include "sim/scenario/fault_table.hpp"

#include <algorithm>
#include <array>

namespace forkyard::sim {
namespace {

using Target = FaultTarget;

constexpr std::array table{
    FaultRow{"kill-executor",
             Target::executor,
             "code notice",
             "the process is killed",
             FaultKind::kill_executor},
    FaultRow{"exit-executor",
             Target::executor,
             "code notice",
             "the process exits, with code 1 by default",
             FaultKind::exit_executor},
    FaultRow{"freeze-executor",
             Target::executor,
             "for",
             "the process stops, without an end if `for` is not given",
             FaultKind::freeze_executor},
    FaultRow{"slow-executor", Target::executor, "for factor", "all it does takes longer"},
    FaultRow{"drop-heartbeat", Target::executor, "for", "its beats are not heard"},
    FaultRow{"fail-executor-start",
             Target::app_or_worker,
             "",
             "the next `times` (1) executors fail to start",
             FaultKind::fail_executor_start},
    FaultRow{"delay-executor-start", Target::app_or_worker, "", "executors start late"},
    FaultRow{"preempt-executor",
             Target::executor,
             "grace migrate",
             "its manager takes it after `grace`; with spark.decommission.enabled it leaves before",
             FaultKind::preempt_executor},
    FaultRow{"decommission-executor",
             Target::executor,
             "grace migrate",
             "it is told to leave, and killed after `grace`; without `migrate` blocks go with it",
             FaultKind::decommission_executor},
    FaultRow{"slow-task",
             Target::task,
             "factor",
             "its work takes `factor` (5) times as long",
             FaultKind::slow_task},
    FaultRow{"fail-task",
             Target::task,
             "progress reason",
             "it fails after `progress` percent of its run",
             FaultKind::fail_task},
    FaultRow{"hang-task",
             Target::task,
             "for",
             "it stops and is deaf to kills, without an end if `for` is not given",
             FaultKind::hang_task},
    FaultRow{"hold-completion",
             Target::task,
             "for",
             "its report comes so much later, never if `for` is not given",
             FaultKind::hold_completion},
    FaultRow{"deny-commit",
             Target::task,
             "",
             "when it asks whether it may commit what it saves, the answer is no",
             FaultKind::deny_commit},
    FaultRow{"delay-commit",
             Target::task,
             "",
             "it commits what it saves `delay` later than it may",
             FaultKind::delay_commit},
    FaultRow{"drop-message", Target::executor, "message direction window", "lost"},
    FaultRow{"duplicate-message", Target::executor, "message direction window", "comes twice"},
    FaultRow{"delay-message", Target::executor, "message direction window", "comes late"},
    FaultRow{"reorder-message", Target::executor, "message direction window", "out of turn"},
    FaultRow{"corrupt-message", Target::executor, "message direction window", "wrong bytes"},
    FaultRow{"cut-link", Target::link, "one_way for", "two do not reach each other"},
    FaultRow{"partition-rack", Target::link, "one_way for", "a rack is cut off"},
    FaultRow{"lose-worker",
             Target::worker,
             "notice keep_shuffle for",
             "the node is gone; with `for` it comes back as a new one",
             FaultKind::lose_worker},
    FaultRow{"restore-worker", Target::worker, "notice keep_shuffle for", "the node is back"},
    FaultRow{"slow-worker",
             Target::worker,
             "factor for",
             "work on it takes `factor` (2) times as long",
             FaultKind::slow_worker},
    FaultRow{"drain-worker",
             Target::worker,
             "grace",
             "no more executors there; those of spark.decommission.enabled leave, the rest is "
             "ended after `grace`",
             FaultKind::drain_worker},
    FaultRow{"stop-shuffle-service",
             Target::worker,
             "for",
             "files cannot be read through it, and executors that start there fail",
             FaultKind::stop_shuffle_service},
    FaultRow{"fill-disk", Target::worker, "left", "its disk is full"},
    FaultRow{"slow-disk", Target::worker, "factor for", "its disk is slow"},
    FaultRow{"lose-shuffle", Target::holder, "stage partition", "shuffle files are gone"},
    FaultRow{"corrupt-shuffle", Target::holder, "stage partition", "shuffle files are wrong"},
    FaultRow{"lose-block", Target::holder, "block", "a cached block is gone"},
    FaultRow{"restart-manager",
             Target::none,
             "keeps down",
             "the manager is gone for `down`; what is sent to it meanwhile waits",
             FaultKind::restart_manager},
    FaultRow{"delay-grant", Target::app, "", "executors are granted late"},
    FaultRow{"partial-grant", Target::app, "percent", "fewer than asked for"},
    FaultRow{"duplicate-grant", Target::app, "", "granted twice"},
    FaultRow{
        "kill-driver", Target::app, "", "the driver's process is killed", FaultKind::kill_driver},
    FaultRow{"skew-clock", Target::executor, "by", "its clock is wrong"},
};

bool has_word(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        const std::size_t end = std::min(words.find(' '), words.size());
        if (words.substr(0, end) == word) {
            return true;
        }
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return false;
}

}  // namespace

std::span<const FaultRow> fault_table() {
    return table;
}

const FaultRow* find_fault(std::string_view kind) {
    const auto found = std::find_if(
        table.begin(), table.end(), [&](const FaultRow& row) { return row.kind == kind; });
    return found == table.end() ? nullptr : found;
}

std::string_view target_keys(FaultTarget target) {
    switch (target) {
        case FaultTarget::executor:
            return "executor";
        case FaultTarget::task:
            return "app stage partition attempt";
        case FaultTarget::worker:
            return "worker";
        case FaultTarget::app:
            return "app";
        case FaultTarget::app_or_worker:
            return "app worker";
        case FaultTarget::holder:
            return "executor worker";
        case FaultTarget::link:
            return "from to rack";
        case FaultTarget::none:
            break;
    }
    return "";
}

bool takes_key(const FaultRow& row, std::string_view key) {
    return has_word(common_fault_keys, key) || has_word(target_keys(row.target), key) ||
           has_word(row.keys, key);
}

}  // namespace forkyard::sim
