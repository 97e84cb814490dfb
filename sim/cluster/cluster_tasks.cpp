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
    Task& task = tasks_[slot];
    task.real = stages_.at(action.app, action.task.stage.stage).synthetic == nullptr;
    if (executor(action.exec).state != Executor::State::alive) {
        return {};  // the driver does not know yet that nobody is there
    }
    task.starts = at.now + delay();
    if (const StageEntry& stage = stages_.at(action.app, action.task.stage.stage);
        stage.save != nullptr) {
        task.own().save = stage.save->conf.coordinated ? SaveState::asks : SaveState::alone;
        task.own().denied = fault.denied;
        task.own().commits_later = fault.commits_later;
    }
    Result<void> begun =
        begin_task(at, slot, task.starts + scenario_.cluster.task_overhead, fault.hangs);
    if (fault.hangs) {
        hang_from_start(slot, tasks_[slot].starts);
    }
    return begun;
}

Result<void> ClusterModel::begin_task(Moment at,
                                      std::uint32_t slot,
                                      SimTime reads_from,
                                      bool hangs) {
    if (!has_broadcasts(at, slot, reads_from)) {
        return {};
    }
    Task& task = tasks_[slot];
    const StageEntry& stage = stages_.at(task.app, task.task.stage.stage);
    const Result<FoundBlocks> found = take_kept(at, slot, stage);
    if (!found) {
        return fail(found.error());
    }
    const bool cached = stage.synthetic != nullptr && !found->empty();
    find_inputs(task, stage, *found);
    task.read_ends = reads_from;
    if (fail_if_holder_lost(slot)) {
        return {};
    }
    const bool sized = scenario_.cluster.network || scenario_.cluster.disk_bandwidth ||
                       (stage.synthetic != nullptr && stage.synthetic->rate);
    const ReadVolume read = sized ? volume(task, stage) : ReadVolume{};
    if (sized) {
        task.read_ends += read_time(scenario_.cluster, read);
    }
    if (task.real) {
        return hand_over(at, slot, stage, hangs);
    }
    const StageSpec& spec = *stage.synthetic;
    const Result<std::optional<std::int64_t>> spilled =
        take_memory(at, slot, cached ? 0 : spec.memory.count);
    if (!spilled) {
        return fail(spilled.error());
    }
    if (!*spilled) {
        await_memory(slot);
        return {};
    }
    const SimDuration drawn = draw_duration(spec.duration,
                                            stage.duration_key,
                                            task.task.partition,
                                            task.task.attempt + (task.task.stage.attempt << 16U));
    const SimDuration work = work_time({.duration = cached ? SimDuration{0} : drawn,
                                        .bytes = cached ? 0 : read.total(),
                                        .rate = spec.rate.value_or(BytesPerSecond{}),
                                        .factor = slowness(task),
                                        .speed = executor(task.exec).speed});
    const std::int64_t written = stage.output.valid() ? spec.shuffle_write.count : 0;
    if (**spilled > 0) {
        tasks_[slot].own().made.spilled = {**spilled, **spilled};
    }
    plan_end(slot, at.now, work, written + 2 * **spilled);  // and read again
    return takes_synthetic_ ? hand_over(at, slot, stage, hangs) : Result<void>{};
}

// ---- work and end

Result<void> ClusterModel::hand_over(Moment at,
                                     std::uint32_t slot,
                                     const StageEntry& stage,
                                     bool hangs) {
    const Task& task = tasks_[slot];
    TaskOrder order;
    order.exec = task.exec;
    order.app = task.app;
    order.task = task.task;
    order.ticket = task.ticket;
    order.program = stage.program;
    order.encoded = stage.encoded;
    order.output = stage.output;
    if (stage.save != nullptr) {
        order.save = output_of(task);
    }
    for (std::size_t i = 0; task.real && i < task.inputs.size(); ++i) {
        order.reads.push_back(part_of(task, task.inputs[i]));
    }
    if (task.real && task.special != nullptr) {
        order.kept = task.special->kept;
    }
    for (const BroadcastId id : stage.broadcasts) {
        order.broadcasts.push_back({id, stages_.broadcast(task.app, id)});
    }
    if (live_ != nullptr) {
        const Millionths speed = executor(task.exec).speed;
        // A real one overheads and reads first; its computing comes on top.
        order.work = (task.real ? task.read_ends : task.ends) - at.now;
        order.work_kind = task.real ? WorkKind::sleep : stage.synthetic->work;
        order.factor = {slowness(task).count * one.count / speed.count};
        order.percent = task.fails_at().value_or(100);
        order.hangs = hangs;
    } else if (task.real) {
        expect_answer(slot, std::max(at.now, task.starts));  // it may have waited
    }
    return host_.launch(order);
}

