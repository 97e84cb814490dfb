#include "core/driver/task_set_manager.hpp"

#include <algorithm>
#include <utility>

#include "core/check.hpp"

namespace forkyard {

TaskSetManager::TaskSetManager(
    AppId app, TaskSet set, const AppConf& conf, const ExecutorTable& executors, SimTime now)
    : app_{app},
      set_{std::move(set)},
      conf_{&conf},
      executors_{&executors},
      tasks_(set_.partitions.size()),
      pending_{set_.places.none()},
      pending_copies_{set_.places.none()},
      // With the older reset a barrier set would never be whole (SCH-BAR-03).
      wait_{conf.locality, now, !(set_.barrier && conf.locality.legacy_reset)} {
    FORKYARD_CHECK(!tasks_.empty(), "a task set has at least one task");
    dense_ = set_.partitions.front() == 0 && set_.partitions.back() + 1 == tasks_.size();
    attempts_.reserve(size());
    pending_.reserve(size());
    for (std::uint32_t index = size(); index-- > 0;) {  // index 0 is next (SCH-TSM-01)
        pending_.add(index, set_.places.of(index), executors);
    }
    waiting_ = size();
    if (conf.speculation.enabled && !set_.barrier) {
        const std::uint32_t cores = conf.executor_cores.value_or(executors.cpus());
        const std::uint32_t slots =
            std::min(cores / executors.cpus(), tasks_by_resources(conf.resources));
        speculation_.emplace(conf.speculation, size(), slots);
    }
    if (conf.exclusion.task_and_stage || conf.exclusion.application) {
        exclusion_.emplace(app, set_.stage, conf.exclusion);
    }
    recompute_levels();
}

// ---- levels of locality

void TaskSetManager::recompute_levels() {
    if (zombie_) {
        return;
    }
    const auto any = [](const auto& lists, const auto& live) {
        return std::any_of(
            lists.begin(), lists.end(), [&](const auto& list) { return live(list.first); });
    };
    const ExecutorTable& executors = *executors_;
    std::vector<Locality> levels;
    if (any(pending_.by_executor(), [&](ExecutorId exec) { return executors.active(exec); })) {
        levels.push_back(Locality::process_local);
    }
    if (any(pending_.by_node(), [&](NodeId node) { return executors.active_on_node(node); })) {
        levels.push_back(Locality::node_local);
    }
    if (!pending_.no_place().empty()) {
        levels.push_back(Locality::no_pref);
    }
    if (any(pending_.by_rack(), [&](std::uint32_t r) { return executors.active_on_rack(r); })) {
        levels.push_back(Locality::rack_local);
    }
    levels.push_back(Locality::any);
    wait_.set_levels(std::move(levels), conf_->bug);
}

Locality TaskSetManager::allowed(SimTime now) {
    return wait_.allowed(now, [this](Locality level) { return left_at(level); });
}

bool TaskSetManager::left_at(Locality level) {
    if (conf_->bug == Bug::spark_4939) {
        return true;
    }
    const auto waiting = [this](std::uint32_t index) { return waits(index); };
    switch (level) {
        case Locality::process_local:
            return PendingTasks::any_waits(pending_.by_executor(), waiting);
        case Locality::node_local:
            return PendingTasks::any_waits(pending_.by_node(), waiting);
        case Locality::no_pref:
            return !pending_.no_place().empty();
        case Locality::rack_local:
            return PendingTasks::any_waits(pending_.by_rack(), waiting);
        default:
            return true;
    }
}

// The same, for a look that changes nothing.
bool TaskSetManager::left_at(Locality level) const {
    if (conf_->bug == Bug::spark_4939) {
        return true;
    }
    const auto any_waits = [this](const auto& lists) {
        return std::any_of(lists.begin(), lists.end(), [this](const auto& entry) {
            return std::any_of(entry.second.rbegin(),
                               entry.second.rend(),
                               [this](std::uint32_t index) { return waits(index); });
        });
    };
    switch (level) {
        case Locality::process_local:
            return any_waits(pending_.by_executor());
        case Locality::node_local:
            return any_waits(pending_.by_node());
        case Locality::no_pref:
            return !pending_.no_place().empty();
        case Locality::rack_local:
            return any_waits(pending_.by_rack());
        default:
            return true;
    }
}

// ---- offers

TaskSetManager::Answer TaskSetManager::offer(SimTime now, ExecutorId exec, Locality max) {
    Answer answer;
    if (zombie_ || wait_.broken() || out_for_stage(exec)) {
        return answer;
    }
    const Locality level = max == Locality::no_pref ? max : std::min(allowed(now), max);
    answer.pick = dequeue(exec, level, false);
    if (!answer.pick && copies_wanted_ > 0) {
        answer.pick = dequeue(exec, level, true);
    }
    if (answer.pick) {
        change(answer.pick->index, [](Task& task) { task.picked = true; });
        const bool each_launch = conf_->locality.legacy_reset || conf_->bug == Bug::spark_18886;
        if (each_launch && max != Locality::no_pref) {
            wait_.reset(now, answer.pick->loc);
        }
    }
    answer.reject = !answer.pick && max == Locality::any && wants_slots();
    return answer;
}

template <class Pending, class Use>
bool TaskSetManager::any_list(Pending& pending,
                              ExecutorId exec,
                              Locality allowed,
                              const Use& use) const {
    const NodeId node = executors_->at(exec).node;
    const auto of = [&](auto& lists, auto key, Locality loc) {
        const auto found = lists.find(key);
        return found != lists.end() && use(found->second, loc);
    };
    // What has no preferred place is as good as local anywhere, but lets tasks that are
    // local to the node go first.
    return of(pending.by_executor(), exec, Locality::process_local) ||
           (allowed >= Locality::node_local && of(pending.by_node(), node, Locality::node_local)) ||
           (allowed >= Locality::no_pref && use(pending.no_place(), Locality::process_local)) ||
           (allowed >= Locality::rack_local &&
            of(pending.by_rack(), executors_->rack_of(node), Locality::rack_local)) ||
           (allowed >= Locality::any && use(pending.all(), Locality::any));
}

std::optional<TaskSetManager::Pick> TaskSetManager::dequeue(ExecutorId exec,
                                                            Locality allowed,
                                                            bool spec) {
    std::optional<Pick> pick;
    PendingTasks& pending = spec ? pending_copies_ : pending_;
    (void)any_list(pending, exec, allowed, [&](PendingTasks::List& list, Locality loc) {
        if (const auto index = take(list, exec, spec)) {
            pick = Pick{*index, loc, spec, LaunchReason::speculative_copy};
        }
        return pick.has_value();
    });
    if (pick && !spec) {
        pick->why = why(pick->index, exec, pick->loc);
    }
    return pick;
}

bool TaskSetManager::could_use(SimTime now, ExecutorId exec) const {
    if (!wants_slots() || wait_.broken() || out_for_stage(exec)) {
        return false;
    }
    LocalityWait wait = wait_;
    Locality level = wait.allowed(now, [this](Locality at) { return left_at(at); });
    if (std::find(levels().begin(), levels().end(), Locality::no_pref) != levels().end()) {
        level = std::max(level, Locality::no_pref);  // a pass at this level asks for no wait
    }
    const NodeId node = executors_->at(exec).node;
    const auto fits = [&](std::uint32_t index, bool spec) {
        return !out_for_task(index, exec, node) &&
               (spec ? may_copy(index) && !was_on_node(index, node) : waits(index));
    };
    const auto any_fits = [&](const PendingTasks& pending, bool spec) {
        return any_list(
            pending, exec, level, [&](const PendingTasks::List& list, Locality /*loc*/) {
                return std::any_of(
                    list.rbegin(), list.rend(), [&](std::uint32_t i) { return fits(i, spec); });
            });
    };
    return (waiting_ > 0 && any_fits(pending_, false)) ||
           (copies_wanted_ > 0 && any_fits(pending_copies_, true));
}

std::vector<SimTime> TaskSetManager::level_changes(SimTime from, SimDuration interval) const {
    std::vector<SimTime> changes;
    LocalityWait wait = wait_;
    const auto left = [this](Locality at) { return left_at(at); };
    while (const auto gives_up = wait.gives_up_at()) {
        const SimTime when = left(wait.level()) ? std::max(from, *gives_up) : from;
        const SimTime look = multiple_from(when, interval);
        (void)wait.allowed(look, left);
        changes.push_back(look);
        from = look;
    }
    return changes;
}

// From the end of the list; entries that may not go here stay, stale ones are dropped.
std::optional<std::uint32_t> TaskSetManager::take(PendingTasks::List& list,
                                                  ExecutorId exec,
                                                  bool spec) {
    const NodeId node = executors_->at(exec).node;
    for (std::size_t at = list.size(); at-- > 0;) {
        const std::uint32_t index = list[at];
        if (out_for_task(index, exec, node) || (spec && was_on_node(index, node))) {
            continue;
        }
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(at));
        if (waits(index) || (spec && may_copy(index))) {
            return index;
        }
    }
    return std::nullopt;
}

