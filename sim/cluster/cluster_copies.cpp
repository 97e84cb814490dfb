// Copies of what executors keep: made when a level wants several, and again when one is lost.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/check.hpp"
#include "core/digest.hpp"
#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

// To as many executors as its level says, from the first that has it; who comes first is decided
// by the block. One that has no room for it is passed over once (DP-BLK-12).
Result<void> ClusterModel::replicate(Moment at, AppId app, RddBlock block) {
    const auto level = control_.driver(app).program().level_of(block.rdd);
    std::vector<ExecutorId> holders = storage_.holders(app, block);
    std::erase_if(holders, [this](ExecutorId holder) { return !lives(holder); });
    // Under the wall clock nobody waits for a copy of real data: there are none.
    const bool copies = live_ == nullptr || !keeps_bytes_of(app, block.rdd);
    if (!level || !copies || holders.empty() || holders.size() >= level->copies) {
        return {};
    }
    std::vector<ExecutorId> peers;
    for (std::uint32_t number = 0; number < executors_.size(); ++number) {
        const Executor& entry = executors_[number];
        const ExecutorId exec{number};
        if (entry.app == app && entry.state == Executor::State::alive && !is_leaving(entry) &&
            std::find(holders.begin(), holders.end(), exec) == holders.end()) {
            peers.push_back(exec);
        }
    }
    if (!peers.empty()) {
        const auto first = digest_of(block.rdd.value, block.partition) % peers.size();
        std::rotate(peers.begin(), peers.begin() + static_cast<std::ptrdiff_t>(first), peers.end());
    }
    const std::int64_t bytes = storage_.find(holders.front(), block)->bytes;
    std::size_t wanted = level->copies - holders.size();
    std::uint32_t failures = 0;
    for (const ExecutorId peer : peers) {
        if (wanted == 0 || failures > 1) {
            break;
        }
        Result<bool> copied = copy_kept(at, app, {block, holders.front(), bytes, false}, peer);
        if (!copied) {
            return fail(copied.error());
        }
        wanted -= *copied ? 1 : 0;
        failures += *copied ? 0 : 1;
    }
    return {};
}

// False: it has no room for it.
Result<bool> ClusterModel::copy_kept(Moment at, AppId app, const KeptRead& from, ExecutorId to) {
    const auto level = control_.driver(app).program().level_of(from.block.rdd);
    FORKYARD_CHECK(level, "what is copied is to be kept");
    for (const BlockChange& change :
         storage_.put(app, to, from.block, *level, from.bytes, BlockManager::Origin::copied)) {
        if (change.block != from.block) {
            Result<void> done = carry_out(at, app, to, {change});
            if (!done) {
                return fail(done.error());
            }
            continue;
        }
        if (keeps_bytes_of(app, from.block.rdd)) {
            Result<void> copied =
                host_.copy_block(from.holder, to, app, {from.block, place_of(change.status)});
            if (!copied) {
                return fail(copied.error());
            }
        }
        tell_change(at, app, to, change);
    }
    return storage_.find(to, from.block).has_value();
}

// Its driver has learned of a loss: of what was lost with it, that which has fewer copies now than
// it is to have is copied again.
Result<void> ClusterModel::replicate_lost(Moment at, AppId app, ExecutorId exec) {
    if (!scenario_.apps[app.index()].conf.storage.proactive_replication ||
        !drivers_[app.index()].runs) {
        return {};
    }
    for (const RddBlock block : std::exchange(executor(exec).lost_blocks, {})) {
        Result<void> copied = replicate(at, app, block);
        if (!copied) {
            return copied;
        }
    }
    return {};
}

}  // namespace forkyard::sim
