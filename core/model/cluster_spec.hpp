// The cluster as written: nodes (already expanded: `count = 3` is three of them),
// network, disk, and what the manager takes to start things.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/model/kubernetes_conf.hpp"
#include "core/model/mesos_conf.hpp"
#include "core/model/resources.hpp"
#include "core/model/units.hpp"
#include "core/model/yarn_conf.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

struct NodeSpec {
    std::string name;
    std::uint32_t cores = 0;
    Bytes memory;
    std::string rack = "default";
    Millionths speed = one;  // 0.5: work takes twice as long
    SimTime joins_at;
    bool spot = false;                          // may be taken away: policies see it
    std::map<std::string, std::string> labels;  // and these
    Resources resources;                        // besides cores and memory
    std::string reserved_for;                   // a Mesos role's alone; empty: anybody's
    bool operator==(const NodeSpec&) const = default;
};

struct NetworkSpec {
    SimDuration latency{0};    // once per holder and task
    BytesPerSecond bandwidth;  // not shared
    SimDuration cross_rack_latency{0};
    BytesPerSecond cross_rack_bandwidth;
    bool operator==(const NetworkSpec&) const = default;
};

// What the manager `chaos` does to its own cluster.
struct ChaosSpec {
    SimDuration every = std::chrono::seconds{10};  // between two faults
    std::uint32_t slow_percent = 300;              // of the time that work takes without it
    SimDuration slow_lasts = std::chrono::seconds{30};
    bool operator==(const ChaosSpec&) const = default;
};

struct ClusterSpec {
    std::string manager = "standalone";
    bool local_cluster = false;            // an executor larger than a worker is refused
    std::uint32_t local_failures_max = 1;  // local[N,F]: failures of a task that end its job
    SimDuration executor_start{0};
    SimDuration driver_start{0};  // cluster deploy mode
    SimDuration message_delay{0};
    SimDuration task_overhead{0};
    std::vector<NodeSpec> nodes;
    std::optional<NetworkSpec> network;            // absent: transfers take no time
    std::optional<BytesPerSecond> disk_bandwidth;  // absent: disks take no time
    YarnSpec yarn;
    KubernetesSpec kubernetes;
    MesosSpec mesos;
    ChaosSpec chaos;
    bool policy_faults = false;                                // the policy may ask for faults
    std::string plugin = "{}";                                 // [cluster.plugin], as JSON
    SimDuration policy_time_limit = std::chrono::seconds{10};  // real time, for a plug-in's answer
    bool operator==(const ClusterSpec&) const = default;
};

}  // namespace forkyard
