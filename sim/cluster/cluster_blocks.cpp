// What executors keep of datasets and stages: who reads it, what is put, what goes for it.
//
// The block managers are machines in the model, so what is kept is a matter of virtual time
// alone; the processes do as they say. A task looks for what is kept when it is launched. What
// it made is put when it has succeeded.
#include <algorithm>
#include <string_view>
#include <utility>

#include "core/random.hpp"
#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

bool ClusterModel::keeps_bytes_of(AppId app, RddId rdd) const {
    return rdd.index() >= scenario_.apps[app.index()].stages.size();
}

// The others that have it now. Whom a task asks first is drawn for each of its reads.
RemoteCopies ClusterModel::remote_copies(const Task& task, RddBlock block) const {
    const Executor& reader = executor(task.exec);
    std::vector<BlockCopy> copies;
    for (const ExecutorId holder : storage_.holders(task.app, block)) {
        const Executor& entry = executor(holder);
        if (entry.state == Executor::State::alive) {
            copies.push_back({holder,
                              entry.node == reader.node         ? Nearness::same_host
                              : on_rack_of(holder, reader.node) ? Nearness::same_rack
                                                                : Nearness::elsewhere});
        }
    }
    std::uint64_t key = mix(random_key(scenario_.seed, Stream::copies),
                            std::string_view{scenario_.apps[task.app.index()].name});
    for (const std::uint32_t number : {task.task.stage.stage.value,
                                       task.task.stage.attempt,
                                       task.task.partition,
                                       task.task.attempt,
                                       block.rdd.value,
                                       block.partition}) {
        key = mix(key, number);
    }
    return {std::move(copies), key};
}

// Its own, else the copy of another, of those that there were when it first asked (DP-BLK-13).
// Invalid: nobody alive has it.
ExecutorId ClusterModel::holder_for(Task& task, RddBlock block) {
    const std::vector<ExecutorId>& holders = storage_.holders(task.app, block);
    const auto has = [&](ExecutorId exec) {
        return std::find(holders.begin(), holders.end(), exec) != holders.end();
    };
    if (has(task.exec)) {
        return task.exec;
    }
    if (holders.empty()) {
        return {};
    }
    auto& asked = task.own().copies;
    auto search = asked.find(block);
    if (search == asked.end()) {
        search = asked.emplace(block, remote_copies(task, block)).first;
    }
    RemoteCopies& copies = search->second;
    while (copies.asked().valid() &&
           (!has(copies.asked()) || executor(copies.asked()).state != Executor::State::alive)) {
        copies.failed();
    }
    return copies.asked();
}

// What it finds stays where it is until it has ended.
Result<FoundBlocks> ClusterModel::take_kept(Moment at,
                                            std::uint32_t slot,
                                            const StageEntry& stage) {
    if (!stage.keeps) {
        return FoundBlocks{};
    }
    Result<void> done;
    const auto is_there = [&](RddBlock block) {
        Task& task = tasks_[slot];
        const ExecutorId holder = holder_for(task, block);
        if (!holder.valid() || !done) {
            return false;
        }
        const BlockStatus status = *storage_.find(holder, block);  // as it finds it
        const auto reader =
            holder == task.exec ? BlockManager::Reader::local : BlockManager::Reader::remote;
        done =
            carry_out(at, task.app, holder, storage_.begin_read(task.app, holder, block, reader));
        task.own().kept.push_back({block, holder, status.bytes, !status.in_memory});
        return true;
    };
    const std::uint32_t partition = tasks_[slot].task.partition;
    FoundBlocks found;
    if (stage.synthetic == nullptr) {
        found = find_blocks(*stage.program, partition, is_there);
    } else if (is_there({*stage.plan_stage->kept, partition})) {
        found.insert({*stage.plan_stage->kept, partition});
    }
    if (!done) {
        return fail(done.error());
    }
    return found;
}

void ClusterModel::release_kept(Task& task) {
    if (task.special == nullptr) {
        return;
    }
    for (const KeptRead& read : task.special->kept) {
        storage_.end_read(task.app, read.holder, read.block);
    }
    task.special->kept.clear();
}

FoundBlocks ClusterModel::found_by(const Task& task) {
    FoundBlocks found;
    if (task.special != nullptr) {
        for (const KeptRead& read : task.special->kept) {
            found.insert(read.block);
        }
    }
    return found;
}

// ---- changes

void ClusterModel::tell_change(Moment at, AppId app, ExecutorId exec, const BlockChange& change) {
    const auto tell = [&](Event event) {
        agenda_.add_event(at.now, DueClass::task_end, app, exec.value, at.seq, std::move(event));
    };
    if (change.status.there()) {
        tell(BlockCached{app, change.block, exec, change.status.bytes, !change.status.in_memory});
    } else {
        tell(BlockDropped{app, change.block, exec});
    }
}

// Of blocks that were there before.
Result<void> ClusterModel::carry_out(Moment at,
                                     AppId app,
                                     ExecutorId exec,
                                     const std::vector<BlockChange>& changes) {
    for (const BlockChange& change : changes) {
        if (keeps_bytes_of(app, change.block.rdd)) {
            Result<void> placed = host_.place(exec, app, {change.block, place_of(change.status)});
            if (!placed) {
                return placed;
            }
        }
        tell_change(at, app, exec, change);
    }
    return {};
}

// ---- what is wanted no more

Result<void> ClusterModel::remove_rdd(Moment at, AppId app, RddId rdd) {
    for (const RddBlock block : storage_.blocks_of(app, rdd)) {
        for (const ExecutorId holder : std::vector{storage_.holders(app, block)}) {
            storage_.retire(app, holder, block);
        }
    }
    return drop_gone(at);
}

