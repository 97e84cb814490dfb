// The second half of a task set: what follows from the end of attempts, and which
// running ones get a second copy.
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/driver/task_set_manager.hpp"

namespace forkyard {

namespace {

// Exceptions, by the beginning of what is said of them, after which the same would happen
// again (SCH-TSM-20).
struct Hopeless {
    std::string_view exception;
    std::string_view what;
};
constexpr std::array hopeless_failures{
    Hopeless{"java.io.NotSerializableException", "had a not serializable result"},
    Hopeless{"org.apache.spark.TaskOutputFileAlreadyExistException",
             "can not write to output file"}};

std::optional<std::string> no_use_to_retry(const TaskFinished& event) {
    for (const Hopeless& failure : hopeless_failures) {
        if (event.status == TaskStatus::failed && event.reason.starts_with(failure.exception)) {
            return fmt::format("{}: {}", failure.what, event.reason);
        }
    }
    return std::nullopt;
}

std::string title_of(StageAttempt stage, std::uint32_t index) {
    return fmt::format("Task {} in stage s{}.{}", index, stage.stage.value, stage.attempt);
}

// A failure that says nothing is one all the same (SCH-RES-04).
std::string described(const TaskFinished& event) {
    if (event.status == TaskStatus::result_lost) {
        return "TaskResultLost (result lost from block manager)";  // SCH-RES-03
    }
    return event.reason.empty() ? "UnknownReason" : event.reason;
}

}  // namespace

TaskSetManager::End TaskSetManager::end(Step& step, const TaskFinished& event, bool counts) {
    const std::uint32_t index = index_of(event.task.partition);
    if (event.status == TaskStatus::resubmitted) {
        change(index, [](Task& task) { task.done = false; });
        --done_count_;
        wait_again(index);
        return {.known = true, .status = event.status};
    }
    const std::uint32_t id = find_attempt(index, event.task.attempt);
    if (id == no_attempt || !attempts_[id].running) {
        return {};
    }
    Attempt& attempt = attempts_[id];
    attempt.running = false;
    change(index, [](Task& task) { --task.copies; });
    --running_;
    progress_.erase(id);
    End end = event.status == TaskStatus::success ? succeed(step, attempt, event)
                                                  : fail(step, attempt, event, counts);
    if (speculation_) {
        skip_settled();
    }
    return end;
}

TaskSetManager::End TaskSetManager::succeed(Step& step,
                                            Attempt& attempt,
                                            const TaskFinished& event) {
    const std::uint32_t index = attempt.index;
    if (attempt.beaten) {  // it did not commit: another attempt had (SCH-TSM-29)
        return {.known = true, .status = TaskStatus::killed};
    }
    if (!set_.map_side) {
        result_bytes_ += event.result;
        const std::int64_t limit = conf_->result_size_max.count;
        if (limit > 0 && result_bytes_ > limit) {  // SCH-RES-01
            zombie_ = true;
            return {.known = true,
                    .status = TaskStatus::killed,
                    .abort = fmt::format("Total size of serialized results of {} tasks ({} bytes) "
                                         "is bigger than spark.driver.maxResultSize ({} bytes)",
                                         done_count_ + 1,
                                         result_bytes_,
                                         limit)};
        }
    }
    const std::int64_t direct_max =
        std::min(conf_->result_direct_max.count, conf_->rpc_message_max.count);
    if (!set_.map_side && event.result > direct_max) {  // SCH-RES-02
        step.act(FetchResult{app_, event.task, attempt.exec, event.result});
    }
    if (speculation_) {
        speculation_->add_success(step.now - attempt.launched, event.records, event.run);
    }
    for (std::uint32_t id = tasks_[index].last; id != no_attempt; id = attempts_[id].previous) {
        Attempt& other = attempts_[id];
        if (other.running) {
            other.beaten = true;
            step.act(KillTask{app_,
                              {set_.stage, event.task.partition, other.number},
                              other.exec,
                              "another attempt succeeded"});
        }
    }
    if (!tasks_[index].done) {
        attempt.won = true;
        forgive(index);
        mark_done(index);
        zombie_ = zombie_ || all_done();  // before anybody is told (SCH-TSM-26)
    }
    return {.known = true, .status = TaskStatus::success};
}

TaskSetManager::End TaskSetManager::fail(Step& step,
                                         Attempt& attempt,
                                         const TaskFinished& event,
                                         bool counts) {
    const std::uint32_t index = attempt.index;
    End end{.known = true, .status = event.status};
    if (event.status == TaskStatus::fetch_failed) {
        // The stage will be tried again as a whole; running tasks go on (SCH-TSM-21).
        mark_done(index);
        zombie_ = true;
        return end;
    }
    if (const auto hopeless = no_use_to_retry(event)) {  // SCH-TSM-20
        zombie_ = true;
        end.abort = fmt::format("{} {}", title_of(set_.stage, index), *hopeless);
        return end;
    }
    zombie_ = zombie_ || set_.barrier;  // SCH-BAR-06
    Task& task = tasks_[index];
    if (!zombie_ && counts) {
        if (exclusion_) {  // before the task waits again (SCH-TSM-26)
            exclusion_->on_failure(step,
                                   index,
                                   event.task.partition,
                                   attempt.exec,
                                   executors_->at(attempt.exec).node,
                                   event.reason);
        }
        if (++task.failures >= conf_->task_failures_max) {
            zombie_ = true;
            end.abort = fmt::format("{} failed {} times, most recent failure: {}",
                                    title_of(set_.stage, index),
                                    task.failures,
                                    described(event));
            return end;
        }
    }
    if (!task.done) {
        wait_again(index);
    }
    return end;
}

void TaskSetManager::partition_done(std::uint32_t partition) {
    const auto found = std::lower_bound(set_.partitions.begin(), set_.partitions.end(), partition);
    if (found == set_.partitions.end() || *found != partition) {
        return;
    }
    const auto index = static_cast<std::uint32_t>(found - set_.partitions.begin());
    if (!tasks_[index].done) {
        forgive(index);
        mark_done(index);
        zombie_ = zombie_ || all_done();
    }
}

// A success clears the count of failures, since 3.3 (SCH-TSM-19).
void TaskSetManager::forgive(std::uint32_t index) {
    if (conf_->compat != Compat::spark_3_0 && conf_->bug != Bug::spark_37580) {
        tasks_[index].failures = 0;
    }
}

std::vector<TaskAttempt> TaskSetManager::outputs_on(ExecutorId exec) const {
    std::vector<TaskAttempt> lost;
    if (!set_.map_side || (zombie_ && conf_->bug != Bug::spark_13931)) {
        return lost;
    }
    for (std::uint32_t index = 0; index < size(); ++index) {
        if (!tasks_[index].done) {
            continue;
        }
        for (std::uint32_t id = tasks_[index].last; id != no_attempt; id = attempts_[id].previous) {
            const Attempt& attempt = attempts_[id];
            if (attempt.exec == exec && takes_output_along(attempt)) {
                lost.push_back({set_.stage, set_.partitions[index], attempt.number});
                break;
            }
        }
    }
    return lost;
}

// Whether the output of a task that is done goes with this attempt's executor: that of the
// one that made it, whatever became of its other attempts.
bool TaskSetManager::takes_output_along(const Attempt& attempt) const {
    if (conf_->bug == Bug::spark_22074) {
        return true;
    }
    if (conf_->bug == Bug::spark_24755) {
        for (std::uint32_t id = tasks_[attempt.index].last; id != no_attempt;
             id = attempts_[id].previous) {
            if (attempts_[id].beaten) {
                return false;
            }
        }
    }
    return attempt.won;
}

void TaskSetManager::kill_running(Step& step, const std::string& reason) {
    for (std::size_t id = 0; running_ > 0 && id < attempts_.size(); ++id) {
        const Attempt& attempt = attempts_[id];
        if (attempt.running && executors_->alive(attempt.exec)) {
            step.act(KillTask{app_,
                              {set_.stage, set_.partitions[attempt.index], attempt.number},
                              attempt.exec,
                              reason});
        }
    }
}

std::uint32_t TaskSetManager::index_of(std::uint32_t partition) const {
    if (dense_) {
        return partition;
    }
    const auto found = std::lower_bound(set_.partitions.begin(), set_.partitions.end(), partition);
    FORKYARD_CHECK(found != set_.partitions.end() && *found == partition,
                   "the partition belongs to the task set");
    return static_cast<std::uint32_t>(found - set_.partitions.begin());
}

std::uint32_t TaskSetManager::find_attempt(std::uint32_t index, std::uint32_t number) const {
    std::uint32_t id = tasks_[index].last;
    while (id != no_attempt && attempts_[id].number != number) {
        id = attempts_[id].previous;
    }
    return id;
}

// ---- speculation

void TaskSetManager::on_progress(const TaskProgressed& event) {
    if (!speculation_) {
        return;
    }
    const std::uint32_t id = find_attempt(index_of(event.task.partition), event.task.attempt);
    if (id != no_attempt && attempts_[id].running) {
        progress_[id] = {event.records, event.run};
    }
}

bool TaskSetManager::may_become_slow(std::uint32_t id) const {
    const Attempt& attempt = attempts_[id];
    const Task& task = tasks_[attempt.index];
    return attempt.running && !task.done && !task.slow && task.copies == 1;
}

SimTime TaskSetManager::slow_from(std::uint32_t id,
                                  const Speculation::Limit& limit,
                                  SimTime now) const {
    const Attempt& attempt = attempts_[id];
    const ExecutorTable::Executor& on = executors_->at(attempt.exec);
    // Its executor will be gone before it can end (SCH-TSM-34).
    if (limit.median && conf_->decommission_kill_interval && on.decommissioning &&
        on.decommissioned_at + *conf_->decommission_kill_interval <
            attempt.launched + *limit.median) {
        return now;
    }
    const auto known = progress_.find(id);
    return speculation_->slow_from(
        limit, attempt.launched, known == progress_.end() ? TaskProgress{} : known->second);
}

bool TaskSetManager::speculate(Step& step) {
    const auto limit = speculation_ && !zombie_ ? speculation_->limit() : std::nullopt;
    bool any = false;
    if (!limit) {
        return any;
    }
    for (std::uint32_t id = look_from_; id < attempts_.size(); ++id) {
        const Attempt& attempt = attempts_[id];
        if (!may_become_slow(id) || slow_from(id, *limit, step.now) > step.now) {
            continue;
        }
        any = true;
        change(attempt.index, [](Task& task) { task.slow = task.copy_wanted = true; });
        pending_copies_.add(attempt.index, set_.places.of(attempt.index), *executors_);
        step.act(SpeculateTask{app_,
                               {set_.stage, set_.partitions[attempt.index], attempt.number},
                               attempt.exec,
                               step.now - attempt.launched,
                               limit->threshold});
    }
    skip_settled();
    return any;
}

// What cannot become slow now never will.
void TaskSetManager::skip_settled() {
    while (look_from_ < attempts_.size() && !may_become_slow(look_from_)) {
        ++look_from_;
    }
}

std::optional<SimTime> TaskSetManager::next_speculation(SimTime now) const {
    if (speculation_breaks()) {
        return speculation_->next_look(now);
    }
    const auto limit = speculation_ && !zombie_ ? speculation_->limit() : std::nullopt;
    if (!limit || running_ == 0) {
        return std::nullopt;
    }
    SimTime first = time_never;
    const bool by_launch = !conf_->decommission_kill_interval;
    for (std::uint32_t id = look_from_; id < attempts_.size(); ++id) {
        if (by_launch && attempts_[id].launched + limit->threshold >= first) {
            break;  // those after it were launched later still
        }
        if (may_become_slow(id)) {
            first = std::min(first, slow_from(id, *limit, now));
        }
    }
    return first == time_never ? std::nullopt
                               : std::optional{speculation_->next_look(std::max(first, now))};
}

}  // namespace forkyard
