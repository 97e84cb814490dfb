// The life of a task attempt in the model: launch, reading, work, end.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/journal/field_text.hpp"
#include "core/model/draw.hpp"
#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

Result<void> ClusterModel::launch_task(Moment at,
                                       const LaunchTask& action,
                                       const TaskFault& fault) {
    const std::uint32_t slot = new_task(at, action, fault);
    const StageEntry& stage = stages_.at(action.app, action.task.stage.stage);
    Task& task = tasks_[slot];
    task.real = stage.synthetic == nullptr;
    for (const ShuffleId shuffle : stage.reads) {
        task.inputs.push_back(shuffles_.view(action.app, shuffle));
    }
    if (executor(action.exec).state != Executor::State::alive) {
        return {};  // the driver does not know yet that nobody is there
    }
    task.starts = at.now + delay();
    task.read_ends = task.starts + scenario_.cluster.task_overhead;
    if (fail_if_holder_lost(slot)) {
        return {};
    }
    const bool sized = scenario_.cluster.network || scenario_.cluster.disk_bandwidth ||
                       (stage.synthetic != nullptr && stage.synthetic->rate);
    const ReadVolume read = sized ? volume(task) : ReadVolume{};
    task.read_ends += read_time(scenario_.cluster, read);
    if (task.real) {
        return hand_over(slot, stage);
    }
    const StageSpec& spec = *stage.synthetic;
    const SimDuration work = work_time(
        {.duration = draw_duration(spec.duration,
                                   stage.duration_key,
                                   action.task.partition,
                                   action.task.attempt + (action.task.stage.attempt << 16U)),
         .bytes = read.total(),
         .rate = spec.rate.value_or(BytesPerSecond{}),
         .factor = slowness(task),
         .speed = scenario_.cluster.nodes[action.node.index()].speed});
    plan_end(slot, work, stage.output.valid() ? spec.shuffle_write.count : 0);
    return hand_over(slot, stage);
}

std::uint32_t ClusterModel::new_task(Moment at, const LaunchTask& action, const TaskFault& fault) {
    std::uint32_t slot = 0;
    if (free_tasks_.empty()) {
        slot = static_cast<std::uint32_t>(tasks_.size());
        tasks_.emplace_back();
    } else {
        slot = free_tasks_.back();
        free_tasks_.pop_back();
    }
    Executor& entry = executor(action.exec);
    entry.slots.push_back(slot);
    Task& task = tasks_[slot];
    const std::uint32_t generation = task.generation + 1;
    task.used = true;
    task.decided = false;
    task.app = action.app;
    task.task = action.task;
    task.exec = action.exec;
    task.generation = generation;
    task.ticket = ++tickets_;
    task.order = ++entry.launches;
    task.launch_seq = at.seq;
    task.starts = at.now;
    task.read_ends = at.now;
    task.ends = time_never;
    task.fault = fault;
    task.status = TaskStatus::success;
    task.reason.clear();
    task.lost_holder = ExecutorId{};
    task.lost_shuffle = ShuffleId{};
    task.inputs.clear();
    return slot;
}

void ClusterModel::free_task(std::uint32_t slot) {
    Task& task = tasks_[slot];
    ++task.generation;
    task.used = false;
    std::erase(executor(task.exec).slots, slot);
    free_tasks_.push_back(slot);
}

std::uint32_t ClusterModel::find_task(ExecutorId exec, const TaskAttempt& task) const {
    for (const std::uint32_t slot : executor(exec).slots) {
        if (tasks_[slot].task == task) {
            return slot;
        }
    }
    return no_slot;
}

// ---- reading

std::int64_t ClusterModel::bytes_from(const Task& task,
                                      const ShuffleView& view,
                                      ExecutorId exec) const {
    const StageEntry& reader = stages_.at(task.app, task.task.stage.stage);
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < reader.reads.size(); ++i) {
        if (reader.reads[i] != view.shuffle) {
            continue;
        }
        const PlanId parent = reader.plan_stage->parents[i];
        const AppSpec& app = scenario_.apps[task.app.index()];
        if (reader.synthetic != nullptr) {
            const StageSpec& writer = app.stages[parent.index()];
            const Bytes share = split_share(
                writer.shuffle_write, writer.skew, reader.plan_stage->tasks, task.task.partition);
            const auto at = std::lower_bound(view.distinct.begin(), view.distinct.end(), exec);
            bytes += share.count * view.maps[static_cast<std::size_t>(at - view.distinct.begin())];
            continue;
        }
        for (std::uint32_t map = 0; map < view.holders.size(); ++map) {
            const std::vector<std::int64_t>& sizes = shuffles_.sizes(task.app, view.shuffle, map);
            if (view.holders[map] == exec && task.task.partition < sizes.size()) {
                bytes += sizes[task.task.partition];
            }
        }
    }
    return bytes;
}

