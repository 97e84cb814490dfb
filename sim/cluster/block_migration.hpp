// How an executor that leaves passes on what it keeps: cached partitions and shuffle outputs.
//
// Cached partitions go one after the other, in rounds; a round begins some time after the one
// before has ended. Shuffle outputs wait in a queue, by shuffle and map; each peer is served by
// a thread of its own, so many side by side, and rounds only look for new outputs and new
// peers. A peer that fails gets no more outputs; what it was to get is tried elsewhere. All is
// passed on when the last rounds, which began when no task ran, have left nothing.
//
// With a fallback storage an output goes there if the peer that was to take it fails or leaves,
// and if there is no peer; cached partitions never do.
//
// It knows nothing of clocks and executors: it is told the time, asks the world what there is,
// and says what has been passed on and when to come back.
//
// In Spark: BlockManagerDecommissioner. Its threads wait a second when the queue is empty;
// here they take what comes at once. Its peers are shuffled; here they come by number.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "core/ids.hpp"
#include "core/model/decommission_conf.hpp"
#include "core/sim_time.hpp"

namespace forkyard::sim {

struct MapOutput {
    ShuffleId shuffle;
    std::uint32_t map = 0;
    auto operator<=>(const MapOutput&) const = default;
};

// What the world says about the executor that leaves and about those that stay.
class MigrationWorld {
public:
    enum class Peer : std::uint8_t { takes, leaves, gone };

    virtual ~MigrationWorld() = default;
    [[nodiscard]] virtual bool works() const = 0;                      // a task runs on it
    [[nodiscard]] virtual std::vector<ExecutorId> peers() const = 0;   // ascending
    [[nodiscard]] virtual std::vector<MapOutput> outputs() const = 0;  // ascending
    [[nodiscard]] virtual std::vector<RddBlock> cached() const = 0;    // ascending
    [[nodiscard]] virtual bool keeps(const MapOutput& output) const = 0;
    [[nodiscard]] virtual Peer state(ExecutorId peer) const = 0;
    [[nodiscard]] virtual bool has(ExecutorId peer, RddBlock block) const = 0;
    [[nodiscard]] virtual SimDuration time(const MapOutput& output, ExecutorId peer) const = 0;
    [[nodiscard]] virtual SimDuration time(RddBlock block, ExecutorId peer) const = 0;
};

class BlockMigration {
public:
    struct Moved {
        std::optional<MapOutput> output{};
        std::optional<RddBlock> cached{};
        ExecutorId to{};  // invalid: it was there already, and is dropped here
    };

    // `conf` must outlive it. `migrates`: false: nothing is passed on. First rounds at `start`.
    BlockMigration(const DecommissionConf& conf, bool migrates, SimTime start);

    // Does what is due; what has been passed on, in order.
    [[nodiscard]] std::vector<Moved> advance(SimTime now, const MigrationWorld& world);
    // The peer's process is gone: what it was to get goes elsewhere, from now on.
    void lose_peer(SimTime now, const MigrationWorld& world, ExecutorId peer);
    // When to come back; time_never: nothing is under way.
    [[nodiscard]] SimTime next() const;
    [[nodiscard]] bool done() const { return outputs_.done() && cached_.done(); }

private:
    // Of one kind: what its last round has found.
    struct Rounds {
        bool stopped = false;  // for good: switched off, or nobody to pass on to
        bool left = true;      // something, after the last round
        bool calm = false;     // no task ran when the last one began
        SimTime next_at = time_never;

        [[nodiscard]] bool done() const { return stopped || (!left && calm); }
    };
    struct Waiting {
        MapOutput output;
        std::uint32_t failures = 0;
    };
    struct Thread {
        ExecutorId peer;
        bool runs = true;
        std::optional<Waiting> moves{};
        ExecutorId to{};  // the peer, or the fallback storage in its stead
        SimTime ends = time_never;
    };
    // The cached partition that is under way.
    struct Replica {
        RddBlock block;
        ExecutorId peer;
        SimTime ends;
        std::uint32_t failures = 0;
        std::set<ExecutorId> tried{};
    };

    void look_for_outputs(SimTime now, const MigrationWorld& world);
    bool serve(SimTime now, const MigrationWorld& world, std::vector<Moved>& moved);
    void begin(Thread& thread, SimTime now, const MigrationWorld& world);
    void send(Thread& thread, ExecutorId to, SimTime now, const MigrationWorld& world);
    [[nodiscard]] std::vector<ExecutorId> takers(const MigrationWorld& world) const;
    void fail_thread(Thread& thread, bool counts);
    void begin_cached_round(SimTime now, const MigrationWorld& world);
    bool pass_cached_on(SimTime now, const MigrationWorld& world, std::vector<Moved>& moved);
    [[nodiscard]] bool begin_replica(Replica& replica, SimTime now, const MigrationWorld& world);
    void end_cached_round(SimTime now);

    const DecommissionConf& conf_;
    Rounds outputs_;
    Rounds cached_;
    std::deque<Waiting> queue_;
    std::set<MapOutput> seen_;
    std::size_t settled_ = 0;  // of those seen: passed on, gone, or given up
    std::vector<Thread> threads_;
    std::deque<RddBlock> round_;  // cached partitions that wait in this round
    bool round_open_ = false;
    bool round_failed_ = false;
    std::optional<Replica> replica_;
    SimTime wakes_at_ = time_never;  // something is to be begun
};

}  // namespace forkyard::sim
