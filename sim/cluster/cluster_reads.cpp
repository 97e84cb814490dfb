// What a task reads from the shuffle, and what becomes of it when a holder is lost.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/event_text.hpp"
#include "core/executor/shuffle_fetcher.hpp"
#include "core/journal/field_text.hpp"
#include "core/model/draw.hpp"
#include "core/model/input_places.hpp"
#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

// A synthetic one reads its own partition of each shuffle.
void ClusterModel::find_inputs(Task& task, const StageEntry& stage, const FoundBlocks& found) {
    if (stage.synthetic == nullptr) {
        for (const ShufflePart& part : shuffle_parts(*stage.program, task.task.partition, found)) {
            task.inputs.push_back(
                {shuffles_.view(task.app, stage.reads[part.shuffle]), part.partition});
        }
        return;
    }
    if (!found.empty()) {
        return;  // it computes nothing
    }
    for (const ShuffleId shuffle : stage.reads) {
        task.inputs.push_back({shuffles_.view(task.app, shuffle), task.task.partition});
    }
}

std::int64_t ClusterModel::bytes_from(const Task& task,
                                      const PartView& view,
                                      ExecutorId exec) const {
    const StageEntry& reader = stages_.at(task.app, task.task.stage.stage);
    std::int64_t bytes = 0;
    if (reader.synthetic == nullptr) {
        for (std::uint32_t map = 0; map < view->holders.size(); ++map) {
            if (view->holders[map] == exec) {
                bytes += shuffles_.size(task.app, view->shuffle, map, view.partition);
            }
        }
        return bytes;
    }
    for (std::size_t i = 0; i < reader.reads.size(); ++i) {
        if (reader.reads[i] != view->shuffle) {
            continue;
        }
        const PlanId parent = reader.plan_stage->parents[i];
        const StageSpec& writer = scenario_.apps[task.app.index()].stages[parent.index()];
        const Bytes share = split_share(
            writer.shuffle_write, writer.skew, reader.plan_stage->tasks, view.partition);
        const auto at = std::lower_bound(view->distinct.begin(), view->distinct.end(), exec);
        bytes += share.count * view->maps[static_cast<std::size_t>(at - view->distinct.begin())];
    }
    return bytes;
}

// Of a real task: nobody is asked for nothing, so nobody needs to be there to give it.
PartRead ClusterModel::part_of(const Task& task, const PartView& input) const {
    PartRead part{input->shuffle, input.partition, input->holders, {}};
    for (std::uint32_t map = 0; map < part.holders.size(); ++map) {
        part.bytes.push_back(shuffles_.told(task.app, input->shuffle, map, input.partition));
        if (shuffles_.size(task.app, input->shuffle, map, input.partition) == 0) {
            part.holders[map] = ExecutorId{};
        }
    }
    return part;
}

// By the nearest of the replicas; from outside the cluster as from another rack.
void ClusterModel::add_input(const Task& task, const StageSpec& spec, ReadVolume& read) const {
    const NodeId here = executor(task.exec).node;
    const std::vector<NodeId> replicas =
        input_places(scenario_, task.app, spec, task.task.partition);
    const bool on_rack = std::any_of(replicas.begin(), replicas.end(), [&](NodeId node) {
        return nodes_[node.index()].rack == nodes_[here.index()].rack;
    });
    if (std::find(replicas.begin(), replicas.end(), here) != replicas.end()) {
        read.disk_bytes += spec.input->bytes.count;
    } else if (on_rack) {
        read.rack_bytes += spec.input->bytes.count;
        ++read.rack_holders;
    } else {
        read.cross_bytes += spec.input->bytes.count;
        ++read.cross_holders;
    }
}

// What is outside the cluster is on no rack.
bool ClusterModel::on_rack_of(ExecutorId holder, NodeId node) const {
    return holder != fallback_storage &&
           nodes_[executor(holder).node.index()].rack == nodes_[node.index()].rack;
}