// Some of it when its last reader has ended, as Spark waits for a block's lock.
Result<void> ClusterModel::drop_gone(Moment at) {
    for (const StorageBooks::Gone& gone : storage_.take_gone()) {
        Result<void> dropped = carry_out(at, gone.app, gone.exec, {{gone.block, {}}});
        if (!dropped) {
            return dropped;
        }
    }
    return {};
}

// ---- what a task made

void ClusterModel::note_made(const Task& task, const StageEntry& stage) {
    made_ = {};
    made_.task = task.task;
    made_.spilled = task.special != nullptr ? task.special->made.spilled : SpillSizes{};
    if (!stage.keeps) {
        return;
    }
    made_.ticket = task.ticket;
    if (stage.synthetic == nullptr) {
        made_.blocks = task.special->made.made;
    } else if (found_by(task).empty()) {
        made_.blocks = {
            {{*stage.plan_stage->kept, task.task.partition}, stage.synthetic->cache_size.count}};
    }
}

Result<void> ClusterModel::keep_made(Moment at, const TaskFinished& event) {
    if (event.status != TaskStatus::success || made_.task != event.task) {
        return {};
    }
    const TaskMade made = std::exchange(made_, {});
    if (made.spilled.disk > 0) {
        agenda_.add_event(
            at.now,
            DueClass::task_end,
            event.app,
            event.exec.value,
            at.seq,
            TaskSpilled{event.app, event.task, event.exec, made.spilled.memory, made.spilled.disk});
    }
    if (made.blocks.empty()) {
        return {};
    }
    const bool there = executor(event.exec).state == Executor::State::alive;
    std::vector<KeptBlock> kept;
    for (const MadeSize& size : made.blocks) {
        const auto level = control_.driver(event.app).program().level_of(size.block.rdd);
        if (!there || !level) {
            continue;
        }
        for (const BlockChange& change : storage_.put(event.app,
                                                      event.exec,
                                                      size.block,
                                                      *level,
                                                      size.bytes,
                                                      BlockManager::Origin::computed)) {
            const auto own =
                std::find_if(made.blocks.begin(), made.blocks.end(), [&](const MadeSize& m) {
                    return m.block == change.block;
                });
            if (own == made.blocks.end()) {
                Result<void> done = carry_out(at, event.app, event.exec, {change});
                if (!done) {
                    return done;
                }
                continue;
            }
            // Of its own, perhaps one that it made just before.
            std::erase_if(kept, [&](const KeptBlock& k) { return k.block == change.block; });
            if (change.status.there()) {
                kept.push_back({change.block, place_of(change.status)});
            }
            tell_change(at, event.app, event.exec, change);
        }
    }
    if (keeps_bytes_of(event.app, made.blocks.front().block.rdd)) {
        Result<void> settled = host_.keep_made(event.exec, event.app, made.ticket, kept);
        if (!settled) {
            return settled;
        }
    }
    for (const KeptBlock& block : kept) {
        Result<void> copied = replicate(at, event.app, block.block);
        if (!copied) {
            return copied;
        }
    }
    return {};
}

// ---- losses

// Who still reads from it looks again, and computes what nobody else has (DP-BLK-14).
Result<void> ClusterModel::lose_kept_of(Moment at, ExecutorId exec) {
    executor(exec).lost_blocks = storage_.blocks_of(exec);
    storage_.remove_executor(executor(exec).app, exec);
    if (live_ != nullptr) {
        return {};  // readers tell
    }
    for (std::uint32_t slot = 0; slot < tasks_.size(); ++slot) {
        const Task& task = tasks_[slot];
        const bool reads = task.used && task.special != nullptr && task.exec != exec &&
                           std::any_of(task.special->kept.begin(),
                                       task.special->kept.end(),
                                       [&](const KeptRead& read) { return read.holder == exec; });
        if (!reads || task.decided || task.status == TaskStatus::killed ||
            task.is(SaveState::waits) || task.is(SaveState::may_commit) ||
            executor(task.exec).state != Executor::State::alive ||
            task.read_ends < worked_until(task, at.now)) {
            continue;
        }
        if (task.hangs() || executor(task.exec).frozen_at != time_never) {
            tasks_[slot].own().looks_again = true;
            continue;
        }
        Result<void> begun = begin_again(at, slot);
        if (!begun) {
            return begun;
        }
    }
    return {};
}

// It goes on after a pause in which what it was reading was lost.
void ClusterModel::look_again_later(Moment at, std::uint32_t slot) {
    const Task& task = tasks_[slot];
    if (task.special != nullptr && task.special->looks_again && !task.hangs() &&
        executor(task.exec).frozen_at == time_never) {
        expect(slot, at.now, DueClass::node_at_start, DueKind::look_again);
    }
}

Result<void> ClusterModel::begin_again(Moment at, std::uint32_t slot) {
    Task& task = tasks_[slot];
    drop_output(task);
    host_.discard(task.ticket);
    release_kept(task);
    release_memory(task, slot);
    task.inputs.clear();
    task.ticket = ++tickets_;
    task.heard = false;
    task.decided = false;
    task.ends = time_never;
    task.work = task.write = SimDuration{0};
    task.status = TaskStatus::success;
    task.special->reason.clear();
    task.special->made = {};
    task.special->looks_again = false;
    ++task.generation;
    return begin_task(
        at, slot, std::max(at.now, task.starts + scenario_.cluster.task_overhead), task.hangs());
}

}  // namespace forkyard::sim