ReadVolume ClusterModel::volume(const Task& task) const {
    ReadVolume read;
    const std::uint32_t rack = nodes_[executor(task.exec).node.index()].rack;
    for (const auto& view : task.inputs) {
        for (const ExecutorId holder : view->distinct) {
            const std::int64_t bytes = bytes_from(task, *view, holder);
            if (bytes == 0) {
                continue;
            }
            if (holder == task.exec) {
                read.disk_bytes += bytes;
            } else if (nodes_[executor(holder).node.index()].rack == rack) {
                read.rack_bytes += bytes;
                ++read.rack_holders;
            } else {
                read.cross_bytes += bytes;
                ++read.cross_holders;
            }
        }
    }
    return read;
}

bool ClusterModel::fail_if_holder_lost(std::uint32_t slot) {
    const Task& task = tasks_[slot];
    for (const auto& view : task.inputs) {
        // An output that nobody has is noticed when the reader asks where it is: no
        // executor is to blame (SCH-MAP-04).
        if (!view->complete) {
            fail_fetch(slot, task.read_ends, view->shuffle, ExecutorId{});
            return true;
        }
        for (const ExecutorId holder : view->distinct) {
            const Executor::State state = executor(holder).state;
            if ((state == Executor::State::dead || state == Executor::State::gone) &&
                bytes_from(task, *view, holder) > 0) {
                fail_fetch(slot, task.read_ends, view->shuffle, holder);
                return true;
            }
        }
    }
    return false;
}

void ClusterModel::fail_fetches_from(Moment at, ExecutorId exec) {
    for (std::uint32_t slot = 0; slot < tasks_.size(); ++slot) {
        const Task& task = tasks_[slot];
        if (!task.used || task.exec == exec || task.read_ends < at.now ||
            task.status != TaskStatus::success || (task.real && live_ != nullptr) ||
            executor(task.exec).state != Executor::State::alive) {
            continue;
        }
        for (const auto& view : task.inputs) {
            if (std::binary_search(view->distinct.begin(), view->distinct.end(), exec) &&
                bytes_from(task, *view, exec) > 0) {
                fail_fetch(slot,
                           std::max(at.now, task.starts + scenario_.cluster.task_overhead),
                           view->shuffle,
                           exec);
                break;
            }
        }
    }
}

void ClusterModel::fail_fetch(std::uint32_t slot,
                              SimTime when,
                              ShuffleId shuffle,
                              ExecutorId holder) {
    Task& task = tasks_[slot];
    task.lost_shuffle = shuffle;
    task.lost_holder = holder;
    host_.discard(task.ticket);
    std::string reason = holder.valid()
                             ? fmt::format("FetchFailed(h{} from e{})", shuffle.value, holder.value)
                             : fmt::format("MetadataFetchFailed(h{}: no location)", shuffle.value);
    end_at(slot, when, TaskStatus::fetch_failed, std::move(reason));
}

// ---- work and end

Result<void> ClusterModel::hand_over(std::uint32_t slot, const StageEntry& stage) {
    const Task& task = tasks_[slot];
    TaskOrder order;
    order.exec = task.exec;
    order.app = task.app;
    order.task = task.task;
    order.ticket = task.ticket;
    order.program = stage.program;
    order.encoded = stage.encoded;
    order.output = stage.output;
    if (!task.inputs.empty()) {
        order.input = task.inputs.front();
    }
    if (live_ != nullptr) {
        const Millionths speed = scenario_.cluster.nodes[executor(task.exec).node.index()].speed;
        order.work = task.real ? SimDuration{0} : task.ends - task.starts + delay();
        order.work_kind = task.real ? WorkKind::sleep : stage.synthetic->work;
        order.factor = {slowness(task).count * one.count / speed.count};
        order.percent = task.fault.fail_at_percent > 0 ? task.fault.fail_at_percent : 100;
    } else if (task.real) {
        agenda_.add({.time = task.read_ends,
                     .order_class = DueClass::node_at_start,
                     .kind = DueKind::task_answer,
                     .app = task.app.value,
                     .entity = task.exec.value,
                     .order = task.order,
                     .index = slot,
                     .generation = task.generation,
                     .cause = task.launch_seq});
    }
    return host_.launch(order);
}

