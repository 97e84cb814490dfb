// Executors that leave: told to go, they finish what they run, pass on what they keep, look
// every second whether they may, and end. And nodes that are drained.
//
// What is passed on when: block_migration.hpp. Nothing is recorded of a look or a round; only
// the instants at which one has an effect are on the agenda.
#include <algorithm>
#include <limits>
#include <utility>

#include "core/check.hpp"
#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

namespace {

constexpr SimDuration look_interval = std::chrono::seconds{1};

}  // namespace

// What the migration of one executor sees: its own books, and the executors of its application.
class ClusterModel::Surroundings final : public MigrationWorld {
public:
    Surroundings(const ClusterModel& model, ExecutorId exec)
        : model_{model}, exec_{exec}, own_{model.executor(exec)} {}

    [[nodiscard]] bool works() const override { return !own_.slots.empty(); }

    // As its driver knows them: one that is gone may be among them.
    [[nodiscard]] std::vector<ExecutorId> peers() const override {
        std::vector<ExecutorId> found;
        for (std::uint32_t number = 0; number < model_.executors_.size(); ++number) {
            const Executor& other = model_.executors_[number];
            const bool known =
                other.state == Executor::State::alive ||
                (other.state == Executor::State::dead && other.registered_at != time_never);
            if (known && other.app == own_.app && ExecutorId{number} != exec_ &&
                !model_.is_leaving(other)) {
                found.emplace_back(number);
            }
        }
        return found;
    }

    [[nodiscard]] std::vector<MapOutput> outputs() const override {
        return model_.shuffles_.outputs_of(own_.app, exec_);
    }
    [[nodiscard]] std::vector<RddBlock> cached() const override {
        return model_.storage_.blocks_of(exec_);
    }

    [[nodiscard]] bool keeps(const MapOutput& output) const override {
        return model_.shuffles_.holder(own_.app, output.shuffle, output.map) == exec_;
    }

    [[nodiscard]] Peer state(ExecutorId peer) const override {
        if (peer == fallback_storage) {
            return Peer::takes;
        }
        const Executor& other = model_.executor(peer);
        if (other.state != Executor::State::alive) {
            return Peer::gone;
        }
        return model_.is_leaving(other) ? Peer::leaves : Peer::takes;
    }

    [[nodiscard]] bool has(ExecutorId peer, RddBlock block) const override {
        const std::vector<ExecutorId>& holders = model_.storage_.holders(own_.app, block);
        return std::find(holders.begin(), holders.end(), peer) != holders.end();
    }

    // Index and data are two transfers; the peer writes them to its disk, and has told the driver
    // before the leaver takes them for passed on.
    [[nodiscard]] SimDuration time(const MapOutput& output, ExecutorId peer) const override {
        const StageEntry* writer = model_.stages_.writer_of(own_.app, output.shuffle);
        FORKYARD_CHECK(writer != nullptr, "an output has been written");
        std::int64_t bytes = 0;
        if (writer->synthetic != nullptr) {
            bytes = writer->synthetic->shuffle_write.count;
        } else {
            bytes = model_.shuffles_.size(own_.app, output.shuffle, output.map);
        }
        constexpr std::uint32_t uploads = 2;
        const SimDuration written = peer == fallback_storage
                                        ? SimDuration{0}  // not on a disk of the cluster
                                        : write_time(model_.scenario_.cluster, bytes);
        return transfer(peer, bytes, uploads) + written + model_.delay();
    }
    [[nodiscard]] SimDuration time(RddBlock block, ExecutorId peer) const override {
        const std::optional<BlockStatus> status = model_.storage_.find(exec_, block);
        return transfer(peer, status ? status->bytes : 0, 1) + model_.delay();
    }

private:
    [[nodiscard]] SimDuration transfer(ExecutorId peer,
                                       std::int64_t bytes,
                                       std::uint32_t count) const {
        ReadVolume volume;
        const bool same_rack = model_.on_rack_of(peer, own_.node);
        (same_rack ? volume.rack_bytes : volume.cross_bytes) = bytes;
        (same_rack ? volume.rack_holders : volume.cross_holders) = count;
        return read_time(model_.scenario_.cluster, volume);
    }

    const ClusterModel& model_;
    ExecutorId exec_;
    const Executor& own_;
};

// ---- to go

void ClusterModel::decommission_executor(Moment at, const DecommissionExecutor& action) {
    (void)tell_to_leave(at,
                        action.exec,
                        {.reason = action.reason,
                         .driver_knows = action.by == AskedBy::driver,
                         .delay = delay(),
                         .host = action.host});
}

