// The time in which the cluster manager's process is gone, and who tries to register with it
// meanwhile.
//
// With Spark's own master workers and drivers try again and again, and give up in the end
// (CM-STA-27: Worker.reregisterWithMaster, StandaloneAppClient); what speaks with other managers
// waits until they are back.
#include <algorithm>

#include "core/model/cluster_rules.hpp"
#include "core/random.hpp"
#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

namespace {

using std::chrono::seconds;

constexpr std::uint32_t early_tries = 6;  // of a worker, after the first
constexpr std::uint32_t tries = 16;       // all of them
constexpr seconds early_pause{10};
constexpr seconds late_pause{60};
constexpr std::uint32_t driver_tries = 3;
constexpr seconds driver_pause{20};

// Whole seconds, longer or shorter by half for each worker.
SimDuration stretched(seconds pause, std::int64_t per_mille) {
    return seconds{(pause.count() * per_mille + 500) / 1000};
}

}  // namespace

bool ClusterModel::stop_manager(Moment at, ManagerKeeps keeps, SimDuration down) {
    if (manager_back_at_ > at.now) {
        return false;
    }
    manager_back_at_ = at.now + down;
    const auto count = static_cast<std::uint32_t>(nodes_.size());
    agenda_.add_event(at.now, DueClass::node, AppId{}, 0, at.seq, ManagerStopped{});
    for (std::uint32_t n = 0; n < count; ++n) {  // who is silent it learns at once
        agenda_.add({.time = manager_back_at_,
                     .order_class = DueClass::node,
                     .kind = DueKind::worker_beat,
                     .entity = n,
                     .index = n,
                     .cause = at.seq});
        if (keeps == ManagerKeeps::none && nodes_[n].up) {
            agenda_.add({.time = at.now,
                         .order_class = DueClass::node,
                         .kind = DueKind::reregister,
                         .app = AppId{}.value,
                         .entity = count + 1 + n,
                         .index = n,
                         .cause = at.seq});
        }
    }
    agenda_.add_event(
        manager_back_at_, DueClass::node, AppId{}, count, at.seq, ManagerRestarted{keeps});
    return true;
}

// To the drivers, of workers that a master which was back has waited for in vain.
void ClusterModel::tell_silent_losses(Moment at) {
    for (std::uint32_t n = 0; n < nodes_.size(); ++n) {
        if (!nodes_[n].up && nodes_[n].known_up) {
            tell_loss(NodeId{n}, at.now, at.seq);
        }
    }
}

bool ClusterModel::waits_for_manager(SimTime now) const {
    return manager_back_at_ > now && is_standalone(scenario_.cluster);
}

// A worker comes to its manager: for the first time, after it was lost, or because the manager
// does not know it any more.
Result<bool> ClusterModel::register_worker(const Due& due, Event& event) {
    Node& node = nodes_[due.index];
    const NodeSpec& spec = scenario_.cluster.nodes[due.index];
    if (due.kind == DueKind::rejoin) {
        node.up = true;
        node.draining = false;
        node.service_stopped_at = time_never;
        tell_service(NodeId{due.index});
    } else if (!node.up) {
        return false;
    }
    if (!waits_for_manager(due.time)) {
        event = WorkerJoined{NodeId{due.index}, spec.cores, spec.memory, spec.rack};
        return true;
    }
    if (due.generation == tries) {  // its process exits, and what it runs with it
        return lose_node({due.time, due.cause}, NodeId{due.index}, {SimDuration{0}, false})
            .map([](bool /*effect*/) { return false; });
    }
    const std::uint64_t key =
        mix(random_key(scenario_.seed, Stream::registration), std::string_view{spec.name});
    const seconds pause = due.generation < early_tries ? early_pause : late_pause;
    Due again = due;
    again.order = 0;
    again.time += stretched(pause, draw_between(key, 0, 500, 1499));
    ++again.generation;
    agenda_.add(again);
    return false;
}

// When the driver has registered, if not by now; never: it gives up.
SimTime ClusterModel::registered_from(Moment at, AppId app) {
    std::optional<SimTime>& from = drivers_[app.index()].registered_from;
    if (!from) {
        from = try_to_register(at, app);
    }
    return std::max(at.now, *from);
}

SimTime ClusterModel::try_to_register(Moment at, AppId app) {
    for (std::uint32_t n = 0; n < driver_tries; ++n) {
        const SimTime tried = at.now + n * driver_pause;
        if (!waits_for_manager(tried + delay())) {
            return tried;
        }
    }
    agenda_.add_event(at.now + driver_tries * driver_pause,
                      DueClass::node,
                      app,
                      0,
                      at.seq,
                      ManagerUnreachable{app});
    return time_never;
}

}  // namespace forkyard::sim