ReadVolume ClusterModel::volume(const Task& task, const StageEntry& stage) const {
    ReadVolume read;
    std::vector<ExecutorId> met;  // latency counts once for each
    const NodeId here = executor(task.exec).node;
    const auto add_from = [&](ExecutorId holder, std::int64_t bytes) {
        const bool first = std::find(met.begin(), met.end(), holder) == met.end();
        if (first) {
            met.push_back(holder);
        }
        if (on_rack_of(holder, here)) {
            read.rack_bytes += bytes;
            read.rack_holders += first ? 1 : 0;
        } else {
            read.cross_bytes += bytes;
            read.cross_holders += first ? 1 : 0;
        }
    };
    const bool cached = task.special != nullptr && !task.special->kept.empty();
    for (std::size_t i = 0; cached && i < task.special->kept.size(); ++i) {
        const KeptRead& kept = task.special->kept[i];
        if (kept.holder != task.exec) {
            add_from(kept.holder, kept.bytes);
        } else if (kept.disk) {
            read.disk_bytes += kept.bytes;
        }
    }
    if (stage.synthetic != nullptr && stage.synthetic->input && !cached) {
        add_input(task, *stage.synthetic, read);
    }
    for (const auto& view : task.inputs) {
        for (const ExecutorId holder : view->distinct) {
            const std::int64_t bytes = bytes_from(task, view, holder);
            if (holder == task.exec) {
                read.disk_bytes += bytes;
            } else if (bytes > 0) {
                add_from(holder, bytes);
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
            fail_fetch(slot, task.read_ends, view->shuffle, ExecutorId{}, {});
            return true;
        }
        if (!any_lost_) {
            continue;
        }
        for (const ExecutorId holder : view->distinct) {
            if (is_out_of_reach(holder, task.exec) && bytes_from(task, view, holder) > 0) {
                fail_fetch(
                    slot, task.read_ends, view->shuffle, holder, lost_block(task, view, holder));
                return true;
            }
        }
    }
    return false;
}

void ClusterModel::fail_fetches_from(Moment at, ExecutorId exec) {
    for (std::uint32_t slot = 0; slot < tasks_.size(); ++slot) {
        const Task& task = tasks_[slot];
        if (!task.used || task.exec == exec || task.decided || (task.real && live_ != nullptr)) {
            continue;
        }
        const Executor& reader = executor(task.exec);
        if (reader.state != Executor::State::alive || task.status == TaskStatus::killed ||
            task.read_ends < worked_until(task, at.now) || task.is(SaveState::waits) ||
            task.is(SaveState::may_commit)) {
            continue;
        }
        for (const auto& view : task.inputs) {
            if (std::binary_search(view->distinct.begin(), view->distinct.end(), exec) &&
                bytes_from(task, view, exec) > 0) {
                fail_fetch(slot,
                           std::max(at.now, task.starts + scenario_.cluster.task_overhead),
                           view->shuffle,
                           exec,
                           lost_block(task, view, exec));
                break;
            }
        }
    }
}

// The first that it asks for, as the registry is now.
std::optional<ClusterModel::LostBlock> ClusterModel::lost_block(const Task& task,
                                                                const PartView& view,
                                                                ExecutorId holder) const {
    const bool real = stages_.at(task.app, task.task.stage.stage).synthetic == nullptr;
    for (std::uint32_t map = 0; map < view->holders.size(); ++map) {
        const bool asked =
            !real || shuffles_.size(task.app, view->shuffle, map, view.partition) > 0;
        if (asked && shuffles_.holder(task.app, view->shuffle, map) == holder) {
            const ShuffleBlock block{view->shuffle, map, view.partition};
            return LostBlock{map, fmt::format("{} from {}", to_text(block), to_text(holder))};
        }
    }
    return std::nullopt;
}

void ClusterModel::fail_fetch(std::uint32_t slot,
                              SimTime when,
                              ShuffleId shuffle,
                              ExecutorId holder,
                              std::optional<LostBlock> block) {
    Task& task = tasks_[slot];
    task.own().lost_shuffle = shuffle;
    task.own().lost_holder = holder;
    std::string reason = fmt::format("MetadataFetchFailed(h{}: no location)", shuffle.value);
    if (block) {
        task.own().lost_map = block->map;
        reason = fmt::format("FetchFailed({})", block->text);
    } else if (holder.valid()) {
        reason = fmt::format("FetchFailed(h{} from {})", shuffle.value, to_text(holder));
    }
    host_.discard(task.ticket);
    end_at(slot, when, TaskStatus::fetch_failed, recordable(reason));
}

}  // namespace forkyard::sim
