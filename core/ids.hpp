// Identities of the things that are scheduled.
//
// One template, one distinct type a kind of thing: a StageId never converts to a
// JobId. Numbers are dense, so they index vectors, and they are what ties are
// broken by. An executor is its number over the whole run (e1, e2, ... in order
// of grant), never a pid: the system reuses pids.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace forkyard {

template <class Tag>
struct Id {
    static constexpr std::uint32_t none_value = std::numeric_limits<std::uint32_t>::max();

    std::uint32_t value = none_value;

    constexpr Id() = default;
    constexpr explicit Id(std::uint32_t v) : value{v} {}

    [[nodiscard]] constexpr bool valid() const { return value != none_value; }
    [[nodiscard]] constexpr std::uint32_t index() const { return value; }
    constexpr auto operator<=>(const Id&) const = default;
};

using AppId = Id<struct AppTag>;              // position in the scenario
using NodeId = Id<struct NodeTag>;            // position among the expanded workers
using ExecutorId = Id<struct ExecutorTag>;    // 1, 2, ...: order of grant over the run; or:
using JobId = Id<struct JobTag>;              // per application, from 0
using StageId = Id<struct StageTag>;          // per application, from 0
using ShuffleId = Id<struct ShuffleTag>;      // per application, from 0
using PlanId = Id<struct PlanTag>;            // position in the application's program
using DatasetId = Id<struct DatasetTag>;      // position in the application's lineage
using BroadcastId = Id<struct BroadcastTag>;  // per application, from 0
using RddId = Id<struct RddTag>;              // a synthetic stage, or behind these a dataset

// The one of a local manager, in the process of the driver: `driver` in the journal.
inline constexpr ExecutorId local_executor{0};

// No executor, but a place for map outputs, outside the cluster: `fallback` in the journal. It
// comes after all executors, and no table has a row for it.
inline constexpr ExecutorId fallback_storage{ExecutorId::none_value - 1};

// One try at running a stage: s1.0 in the journal.
struct StageAttempt {
    StageId stage;
    std::uint32_t attempt = 0;
    constexpr auto operator<=>(const StageAttempt&) const = default;
};

// One try at running a task: s1.0/p3#0 in the journal.
struct TaskAttempt {
    StageAttempt stage;
    std::uint32_t partition = 0;
    std::uint32_t attempt = 0;
    constexpr auto operator<=>(const TaskAttempt&) const = default;
};

// A cached partition: rdd_3_1 in the journal.
struct RddBlock {
    RddId rdd;
    std::uint32_t partition = 0;
    constexpr auto operator<=>(const RddBlock&) const = default;
};

// A piece of a broadcast variable: broadcast_1_piece0 in the journal.
struct BroadcastPiece {
    BroadcastId broadcast;
    std::uint32_t piece = 0;
    constexpr auto operator<=>(const BroadcastPiece&) const = default;
};

}  // namespace forkyard