bool ClusterModel::tell_to_leave(Moment at, ExecutorId exec, const Leave& leave) {
    if (!lives(exec) || is_leaving(executor(exec)) || executor(exec).taken) {
        return false;
    }
    if (leave.grace) {
        agenda_.add({.time = at.now + *leave.grace,
                     .order_class = DueClass::node,
                     .kind = DueKind::overdue,
                     .app = executor(exec).app.value,
                     .entity = exec.value,
                     .index = exec.value,
                     .cause = at.seq});
    }
    if (!leave.gently) {  // it works on until then
        executor(exec).taken = leave.reason;
    } else if (executor(exec).state == Executor::State::starting) {
        executor(exec).leaves_at_start = leave;
    } else {
        begin_leave(at, exec, leave);
    }
    return true;
}

void ClusterModel::begin_leave(Moment at, ExecutorId exec, const Leave& leave) {
    Executor& entry = executor(exec);
    const SimTime heard = at.now + leave.delay;
    any_leaves_ = true;
    entry.leaving = std::make_unique<Leaving>(Leaving{
        .how = leave,
        .began = heard,
        .migration = {scenario_.apps[entry.app.index()].conf.decommission, leave.migrates, heard}});
    if (!leave.driver_knows) {
        agenda_.add_event(heard + delay(),
                          DueClass::node,
                          entry.app,
                          exec.value,
                          at.seq,
                          ExecutorDecommissioning{entry.app, exec, leave.host});
    }
    arm_leaving(at, exec);
}

// ---- on the way

Result<void> ClusterModel::go_on_leaving(Moment at, ExecutorId exec) {
    Executor& entry = executor(exec);
    if (entry.leaving == nullptr || entry.leaving->moves_at != at.now) {
        return {};
    }
    entry.leaving->moves_at = time_never;
    if (entry.frozen_at != time_never) {
        return {};
    }
    const SimTime own = at.now - entry.leaving->frozen;
    const auto moved = entry.leaving->migration.advance(own, Surroundings{*this, exec});
    Result<void> passed = pass_on(at, exec, moved);
    arm_leaving(at, exec);
    return passed;
}

// What has moved: real bytes do now, and the driver hears of it.
Result<void> ClusterModel::pass_on(Moment at,
                                   ExecutorId exec,
                                   const std::vector<BlockMigration::Moved>& all) {
    const AppId app = executor(exec).app;
    const auto tell = [&](Event event) {
        agenda_.add_event(at.now, DueClass::task_end, app, exec.value, at.seq, std::move(event));
    };
    for (const BlockMigration::Moved& moved : all) {
        if (moved.output) {
            const auto [shuffle, map] = *moved.output;
            const StageEntry* writer = stages_.writer_of(app, shuffle);
            if (writer->synthetic == nullptr) {
                Result<void> copied = host_.copy_output(
                    exec, moved.to, {app, shuffle, writer->plan_stage->children_partitions}, map);
                if (!copied) {
                    return copied;
                }
            }
            tell(MapOutputMoved{app, shuffle, map, moved.to, exec});
            continue;
        }
        const std::optional<BlockStatus> status = storage_.find(exec, *moved.cached);
        if (!status) {
            continue;  // it was dropped meanwhile
        }
        const bool wanted = control_.driver(app).program().level_of(moved.cached->rdd).has_value();
        if (moved.to.valid() && wanted && live_ != nullptr &&
            keeps_bytes_of(app, moved.cached->rdd)) {
            Result<void> begun =
                give_copy(at, app, {*moved.cached, exec, status->bytes, false}, moved.to);
            if (!begun) {
                return begun;
            }
            continue;
        }
        if (moved.to.valid() && wanted) {
            Result<bool> copied =
                copy_kept(at, app, {*moved.cached, exec, status->bytes, false}, moved.to);
            if (!copied) {
                return fail(copied.error());
            }
        }
        storage_.remove(app, exec, *moved.cached);
    }
    return {};
}

// Its driver takes it unless the output has been made again, or the new holder has gone.
bool ClusterModel::confirm_move(const MapOutputMoved& event) const {
    const ExecutorId holder = shuffles_.holder(event.app, event.shuffle, event.partition);
    const auto known = [&] {
        const Executor::State state = executor(event.exec).state;
        return state == Executor::State::alive || state == Executor::State::dead;
    };
    return drivers_[event.app.index()].runs && (!holder.valid() || holder == event.from) &&
           (event.exec == fallback_storage || known());
}

bool ClusterModel::may_exit(const Executor& entry) const {
    return entry.state == Executor::State::alive && entry.frozen_at == time_never &&
           entry.leaving != nullptr && entry.slots.empty() && entry.leaving->migration.done() &&
           entry.leaving->copies == 0;
}

