#include "sim/cluster/block_migration.hpp"

#include <algorithm>

#include "core/digest.hpp"

namespace forkyard::sim {

BlockMigration::BlockMigration(const DecommissionConf& conf, bool migrates, SimTime start)
    : conf_{conf} {
    outputs_.stopped = !migrates || !conf.storage || !conf.shuffle_blocks;
    cached_.stopped = !migrates || !conf.storage || !conf.cached_blocks;
    outputs_.next_at = outputs_.stopped ? time_never : start;
    cached_.next_at = cached_.stopped ? time_never : start;
}

std::vector<BlockMigration::Moved> BlockMigration::advance(SimTime now,
                                                           const MigrationWorld& world) {
    std::vector<Moved> moved;
    wakes_at_ = time_never;
    bool goes_on = true;
    while (goes_on) {
        const bool served = serve(now, world, moved);
        goes_on = pass_cached_on(now, world, moved) || served;
        if (outputs_.next_at <= now) {
            look_for_outputs(now, world);
            goes_on = true;
        }
        if (cached_.next_at <= now) {
            begin_cached_round(now, world);
            goes_on = true;
        }
    }
    return moved;
}

SimTime BlockMigration::next() const {
    SimTime first = std::min({outputs_.next_at, cached_.next_at, wakes_at_});
    for (const Thread& thread : threads_) {
        first = std::min(first, thread.ends);
    }
    return replica_ ? std::min(first, replica_->ends) : first;
}

void BlockMigration::lose_peer(SimTime now, const MigrationWorld& world, ExecutorId peer) {
    for (Thread& thread : threads_) {
        if (thread.to != peer || !thread.runs || !thread.moves) {
            continue;
        }
        if (conf_.fallback) {
            send(thread, fallback_storage, now, world);
        } else {
            fail_thread(thread, true);
        }
        wakes_at_ = now;
    }
    if (replica_ && replica_->peer == peer) {
        wakes_at_ = now;
        ++replica_->failures;
        if (!begin_replica(*replica_, now, world)) {
            round_failed_ = true;
            replica_.reset();
        }
    }
}

// ---- shuffle outputs

void BlockMigration::look_for_outputs(SimTime now, const MigrationWorld& world) {
    outputs_.calm = !world.works();
    outputs_.next_at = now + conf_.interval;
    bool fresh = false;
    for (const MapOutput& output : world.outputs()) {
        if (seen_.insert(output).second) {
            queue_.push_back({output, 0});
            fresh = true;
        }
    }
    outputs_.left = fresh || settled_ < seen_.size();
    const std::vector<ExecutorId> peers = takers(world);
    for (Thread& thread : threads_) {  // one that leaves itself gets no more
        thread.runs =
            thread.runs && std::find(peers.begin(), peers.end(), thread.peer) != peers.end();
    }
    for (const ExecutorId peer : peers) {
        if (std::none_of(threads_.begin(), threads_.end(), [&](const Thread& thread) {
                return thread.peer == peer;
            })) {
            threads_.push_back({peer, true, {}, peer, time_never});
        }
    }
    if (std::none_of(
            threads_.begin(), threads_.end(), [](const Thread& thread) { return thread.runs; })) {
        outputs_.stopped = true;
        outputs_.next_at = time_never;
    }
}

std::vector<ExecutorId> BlockMigration::takers(const MigrationWorld& world) const {
    const std::vector<ExecutorId> peers = world.peers();
    return peers.empty() && conf_.fallback ? std::vector{fallback_storage} : peers;
}

// Whether something has changed.
bool BlockMigration::serve(SimTime now, const MigrationWorld& world, std::vector<Moved>& moved) {
    bool changed = false;
    std::uint32_t running = 0;
    for (Thread& thread : threads_) {
        if (thread.moves && thread.ends <= now) {
            moved.push_back({.output = thread.moves->output, .to = thread.to});
            ++settled_;
            thread.moves.reset();
            thread.ends = time_never;
            changed = true;
        }
        if (!thread.runs && !thread.moves) {
            continue;
        }
        if (++running > conf_.threads_max) {
            break;
        }
        if (!thread.moves && !queue_.empty()) {
            begin(thread, now, world);
            changed = true;
        }
    }
    return changed;
}

void BlockMigration::begin(Thread& thread, SimTime now, const MigrationWorld& world) {
    thread.moves = queue_.front();
    queue_.pop_front();
    if (!world.keeps(thread.moves->output)) {
        ++settled_;  // deleted meanwhile: as good as passed on
        thread.moves.reset();
        return;
    }
    const auto state = world.state(thread.peer);
    if (conf_.fallback && state != MigrationWorld::Peer::takes) {  // it goes on with the next
        send(thread, fallback_storage, now, world);
        return;
    }
    switch (state) {
        case MigrationWorld::Peer::takes:
            send(thread, thread.peer, now, world);
            break;
        case MigrationWorld::Peer::leaves:  // uses up no try
            fail_thread(thread, false);
            break;
        case MigrationWorld::Peer::gone:
            fail_thread(thread, true);
            break;
    }
}

void BlockMigration::send(Thread& thread, ExecutorId to, SimTime now, const MigrationWorld& world) {
    thread.to = to;
    thread.ends = now + world.time(thread.moves->output, to);
}

// It gets no more; what it was to get is tried elsewhere, or given up.
void BlockMigration::fail_thread(Thread& thread, bool counts) {
    Waiting waiting = *thread.moves;
    waiting.failures += counts ? 1 : 0;
    if (waiting.failures < conf_.block_failures_max) {
        queue_.push_back(waiting);
    } else {
        ++settled_;
    }
    thread.moves.reset();
    thread.ends = time_never;
    thread.runs = false;
}

// ---- cached partitions

void BlockMigration::begin_cached_round(SimTime now, const MigrationWorld& world) {
    cached_.next_at = time_never;
    if (world.peers().empty()) {
        cached_.stopped = true;
        return;
    }
    cached_.calm = !world.works();
    round_failed_ = false;
    round_open_ = true;
    for (const RddBlock& block : world.cached()) {
        round_.push_back(block);
    }
    if (round_.empty()) {
        end_cached_round(now);
    }
}

bool BlockMigration::pass_cached_on(SimTime now,
                                    const MigrationWorld& world,
                                    std::vector<Moved>& moved) {
    if (!round_open_ || (replica_ && replica_->ends > now)) {
        return false;
    }
    if (replica_) {
        moved.push_back({.cached = replica_->block, .to = replica_->peer});
        replica_.reset();
        return true;
    }
    if (round_.empty()) {
        end_cached_round(now);
        return true;
    }
    Replica replica{round_.front(), {}, now, 0, {}};
    round_.pop_front();
    const std::vector<ExecutorId> peers = world.peers();
    const bool everywhere = !peers.empty() && std::all_of(peers.begin(), peers.end(), [&](auto p) {
        return world.has(p, replica.block);
    });
    if (everywhere) {
        moved.push_back({.cached = replica.block});
    } else if (begin_replica(replica, now, world)) {
        replica_ = replica;
    } else {
        round_failed_ = true;
    }
    return true;
}

// To a peer that has not got it, beginning with one that the block itself decides, as in
// Spark. False: there is none, or too many have failed.
bool BlockMigration::begin_replica(Replica& replica, SimTime now, const MigrationWorld& world) {
    const std::vector<ExecutorId> peers = world.peers();
    const std::size_t first =
        peers.empty() ? 0
                      : digest_of(replica.block.rdd.value, replica.block.partition) % peers.size();
    for (std::size_t i = 0; i < peers.size(); ++i) {
        const ExecutorId peer = peers[(first + i) % peers.size()];
        if (world.has(peer, replica.block) || !replica.tried.insert(peer).second) {
            continue;
        }
        if (replica.failures > conf_.block_failures_max) {
            return false;
        }
        if (world.state(peer) == MigrationWorld::Peer::takes) {
            replica.peer = peer;
            replica.ends = now + world.time(replica.block, peer);
            return true;
        }
        ++replica.failures;
    }
    return false;
}

void BlockMigration::end_cached_round(SimTime now) {
    round_open_ = false;
    cached_.left = round_failed_;
    cached_.next_at = now + conf_.interval;
}

}  // namespace forkyard::sim