// The earliest time at which its end can be: until then the processes work side by side.
void ClusterModel::expect_answer(std::uint32_t slot, SimTime now) {
    const Task& task = tasks_[slot];
    const StageEntry& stage = stages_.at(task.app, task.task.stage.stage);
    SimTime earliest =
        task.read_ends +
        work_of(task, least_cost(*stage.program, task.task.partition, found_by(task)));
    if (const auto percent = task.fails_at()) {
        earliest = task.starts + (earliest - task.starts) * *percent / 100;
    }
    expect(slot, std::max(earliest, now), DueClass::node_at_start, DueKind::task_answer);
}

void ClusterModel::expect(std::uint32_t slot, SimTime when, DueClass order_class, DueKind kind) {
    const Task& task = tasks_[slot];
    agenda_.add({.time = when,
                 .order_class = order_class,
                 .kind = kind,
                 .app = task.app.value,
                 .entity = task.exec.value,
                 .order = task.order,
                 .index = slot,
                 .generation = task.generation,
                 .cause = task.launch_seq});
}

Result<void> ClusterModel::take_answer(std::uint32_t slot, SimTime now) {
    Task& task = tasks_[slot];
    Result<TaskAnswer> answer = host_.await(task.ticket);
    if (!answer) {
        return fail(answer.error());
    }
    TaskAnswer& made = task.own().made;
    made = std::move(*answer);
    if (made.status == TaskAnswer::Status::fetch_failed) {
        return fail(
            {fmt::format("a fetch failed that nothing in the scenario fails: {}", made.error),
             {},
             "under the virtual clock only faults may touch executors and what they hold",
             Exit::divergence});
    }
    FORKYARD_CHECK(
        made.status == TaskAnswer::Status::done || made.status == TaskAnswer::Status::failed,
        "nobody has killed the task");
    if (made.status == TaskAnswer::Status::failed) {
        const StageEntry& stage = stages_.at(task.app, task.task.stage.stage);
        task.status = TaskStatus::failed;
        task.own().reason = recordable(made.error);
        made.cost = least_cost(*stage.program, task.task.partition, found_by(task));  // no further
    }
    ++task.generation;
    plan_end(slot, now, work_of(task, made.cost), made.bytes_written() + 2 * made.spilled.disk);
    return {};
}

// A fault is about to change the rest of a task: what it has made must be known, if it has
// begun to make it.
Result<void> ClusterModel::resolve(Moment at, std::uint32_t slot) {
    const Task& task = tasks_[slot];
    const bool begun = task.special == nullptr || !task.special->waits_to_begin;
    const bool open = live_ == nullptr && task.real && begun && task.ends == time_never &&
                      !task.hangs() && task.status == TaskStatus::success &&
                      task.read_ends <= at.now && !task.is(SaveState::waits);
    return open ? take_answer(slot, at.now) : Result<void>{};
}

Result<void> ClusterModel::resolve_all(Moment at, ExecutorId exec) {
    for (const std::uint32_t slot : executor(exec).slots) {
        Result<void> resolved = resolve(at, slot);
        if (!resolved) {
            return resolved;
        }
    }
    return {};
}

// How much longer than usual work takes there.
Millionths ClusterModel::slowness(const Node& node) {
    Millionths slowed = one;
    for (const Millionths factor : node.faults) {
        slowed = compounded(slowed, factor);
    }
    return slowed;
}

Millionths ClusterModel::slowness(const Task& task) {
    return compounded(task.factor, task.slowed);
}

SimDuration ClusterModel::work_of(const Task& task, SimDuration cost) const {
    return work_time({.duration = cost,
                      .bytes = 0,
                      .rate = {},
                      .factor = slowness(task),
                      .speed = executor(task.exec).speed});
}

void ClusterModel::plan_end(std::uint32_t slot,
                            SimTime now,
                            SimDuration work,
                            std::int64_t written) {
    Task& task = tasks_[slot];
    task.work = work;
    task.write = write_time(scenario_.cluster, written);
    task.ends = task.read_ends + task.work + task.write;
    const auto percent = task.fails_at();
    if (percent && task.status == TaskStatus::success) {
        // Not before now: it may be told to fail when more than that has passed.
        const SimTime from =
            task.starts + (task.special != nullptr ? task.special->hung : SimDuration{0});
        task.ends = std::max(now, from + (task.ends - from) * *percent / 100);
        task.status = TaskStatus::failed;
        task.own().reason = task.own().fail_reason;
    }
    if (live_ == nullptr) {
        schedule_end(slot);
    }
}