Result<void> ClusterModel::take_answer(const Due& due) {
    Task& task = tasks_[due.index];
    if (!task.used || task.generation != due.generation) {
        return {};
    }
    Result<TaskAnswer> answer = host_.await(task.ticket);
    if (!answer) {
        return fail(answer.error());
    }
    task.made = std::move(*answer);
    std::int64_t written = 0;
    for (const std::int64_t size : task.made.sizes) {
        written += size;
    }
    if (task.made.status == TaskAnswer::Status::failed) {
        end_at(due.index, task.read_ends, TaskStatus::failed, recordable(task.made.error));
        return {};
    }
    const SimDuration work =
        work_time({.duration = task.made.cost,
                   .bytes = 0,
                   .rate = {},
                   .factor = slowness(task),
                   .speed = scenario_.cluster.nodes[executor(task.exec).node.index()].speed});
    plan_end(due.index, work, written);
    return {};
}

// How much longer than usual its work takes.
Millionths ClusterModel::slowness(const Task& task) const {
    const Millionths slowed = nodes_[executor(task.exec).node.index()].slowed;
    return {task.fault.factor.count * slowed.count / one.count};
}

void ClusterModel::plan_end(std::uint32_t slot, SimDuration work, std::int64_t written) {
    Task& task = tasks_[slot];
    task.ends = task.read_ends + work + write_time(scenario_.cluster, written);
    if (task.fault.fail_at_percent > 0) {
        task.ends = task.starts + (task.ends - task.starts) * task.fault.fail_at_percent / 100;
        task.status = TaskStatus::failed;
        task.reason = task.fault.reason;
    }
    if (live_ == nullptr) {
        schedule_end(slot);
    }
}

void ClusterModel::end_at(std::uint32_t slot, SimTime when, TaskStatus status, std::string reason) {
    Task& task = tasks_[slot];
    ++task.generation;
    task.status = status;
    task.reason = std::move(reason);
    task.ends = when;
    task.decided = true;
    schedule_end(slot);
}

void ClusterModel::schedule_end(std::uint32_t slot) {
    const Task& task = tasks_[slot];
    if (live_ == nullptr && executor(task.exec).frozen_at < task.ends) {
        return;  // it will be scheduled when the executor thaws
    }
    agenda_.add({.time = task.ends + delay(),
                 .order_class = DueClass::task_end,
                 .kind = DueKind::task_end,
                 .app = task.app.value,
                 .entity = task.exec.value,
                 .order = task.order,
                 .index = slot,
                 .generation = task.generation,
                 .cause = task.launch_seq});
}

Result<std::optional<Event>> ClusterModel::task_ended(const Due& due) {
    Task& task = tasks_[due.index];
    if (!task.used || task.generation != due.generation) {
        return std::optional<Event>{};
    }
    if (task.status == TaskStatus::success && !task.real && live_ == nullptr) {
        // Synthetic: its time is known, but its executor must have run it.
        const Result<TaskAnswer> answer = host_.await(task.ticket);
        if (!answer) {
            return fail(answer.error());
        }
    }
    TaskFinished event;
    event.app = task.app;
    event.task = task.task;
    event.exec = task.exec;
    event.status = task.status;
    event.run = std::max(SimDuration{0}, task.ends - task.starts);
    event.reason = std::move(task.reason);
    event.shuffle = task.lost_shuffle;
    event.from = task.lost_holder;
    if (task.status == TaskStatus::success) {
        const StageEntry& stage = stages_.at(task.app, task.task.stage.stage);
        if (task.real) {
            event.rows = task.made.rows;
            event.sizes = task.made.sizes;
            for (const std::int64_t size : event.sizes) {
                event.bytes += size;
            }
            if (stage.output.valid()) {
                shuffles_.set_sizes(task.app, stage.output, task.task.partition, event.sizes);
            }
            answer_ = std::move(task.made);
        } else if (stage.output.valid()) {
            event.bytes = stage.synthetic->shuffle_write.count;
        }
    } else {
        host_.discard(task.ticket);
    }
    free_task(due.index);
    return std::optional<Event>{std::move(event)};
}

void ClusterModel::kill_task(Moment at, const KillTask& action) {
    const std::uint32_t slot = find_task(action.exec, action.task);
    if (slot == no_slot || executor(action.exec).state != Executor::State::alive) {
        return;
    }
    Task& task = tasks_[slot];
    if (live_ != nullptr) {
        if (!task.decided) {
            task.status = TaskStatus::killed;
            task.reason = action.reason;
            live_->cancel(task.ticket);
        }
        return;
    }
    host_.discard(task.ticket);
    end_at(slot, std::max(at.now + delay(), task.starts), TaskStatus::killed, action.reason);
}

}  // namespace forkyard::sim