LaunchReason TaskSetManager::why(std::uint32_t index, ExecutorId exec, Locality loc) const {
    const Task& task = tasks_[index];
    if (task.last != no_attempt && attempts_[task.last].exec != exec) {
        return LaunchReason::retry_elsewhere;
    }
    Locality best = Locality::process_local;
    const auto places = set_.places.of(index);
    if (!places.empty()) {
        best = Locality::node_local;
        for (const Place& place : places) {
            best = place.exec.valid() || place.in_memory ? Locality::process_local : best;
        }
    }
    return loc <= best ? LaunchReason::best_locality : LaunchReason::only_free;
}

bool TaskSetManager::may_run(const Pick& pick, ExecutorId exec) const {
    const NodeId node = executors_->at(exec).node;
    return !out_for_stage(exec) && !out_for_task(pick.index, exec, node) &&
           !(pick.spec && was_on_node(pick.index, node));
}

Locality TaskSetManager::locality_at(std::uint32_t index, ExecutorId exec) const {
    const NodeId node = executors_->at(exec).node;
    const std::uint32_t rack = executors_->rack_of(node);
    const auto places = set_.places.of(index);
    Locality best = places.empty() ? Locality::process_local : Locality::any;
    for (const Place& place : places) {
        Locality here = Locality::any;
        if (place.exec == exec && exec.valid()) {
            here = Locality::process_local;
        } else if (place.node == node) {
            here = place.in_memory && !place.exec.valid() ? Locality::process_local
                                                          : Locality::node_local;
        } else if (rack != ExecutorTable::no_rack && executors_->rack_of(place.node) == rack) {
            here = Locality::rack_local;
        }
        best = std::min(best, here);
    }
    return best;
}

