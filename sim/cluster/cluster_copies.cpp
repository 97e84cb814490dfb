// Copies of what executors keep: made when a level wants several, and again when one is lost.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/check.hpp"
#include "core/digest.hpp"
#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

namespace {

constexpr std::uint32_t failures_passed_over = 1;

}  // namespace

// To as many executors as its level says, from the first that has it; who comes first is decided
// by the block. One that has no room for it is passed over once (DP-BLK-12).
Result<void> ClusterModel::replicate(Moment at, AppId app, RddBlock block) {
    const auto level = control_.driver(app).program().level_of(block.rdd);
    std::vector<ExecutorId> holders = storage_.holders(app, block);
    std::erase_if(holders, [this](ExecutorId holder) { return !lives(holder); });
    const auto known = copying_.find({app, block});
    const bool leaves = known != copying_.end() && !known->second.leavers.empty();
    if (!level || holders.empty() || (!leaves && holders.size() >= level->copies)) {
        end_copying(at, app, block);
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
    const KeptRead from{
        block, holders.front(), storage_.find(holders.front(), block)->bytes, false};
    if (live_ != nullptr && keeps_bytes_of(app, block.rdd)) {
        return begin_copy(at, app, from, peers);
    }
    std::size_t wanted = level->copies - holders.size();
    std::uint32_t failures = 0;
    for (const ExecutorId peer : peers) {
        if (wanted == 0 || failures > failures_passed_over) {
            break;
        }
        Result<bool> copied = copy_kept(at, app, from, peer);
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
    Result<std::optional<BlockChange>> put = put_copy(at, app, from, to);
    if (!put) {
        return fail(put.error());
    }
    if (*put && keeps_bytes_of(app, from.block.rdd)) {
        Result<void> copied =
            host_.copy_block(from.holder, to, app, {from.block, place_of((*put)->status)});
        if (!copied) {
            return fail(copied.error());
        }
    }
    if (*put) {
        tell_change(at, app, to, **put);
    }
    return storage_.find(to, from.block).has_value();
}

// In the books alone, with what had to go for it; none: nothing has changed for the copy itself.
Result<std::optional<BlockChange>> ClusterModel::put_copy(Moment at,
                                                          AppId app,
                                                          const KeptRead& from,
                                                          ExecutorId to) {
    const auto level = control_.driver(app).program().level_of(from.block.rdd);
    FORKYARD_CHECK(level, "what is copied is to be kept");
    std::optional<BlockChange> own;
    for (const BlockChange& change :
         storage_.put(app, to, from.block, *level, from.bytes, BlockManager::Origin::copied)) {
        if (change.block == from.block) {
            own = change;
            continue;
        }
        Result<void> done = carry_out(at, app, to, {change});
        if (!done) {
            return fail(done.error());
        }
    }
    return own;
}

// ---- real bytes under the wall clock: one copy of a block at a time, each with its news

Result<void> ClusterModel::begin_copy(Moment at,
                                      AppId app,
                                      const KeptRead& from,
                                      const std::vector<ExecutorId>& peers) {
    Copying& copying = copying_[{app, from.block}];
    const auto peer = std::find_if(peers.begin(), peers.end(), [&](ExecutorId each) {
        return !copying.failed.contains(each);
    });
    if (peer == peers.end() || copying.failed.size() > failures_passed_over) {
        end_copying(at, app, from.block);
        return {};
    }
    return send_copy(at, app, from, *peer);
}

// What is copied is pinned where it is meanwhile.
Result<void> ClusterModel::send_copy(Moment at, AppId app, const KeptRead& from, ExecutorId to) {
    Copying& copying = copying_[{app, from.block}];
    if (copying.to.valid()) {
        return {};  // when there is news of that one
    }
    copying.from = from.holder;
    copying.to = to;
    copying.bytes = from.bytes;
    Result<void> read =
        carry_out(at,
                  app,
                  from.holder,
                  storage_.begin_read(app, from.holder, from.block, BlockManager::Reader::remote));
    return read.and_then([&] {
        return host_.copy_block(from.holder, to, app, {from.block, BlockPlace::memory});
    });
}

// Of one that leaves, which waits for it.
Result<void> ClusterModel::give_copy(Moment at, AppId app, const KeptRead& from, ExecutorId to) {
    if (copying_[{app, from.block}].leavers.insert(from.holder).second) {
        ++executor(from.holder).leaving->copies;
    }
    return send_copy(at, app, from, to);
}

// If none is under way. Those that leave have waited long enough.
void ClusterModel::end_copying(Moment at, AppId app, RddBlock block) {
    const auto found = copying_.find({app, block});
    if (found == copying_.end() || found->second.to.valid()) {
        return;
    }
    for (const ExecutorId leaver : found->second.leavers) {
        if (const auto& leaving = executor(leaver).leaving; leaving != nullptr) {
            --leaving->copies;
            storage_.remove(app, leaver, block);
            arm_leaving(at, leaver);
        }
    }
    copying_.erase(found);
}

// The executor has it in memory, if it came; what room it has for it is known only now.
Result<void> ClusterModel::copied(Moment at, const HostNews& news) {
    const auto [app, block, from] = news.copy;
    const ExecutorId to = news.exec;
    storage_.end_read(app, from, block);
    Result<void> done = drop_gone(at);
    const auto copying = copying_.find({app, block});
    const bool awaited = copying != copying_.end() && copying->second.from == from &&
                         copying->second.to == to;  // else its application has begun anew
    const bool came =
        news.kind == HostNews::Kind::copied && executor(to).state == Executor::State::alive;
    if (done && came) {
        std::optional<BlockChange> own;
        if (awaited && !storage_.find(to, block) &&
            control_.driver(app).program().level_of(block.rdd)) {
            const KeptRead copy{block, from, copying->second.bytes, false};
            done = put_copy(at, app, copy, to).map([&](const auto& change) { own = change; });
        }
        const auto status = storage_.find(to, block);
        if (done) {
            done = host_.place(to, app, {block, status ? place_of(*status) : BlockPlace::nowhere});
        }
        if (own) {
            tell_change(at, app, to, *own);
        }
    }
    if (!done || !awaited) {
        return done;
    }
    copying->second.to = {};
    if (came && storage_.find(to, block) && !copying->second.leavers.empty()) {
        end_copying(at, app, block);
        return {};
    }
    if (executor(from).state == Executor::State::alive && !(came && storage_.find(to, block))) {
        copying->second.failed.insert(to);
    }
    return replicate(at, app, block);
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
