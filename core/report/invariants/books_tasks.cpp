// The second half of the books: task attempts, what they made, and where it is.
#include <algorithm>

#include "core/report/invariants/books.hpp"

namespace forkyard::invariants {

void Books::apply(const LaunchTask& action) {
    if (app(action.app).finished) {
        return;
    }
    StageAttemptBook& of = attempt(action.app, action.task.stage);
    if (of.tasks.size() <= action.task.partition) [[unlikely]] {
        entries_ += action.task.partition + 1 - of.tasks.size();
        of.tasks.resize(action.task.partition + 1);
    }
    TaskBook& task = of.tasks[action.task.partition];
    task.launched = std::max(task.launched, action.task.attempt + 1);
    if (task.exec.valid()) {
        of.copies.push_back({action.task.partition, action.task.attempt, action.exec});
    } else {
        task.attempt = action.task.attempt;
        task.exec = action.exec;
    }
    ++executor(action.exec).running;
    touch(action.exec);
}

void Books::apply(const TaskFinished& event) {
    if (app(event.app).finished) {
        return;
    }
    if (event.status == TaskStatus::resubmitted) {
        resubmit(event);
        return;
    }
    const Place place = place_of(event.app, event.task);
    if (!place.exec.valid() || place.exec != event.exec) {
        return;
    }
    ExecutorBook& on = executor(event.exec);
    if (on.lost && event.status != TaskStatus::executor_lost) {
        return;  // the driver does not listen to it any more
    }
    TaskBook& task = place.attempt.tasks[event.task.partition];
    if (task.exec.valid() && task.attempt == event.task.attempt) {
        task.exec = ExecutorId{};
    } else {
        std::erase_if(place.attempt.copies, [&](const CopyBook& copy) {
            return copy.partition == event.task.partition && copy.attempt == event.task.attempt;
        });
    }
    --on.running;
    touch(event.exec);
    if (event.status != TaskStatus::success && event.status != TaskStatus::commit_denied) {
        std::erase_if(place.stage.committers,
                      [&](const auto& entry) { return entry.second == event.task; });
    }
    if (event.status == TaskStatus::success && place.stage.jobs > 0) {
        accept(event, place.stage);
    }
}

// Only for the running attempt of a stage: the tasks of others stay done.
void Books::resubmit(const TaskFinished& event) {
    StageBook& of = stage(event.app, event.task.stage.stage);
    if (!of.running || event.task.stage.attempt + 1 != of.attempts.size()) {
        return;
    }
    set_pending(of, event.task.partition, true);
    if (of.shuffle.valid()) {
        ShuffleBook& written = shuffle(event.app, of.shuffle);
        if (event.task.partition < written.invalid.size()) {
            written.invalid[event.task.partition] = 1;
        }
    }
}

void Books::apply(const AnswerCommit& action) {
    if (action.allowed) {
        stage(action.app, action.task.stage.stage)
            .committers.emplace(action.task.partition, action.task);
    }
}

void Books::apply(const BlockCached& event) {
    PlanBook* of = plan(event.app, PlanId{event.block.rdd.value});
    if (of != nullptr && executor(event.exec).alive()) {
        of->cached[event.block.partition].insert(event.exec);
    }
}

void Books::apply(const BlockDropped& event) {
    PlanBook* of = plan(event.app, PlanId{event.block.rdd.value});
    if (of == nullptr) {
        return;
    }
    const auto at = of->cached.find(event.block.partition);
    if (at != of->cached.end()) {
        at->second.erase(event.exec);
        if (at->second.empty()) {
            of->cached.erase(at);
        }
    }
}

void Books::accept(const TaskFinished& event, StageBook& of) {
    const PlanBook* plan_of = plan(event.app, of.plan);
    const bool older = event.task.stage.attempt + 1 < of.attempts.size();
    if (of.shuffle.valid() && older && plan_of != nullptr && plan_of->indeterminate &&
        app(event.app).older_outputs_void) {
        return;
    }
    if (of.shuffle.valid()) {
        set_pending(of, event.task.partition, false);
        // Only now: an output that an executor on its way out has passed on comes back by itself,
        // and its task, which was taken back meanwhile, runs again all the same.
        std::vector<char>& invalid = shuffle(event.app, of.shuffle).invalid;
        if (event.task.partition < invalid.size()) {
            invalid[event.task.partition] = 0;
        }
        if (of.pending_count == 0) {
            dirty.stages.emplace_back(event.app, event.task.stage.stage);
        }
        return;
    }
    if (!of.result_of.valid()) {
        return;
    }
    JobBook& whose = job(event.app, of.result_of);
    const std::uint32_t index = event.task.partition - whose.from;
    if (index < whose.accepted.size() && whose.accepted[index] == 0) {
        whose.accepted[index] = 1;
        ++whose.accepted_count;
    }
    if (whose.accepted_count == whose.accepted.size()) {
        dirty.stages.emplace_back(event.app, event.task.stage.stage);
    }
}

Books::Place Books::place_of(AppId app, const TaskAttempt& task) {
    StageBook& of = stage(app, task.stage.stage);
    Place place{of, grown(of.attempts, task.stage.attempt), ExecutorId{}};
    if (place.attempt.tasks.size() <= task.partition) {
        return place;
    }
    const TaskBook& first = place.attempt.tasks[task.partition];
    if (first.exec.valid() && first.attempt == task.attempt) {
        place.exec = first.exec;
        return place;
    }
    for (const CopyBook& copy : place.attempt.copies) {
        if (copy.partition == task.partition && copy.attempt == task.attempt) {
            place.exec = copy.exec;
        }
    }
    return place;
}

bool Books::done(AppId app, const StageBook& of, std::uint32_t partition) {
    if (of.shuffle.valid()) {
        const ShuffleBook& written = shuffle(app, of.shuffle);
        return partition < written.holders.size() && written.holders[partition].valid() &&
               written.invalid[partition] == 0;
    }
    if (!of.result_of.valid()) {
        return false;
    }
    const JobBook& whose = job(app, of.result_of);
    const std::uint32_t index = partition - whose.from;
    return index < whose.accepted.size() && whose.accepted[index] != 0;
}

// ---- map outputs

void Books::apply(const RegisterMapOutput& action) {
    set_holder(action.app, action.shuffle, action.partition, action.exec);
}

void Books::apply(const UnregisterMapOutput& action) {
    set_holder(action.app, action.shuffle, action.partition, ExecutorId{});
}

void Books::set_holder(AppId app, ShuffleId id, std::uint32_t partition, ExecutorId exec) {
    ShuffleBook& written = shuffle(app, id);
    if (written.holders.size() <= partition) {
        entries_ += 2U * (partition + 1 - written.holders.size());
        written.holders.resize(partition + 1);
        written.invalid.resize(partition + 1);
    }
    ExecutorId& holder = written.holders[partition];
    if (holder.valid()) {
        --written.available;
        if (holder != fallback_storage) {
            --executor(holder).outputs;
        }
    }
    holder = exec;
    if (exec.valid()) {
        ++written.available;
        if (exec != fallback_storage) {
            ++executor(exec).outputs;
        }
    }
}

}  // namespace forkyard::invariants