TaskAttempt TaskSetManager::launch(SimTime now, ExecutorId exec, const Pick& pick) {
    const auto id = static_cast<std::uint32_t>(attempts_.size());
    std::uint32_t number = 0;
    change(pick.index, [&](Task& task) {
        number = task.attempts++;
        attempts_.push_back({.launched = now,
                             .index = pick.index,
                             .number = number,
                             .previous = task.last,
                             .exec = exec});
        task.last = id;
        task.picked = false;
        // A copy that was asked for is wanted beside the next attempt as well.
        task.copy_wanted = task.copy_wanted && !pick.spec;
        ++task.copies;
    });
    ++running_;
    return {set_.stage, set_.partitions[pick.index], number};
}

void TaskSetManager::put_back(const Pick& pick) {
    change(pick.index, [](Task& task) { task.picked = false; });
    pending_.add(pick.index, set_.places.of(pick.index), *executors_);
}

bool TaskSetManager::out_for_stage(ExecutorId exec) const {
    return exclusion_ && exclusion_->out_for_stage(exec, executors_->at(exec).node);
}

bool TaskSetManager::out_for_task(std::uint32_t index, ExecutorId exec, NodeId node) const {
    return exclusion_ && exclusion_->out_for_task(index, exec, node);
}

// Whether any attempt of the task, running or not, was on the node (SCH-TSM-28).
bool TaskSetManager::was_on_node(std::uint32_t index, NodeId node) const {
    if (conf_->bug == Bug::spark_26755) {
        return false;
    }
    for (std::uint32_t id = tasks_[index].last; id != no_attempt; id = attempts_[id].previous) {
        if (executors_->at(attempts_[id].exec).node == node) {
            return true;
        }
    }
    return false;
}

std::optional<std::uint32_t> TaskSetManager::last_waiting() const {
    const PendingTasks::List& all = pending_.all();
    for (std::size_t at = all.size(); at-- > 0;) {
        if (waits(all[at])) {
            return all[at];
        }
    }
    return std::nullopt;
}

void TaskSetManager::mark_done(std::uint32_t index) {
    if (!tasks_[index].done) {
        change(index, [](Task& task) { task.done = true; });
        ++done_count_;
    }
}

void TaskSetManager::wait_again(std::uint32_t index) {
    pending_.add(index, set_.places.of(index), *executors_);
}

}  // namespace forkyard