void ClusterModel::end_at(
    std::uint32_t slot, SimTime when, TaskStatus status, std::string reason, DueClass order_class) {
    Task& task = tasks_[slot];
    ++task.generation;
    task.status = status;
    task.own().reason = std::move(reason);
    task.decided = true;
    if (task.hangs()) {
        task.special->left = SimDuration{0};  // once it goes on
        return;
    }
    task.ends = when;
    task.fixed_frozen = executor(task.exec).frozen_at != time_never;
    schedule_end(slot, order_class);
}

void ClusterModel::schedule_end(std::uint32_t slot, DueClass order_class) {
    const Task& task = tasks_[slot];
    const SimTime reported = task.reported_at();
    if (executor(task.exec).frozen_at < reported) {
        return;  // it will be scheduled when the executor thaws
    }
    if (reported == time_never) {
        return;
    }
    if (task.is(SaveState::alone) || task.is(SaveState::may_commit)) {
        expect(slot, reported, order_class, DueKind::commit);
    } else {
        expect(slot, reported + delay(), order_class, DueKind::task_end);
    }
}

Result<bool> ClusterModel::task_ended(const Due& due, Event& made) {
    Task& task = tasks_[due.index];
    if (!task.used || task.generation != due.generation) {
        return false;
    }
    if (is_awaited(task)) {
        const Result<TaskAnswer> answer = host_.await(task.ticket);
        if (!answer) {
            return fail(answer.error());
        }
    }
    if (task.is(SaveState::asks)) {
        made = CommitRequested{task.app, task.task, task.exec, task.special->denied};
        task.special->save = SaveState::waits;
        task.ends = time_never;
        ++task.generation;
        return true;
    }
    auto& event = made.emplace<TaskFinished>();
    event.app = task.app;
    event.task = task.task;
    event.exec = task.exec;
    event.status = task.status;
    event.run = std::max(SimDuration{0}, task.ends - task.starts);
    if (task.special != nullptr) {
        event.reason = std::move(task.special->reason);
        event.shuffle = task.special->lost_shuffle;
        event.from = task.special->lost_holder;
        event.map = task.special->lost_map;
    }
    if (task.status == TaskStatus::success) {
        const StageEntry& stage = stages_.at(task.app, task.task.stage.stage);
        note_made(task, stage);
        if (task.real) {
            TaskAnswer& answer = task.own().made;
            event.rows = answer.rows;
            event.records = answer.records;
            event.sizes = answer.sizes;
            event.accumulated = std::move(answer.accumulated);
            event.bytes = answer.bytes_written();
            if (stage.output.valid()) {
                shuffles_.set_sizes(task.app,
                                    stage.output,
                                    task.task.partition,
                                    event.sizes,
                                    scenario_.apps[task.app.index()].conf.map_sizes);
            }
            event.result = static_cast<std::int64_t>(answer.result.size());
            answer_ = std::move(answer);
        } else if (stage.output.valid()) {
            event.bytes = stage.synthetic->shuffle_write.count;
        } else {
            event.result = stage.synthetic->result.count;
        }
    } else {
        host_.discard(task.ticket);
    }
    free_task(due.index);
    return true;
}

void ClusterModel::kill_task(Moment at, const KillTask& action) {
    const std::uint32_t slot = find_task(action.exec, action.task);
    if (slot == no_slot || executor(action.exec).state != Executor::State::alive) {
        return;
    }
    Task& task = tasks_[slot];
    const bool answered = task.saves() && (task.ends != time_never || task.is(SaveState::waits) ||
                                           task.is(SaveState::may_commit));
    const bool begun = task.special == nullptr || !task.special->waits_to_begin;
    if (live_ != nullptr && !answered && begun) {
        if (!task.decided) {
            task.status = TaskStatus::killed;
            task.own().reason = action.reason;
            live_->cancel(task.ticket);
            watch(at, slot);
        }
        return;
    }
    if (task.ends < at.now && !task.saves()) {
        return;  // its report is under way
    }
    if (task.hangs()) {
        watch(at, slot);
    }
    host_.discard(task.ticket);
    end_at(slot, std::max(at.now + delay(), task.starts), TaskStatus::killed, action.reason);
}

}  // namespace forkyard::sim