// What comes next: a round or a transfer's end, and a look if it may go.
void ClusterModel::arm_leaving(Moment at, ExecutorId exec) {
    Executor& entry = executor(exec);
    if (entry.leaving == nullptr || entry.frozen_at != time_never) {
        return;
    }
    Leaving& leaving = *entry.leaving;
    const auto arm = [&](SimTime& armed, SimTime when, DueClass order_class, DueKind kind) {
        if (armed == when) {
            return;
        }
        armed = when;
        agenda_.add({.time = when,
                     .order_class = order_class,
                     .kind = kind,
                     .app = entry.app.value,
                     .entity = exec.value,
                     .order = std::numeric_limits<std::uint64_t>::max(),
                     .index = exec.value,
                     .cause = at.seq});
    };
    const SimTime next = leaving.migration.next();
    if (next != time_never) {
        // After the ends of its tasks at the same instant.
        arm(leaving.moves_at,
            std::max(at.now, next + leaving.frozen),
            DueClass::task_end,
            DueKind::moves);
    }
    if (may_exit(entry)) {
        const SimDuration since = at.now - leaving.frozen - leaving.began;
        const auto looks =
            std::max<std::int64_t>(1, (since + look_interval - SimDuration{1}) / look_interval);
        arm(leaving.looks_at,
            leaving.began + leaving.frozen + looks * look_interval,
            DueClass::timer,
            DueKind::look);
    }
}

Result<void> ClusterModel::look_to_exit(Moment at, const Due& due) {
    const ExecutorId exec{due.index};
    Executor& entry = executor(exec);
    if (entry.leaving == nullptr || entry.leaving->looks_at != due.time) {
        return {};
    }
    entry.leaving->looks_at = time_never;
    if (!may_exit(entry)) {
        return {};
    }
    return lose_executor(at, exec, {entry.leaving->how.reason, 0, SimDuration{0}})
        .map([](bool /*effect*/) {});
}

// A peer of others is gone: what they were about to give it goes elsewhere.
void ClusterModel::tell_leavers_of(Moment at, ExecutorId gone) {
    for (std::uint32_t number = 0; any_leaves_ && number < executors_.size(); ++number) {
        Executor& entry = executors_[number];
        if (entry.leaving == nullptr || entry.app != executor(gone).app) {
            continue;
        }
        const ExecutorId exec{number};
        const SimTime stopped = std::min(at.now, entry.frozen_at);
        entry.leaving->migration.lose_peer(
            stopped - entry.leaving->frozen, Surroundings{*this, exec}, gone);
        arm_leaving(at, exec);
    }
}

// It has been frozen since then, and may have been told to go meanwhile.
void ClusterModel::pause_leaving(Moment at, ExecutorId exec, SimTime frozen) {
    Executor& entry = executor(exec);
    if (entry.leaving != nullptr) {
        const SimTime from = std::max(frozen, entry.leaving->began + entry.leaving->frozen);
        entry.leaving->frozen += std::max(SimDuration{0}, at.now - from);
        arm_leaving(at, exec);
    }
}

// ---- the end of a grace

Result<void> ClusterModel::end_grace(Moment at, ExecutorId exec) {
    const auto reason = reason_to_go(executor(exec));
    if (!lives(exec) || !reason) {
        return {};
    }
    return lose_executor(at, exec, {*reason, 137, SimDuration{0}}).map([](bool /*effect*/) {});
}

// What its end is called if it is told to go, or will be taken; none: it stays.
std::optional<LossReason> ClusterModel::reason_to_go(const Executor& entry) {
    return entry.taken             ? entry.taken
           : entry.leaving         ? std::optional{entry.leaving->how.reason}
           : entry.leaves_at_start ? std::optional{entry.leaves_at_start->reason}
                                   : std::nullopt;
}

bool ClusterModel::drain_node(Moment at, NodeId id, SimDuration grace) {
    Node& node = nodes_[id.index()];
    if (!node.up || node.draining) {
        return false;
    }
    node.draining = true;
    const SimTime until = at.now + grace;
    agenda_.add({.time = at.now,
                 .order_class = DueClass::node,
                 .kind = DueKind::event,
                 .entity = id.value,
                 .index = agenda_.store(WorkerDraining{id, until}),
                 .cause = at.seq});
    agenda_.add({.time = until,
                 .order_class = DueClass::node,
                 .kind = DueKind::evict,
                 .entity = id.value,
                 .index = id.value,
                 .generation = ++node.drains,
                 .cause = at.seq});
    return true;
}

Result<void> ClusterModel::evict(Moment at, const Due& due) {
    const Node& node = nodes_[due.index];
    if (!node.draining || node.drains != due.generation) {
        return {};
    }
    for (std::uint32_t app = 0; app < drivers_.size(); ++app) {
        if (drivers_[app].node == NodeId{due.index}) {
            lose_driver(at, AppId{app}, LossReason::preempted, 137);
        }
    }
    for (std::uint32_t number = 0; number < executors_.size(); ++number) {
        const ExecutorId exec{number};
        if (executors_[number].node != NodeId{due.index} || !lives(exec)) {
            continue;
        }
        const LossReason reason = reason_to_go(executors_[number]).value_or(LossReason::preempted);
        Result<bool> lost = lose_executor(at, exec, {reason, 137, SimDuration{0}});
        if (!lost) {
            return fail(lost.error());
        }
    }
    return {};
}

}  // namespace forkyard::sim
