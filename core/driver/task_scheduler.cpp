#include "core/driver/task_scheduler.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/digest.hpp"
#include "core/driver/loss.hpp"
#include "core/driver/offer_order.hpp"

namespace forkyard {

TaskScheduler::TaskScheduler(AppId app, std::string label, const AppConf& conf)
    : app_{app},
      label_{std::move(label)},
      cpus_{conf.task_cpus},
      failures_max_{conf.task_failures_max},
      order_{conf.offers} {}

void TaskScheduler::add_executor(ExecutorId exec, NodeId node, std::uint32_t cores) {
    if (executors_.size() <= exec.index()) {
        executors_.resize(exec.index() + 1);
    }
    Executor& entry = executors_[exec.index()];
    FORKYARD_CHECK(!entry.alive, "an executor registers once");
    entry.alive = true;
    entry.node = node;
    entry.cores = cores;
    registered_cores_ += cores;
    set_free(exec, cores);
}

void TaskScheduler::remove_executor(Step& step, const ExecutorLost& event) {
    if (!alive(event.exec)) {
        return;
    }
    Executor& entry = executors_[event.exec.index()];
    const std::string reason = describe_loss(event);
    for (const auto& set : sets_) {
        for (const TaskAttempt& task : set->outputs_on(event.exec)) {
            step.out.consequences.push_back(TaskFinished{.app = app_,
                                                         .task = task,
                                                         .exec = event.exec,
                                                         .status = TaskStatus::resubmitted,
                                                         .reason = reason});
        }
    }
    for (const Running& running : entry.running) {
        step.out.consequences.push_back(TaskFinished{.app = app_,
                                                     .task = running.task,
                                                     .exec = event.exec,
                                                     .status = TaskStatus::executor_lost,
                                                     .reason = reason});
    }
    set_free(event.exec, 0);
    entry.alive = false;
    entry.blamed = blamed_on_app(event.reason);
    registered_cores_ -= entry.cores;
}

void TaskScheduler::submit(TaskSet set) {
    for (const auto& other : sets_) {
        if (other->set().stage.stage == set.stage.stage) {
            other->make_zombie();
        }
    }
    const auto before = [](const TaskSet& a, const TaskSet& b) {
        return std::pair{a.priority, a.stage} < std::pair{b.priority, b.stage};
    };
    auto manager = std::make_unique<TaskSetManager>(std::move(set), failures_max_);
    const auto place =
        std::upper_bound(sets_.begin(), sets_.end(), manager, [&](const auto& a, const auto& b) {
            return before(a->set(), b->set());
        });
    sets_.insert(place, std::move(manager));
}

void TaskScheduler::kill_stage(Step& step, StageId stage, const std::string& reason) {
    for (const auto& set : sets_) {
        if (set->set().stage.stage == stage) {
            set->make_zombie();
        }
    }
    for (std::uint32_t number = 0; number < executors_.size(); ++number) {
        for (const Running& running : executors_[number].running) {
            if (running.task.stage.stage == stage && executors_[number].alive) {
                step.act(KillTask{app_, running.task, ExecutorId{number}, reason});
            }
        }
    }
    std::erase_if(sets_, [](const auto& set) { return set->zombie() && set->running() == 0; });
}

void TaskScheduler::partition_done(StageId stage, std::uint32_t partition) {
    for (const auto& set : sets_) {
        if (set->set().stage.stage == stage) {
            set->partition_done(partition);
        }
    }
    std::erase_if(sets_, [](const auto& set) { return set->finished(); });
}

TaskScheduler::TaskEnd TaskScheduler::end_task(const TaskFinished& event) {
    TaskEnd end;
    if (executors_.size() <= event.exec.index()) {
        return end;
    }
    Executor& entry = executors_[event.exec.index()];
    TaskSetManager* set = set_of(event.task.stage);
    if (event.status == TaskStatus::resubmitted) {
        if (set == nullptr || set->zombie()) {
            return end;
        }
    } else {
        const auto found = std::find_if(entry.running.begin(),
                                        entry.running.end(),
                                        [&](const Running& r) { return r.task == event.task; });
        // A second report, or one from an executor that was declared lost (SCH-TSM-22).
        if (found == entry.running.end() ||
            (!entry.alive && event.status != TaskStatus::executor_lost)) {
            return end;
        }
        set = found->set;
        *found = entry.running.back();
        entry.running.pop_back();
        stop_running(entry, event);
    }
    const bool counts = event.status == TaskStatus::failed ||
                        (event.status == TaskStatus::executor_lost && entry.blamed);
    end.known = true;
    end.epoch = set->set().epoch;
    end.set_failed = set->end(event, counts);
    forget_if_finished(set);
    return end;
}

void TaskScheduler::offer_all(Step& step) {
    const TaskSetManager* first = next_set();
    if (free_.empty() || first == nullptr) {
        return;
    }
    std::vector<ExecutorId> offers = offers_in_order(step, *first);
    serve(step, offers);
}

void TaskScheduler::offer(Step& step, ExecutorId exec) {
    if (!alive(exec)) {
        return;
    }
    while (executors_[exec.index()].free >= cpus_) {
        TaskSetManager* set = next_set();
        if (set == nullptr) {
            return;
        }
        launch(step, *set, exec);
    }
}

bool TaskScheduler::alive(ExecutorId exec) const {
    return exec.index() < executors_.size() && executors_[exec.index()].alive;
}

std::uint32_t TaskScheduler::free_cores(ExecutorId exec) const {
    return exec.index() < executors_.size() ? executors_[exec.index()].free : 0;
}

void TaskScheduler::describe_waiting(std::vector<std::string>& lines) const {
    for (const auto& set : sets_) {
        if (set->wants_slots()) {
            lines.push_back(fmt::format(
                "{} tasks of stage s{}.{} wait for a free slot of {} core{}: {}",
                set->pending(),
                set->set().stage.stage.value,
                set->set().stage.attempt,
                cpus_,
                cpus_ == 1 ? "" : "s",
                registered_cores_ == 0
                    ? "no executor has registered"
                    : fmt::format("{} cores are registered, none is free", registered_cores_)));
        } else if (set->running() > 0) {
            lines.push_back(fmt::format("stage s{}.{} waits for {} running tasks",
                                        set->set().stage.stage.value,
                                        set->set().stage.attempt,
                                        set->running()));
        }
    }
}

TaskSetManager* TaskScheduler::set_of(StageAttempt stage) const {
    for (const auto& set : sets_) {
        if (set->set().stage == stage) {
            return set.get();
        }
    }
    return nullptr;
}

void TaskScheduler::stop_running(Executor& entry, const TaskFinished& event) {
    digest_ ^= digest_of(event.exec.value,
                         event.task.stage.stage.value,
                         event.task.stage.attempt,
                         event.task.partition,
                         event.task.attempt);
    if (entry.alive) {
        set_free(event.exec, entry.free + cpus_);
    }
}

TaskSetManager* TaskScheduler::next_set() const {
    for (const auto& set : sets_) {
        if (set->wants_slots()) {
            return set.get();
        }
    }
    return nullptr;
}

std::vector<ExecutorId> TaskScheduler::offers_in_order(Step& step, const TaskSetManager& first) {
    std::vector<ExecutorId> offers = free_;
    if (offers.size() > 1 && order_ == OfferOrder::shuffled) {
        const StageAttempt stage = first.set().stage;
        permute(offers,
                step.choose("offer.order",
                            fmt::format("{}/s{}.{}", label_, stage.stage.value, stage.attempt),
                            permutations(offers.size())));
    }
    return offers;
}

// For each set in order: one task an executor a sweep, until a sweep launches nothing.
void TaskScheduler::serve(Step& step, std::vector<ExecutorId>& offers) {
    while (!offers.empty()) {
        TaskSetManager* set = next_set();
        if (set == nullptr) {
            return;
        }
        for (const ExecutorId exec : offers) {
            if (!set->wants_slots()) {
                break;
            }
            launch(step, *set, exec);
        }
        std::erase_if(offers,
                      [&](ExecutorId exec) { return executors_[exec.index()].free < cpus_; });
    }
}

void TaskScheduler::launch(Step& step, TaskSetManager& set, ExecutorId exec) {
    Executor& entry = executors_[exec.index()];
    const TaskAttempt task = set.launch(exec);
    entry.running.push_back({&set, task});
    digest_ ^= digest_of(
        exec.value, task.stage.stage.value, task.stage.attempt, task.partition, task.attempt);
    set_free(exec, entry.free - cpus_);
    step.act(LaunchTask{app_, task, exec, entry.node, Locality::process_local, false});
}

void TaskScheduler::set_free(ExecutorId exec, std::uint32_t free) {
    Executor& entry = executors_[exec.index()];
    const bool had_room = entry.free >= cpus_;
    const bool has_room = free >= cpus_;
    entry.free = free;
    if (had_room == has_room) {
        return;
    }
    const auto place = std::lower_bound(free_.begin(), free_.end(), exec);
    if (has_room) {
        free_.insert(place, exec);
    } else {
        free_.erase(place);
    }
}

void TaskScheduler::forget_if_finished(TaskSetManager* set) {
    if (set->finished()) {
        std::erase_if(sets_, [set](const auto& owned) { return owned.get() == set; });
    }
}

}  // namespace forkyard
