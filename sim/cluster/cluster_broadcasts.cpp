// Broadcast variables: executors fetch them when a task first uses them, piece after piece in a
// random order, each from any executor that has it or from the driver, and are sources of what they
// have from then on (DP-BC-02). The other tasks of the executor wait for the same fetch (DP-BC-03).
//
// In Spark: TorrentBroadcast.
#include <algorithm>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/random.hpp"
#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

namespace {

std::uint64_t key_of(const Scenario& scenario, AppId app, BroadcastId id, ExecutorId exec) {
    return mix(mix(mix(random_key(scenario.seed, Stream::broadcast),
                       std::string_view{scenario.apps[app.index()].name}),
                   id.value),
               exec.value);
}

std::vector<std::uint32_t> drawn_order(std::size_t pieces, std::uint64_t key) {
    std::vector<std::uint32_t> order(pieces);
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return std::pair{mix(key, a), a} < std::pair{mix(key, b), b};
    });
    return order;
}

}  // namespace

// False: it has to wait for some, or has failed for want of one.
bool ClusterModel::has_broadcasts(Moment at, std::uint32_t slot, SimTime reads_from) {
    const Task& task = tasks_[slot];
    const std::vector<BroadcastId>& used = stages_.at(task.app, task.task.stage.stage).broadcasts;
    const BroadcastTracker& known = control_.driver(task.app).dag_scheduler().broadcasts();
    bool all = true;
    for (const BroadcastId id : used) {
        if (!known.destroyed_at(id).empty()) {
            end_at(slot,
                   reads_from,
                   TaskStatus::failed,
                   fmt::format("Failed to get broadcast_{}: it was destroyed", id.value));
            return false;
        }
        if (task.exec == local_executor) {
            continue;  // its block manager is the driver's
        }
        const auto [fetch, begins] = executor(task.exec).broadcasts.try_emplace(id);
        if (begins) {
            fetch->second.left =
                drawn_order(known.pieces(id).size(), key_of(scenario_, task.app, id, task.exec));
            fetch_piece({reads_from, at.seq}, task.exec, id);
        }
        all = all && fetch->second.left.empty();
    }
    if (!all) {
        tasks_[slot].own().waits_to_begin = true;
        executor(task.exec).await_broadcasts.push_back(slot);
    }
    return all;
}

// The nearest of those that the driver knows of, itself among them; in client mode it is outside
// the cluster.
void ClusterModel::fetch_piece(Moment at, ExecutorId exec, BroadcastId id) {
    Executor& reader = executor(exec);
    BroadcastFetch& fetch = reader.broadcasts.at(id);
    const std::uint32_t piece = fetch.left.back();
    const BroadcastTracker& known = control_.driver(reader.app).dag_scheduler().broadcasts();
    const NodeId home = drivers_[reader.app.index()].node;
    const auto nearness = [&](NodeId node, bool on_rack) {
        return node == reader.node ? Nearness::same_host
               : on_rack           ? Nearness::same_rack
                                   : Nearness::elsewhere;
    };
    const bool near_home =
        home.valid() && nodes_[home.index()].rack == nodes_[reader.node.index()].rack;
    std::vector<BlockCopy> copies{{ExecutorId{}, nearness(home, near_home)}};
    for (const ExecutorId holder : known.holders({id, piece})) {
        if (executor(holder).state == Executor::State::alive) {
            copies.push_back(
                {holder, nearness(executor(holder).node, on_rack_of(holder, reader.node))});
        }
    }
    const RemoteCopies order{std::move(copies),
                             mix(key_of(scenario_, reader.app, id, exec), piece)};
    fetch.from = order.asked();
    const std::int64_t bytes = known.pieces(id)[piece];
    ReadVolume read;
    const bool on_rack = fetch.from.valid() ? on_rack_of(fetch.from, reader.node) : near_home;
    (on_rack ? read.rack_bytes : read.cross_bytes) = bytes;
    (on_rack ? read.rack_holders : read.cross_holders) = 1;
    expect_piece({at.now + read_time(scenario_.cluster, read), at.seq}, exec, id);
}

void ClusterModel::expect_piece(Moment at, ExecutorId exec, BroadcastId id) {
    agenda_.add({.time = at.now,
                 .order_class = DueClass::task_end,
                 .kind = DueKind::piece,
                 .app = executor(exec).app.value,
                 .entity = exec.value,
                 .index = id.value,
                 .cause = at.seq});
}

// From a holder that is gone meanwhile it did not come: another one is asked.
std::optional<BroadcastFetched> ClusterModel::piece_came(Moment at,
                                                         ExecutorId exec,
                                                         BroadcastId id) {
    Executor& reader = executor(exec);
    if (reader.state != Executor::State::alive) {
        return std::nullopt;
    }
    BroadcastFetch& fetch = reader.broadcasts.at(id);
    if (live_ == nullptr && reader.frozen_at != time_never) {
        fetch.stalled = true;
        return std::nullopt;
    }
    if (fetch.from.valid() && executor(fetch.from).state != Executor::State::alive) {
        fetch_piece(at, exec, id);
        return std::nullopt;
    }
    const std::uint32_t piece = fetch.left.back();
    return BroadcastFetched{
        reader.app,
        {id, piece},
        exec,
        fetch.from,
        control_.driver(reader.app).dag_scheduler().broadcasts().pieces(id)[piece]};
}

// The driver has heard of it.
Result<void> ClusterModel::go_on_fetching(Moment at, const BroadcastFetched& event) {
    Executor& reader = executor(event.exec);
    const BroadcastId id = event.block.broadcast;
    reader.broadcasts.at(id).left.pop_back();
    if (!reader.broadcasts.at(id).left.empty()) {
        fetch_piece(at, event.exec, id);
        return {};
    }
    return begin_waiting(at, event.exec, std::exchange(reader.await_broadcasts, {}));
}

void ClusterModel::thaw_fetches(Moment at, ExecutorId exec) {
    for (auto& [id, fetch] : executor(exec).broadcasts) {
        if (std::exchange(fetch.stalled, false)) {
            expect_piece(at, exec, id);
        }
    }
}

// What an executor is about to get it gets.
Result<void> ClusterModel::remove_broadcast(AppId app, BroadcastId id) {
    for (std::uint32_t number = 0; number < executors_.size(); ++number) {
        Executor& entry = executors_[number];
        const auto held = entry.broadcasts.find(id);
        if (entry.app != app || held == entry.broadcasts.end() || !held->second.left.empty()) {
            continue;
        }
        entry.broadcasts.erase(held);
        Result<void> dropped = host_.drop_broadcast(ExecutorId{number}, id);
        if (!dropped) {
            return dropped;
        }
    }
    if (!control_.driver(app).dag_scheduler().broadcasts().destroyed_at(id).empty()) {
        host_.release_broadcast(app, id);
    }
    return {};
}

}  // namespace forkyard::sim
