// Kept partitions of executor processes: what becomes of those that tasks made, where they go,
// and who gets a copy.
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "sim/host/process_host.hpp"

namespace forkyard::sim {

namespace {

wire::KeptBlock on_wire(const KeptBlock& block) {
    return {block.block.rdd.value,
            block.block.partition,
            block.place == BlockPlace::memory ? wire::Place::memory
            : block.place == BlockPlace::disk ? wire::Place::disk
                                              : wire::Place::nowhere};
}

}  // namespace

Result<void> ProcessHost::keep_made(ExecutorId exec,
                                    AppId app,
                                    std::uint32_t ticket,
                                    const std::vector<KeptBlock>& kept) {
    made_.erase(ticket);
    wire::Packer packer;
    packer.add(wire::KeepHead{ticket, app.value, static_cast<std::uint32_t>(kept.size())});
    for (const KeptBlock& block : kept) {
        packer.add(on_wire(block));
    }
    return send(exec, wire::Type::keep, packer.bytes());
}

// Nothing of what the task made is kept, if it made any.
void ProcessHost::forget_made(std::uint32_t ticket) {
    const auto made = made_.find(ticket);
    if (made != made_.end()) {
        const auto [exec, app] = made->second;
        (void)keep_made(exec, app, ticket, {});
    }
}

Result<void> ProcessHost::place(ExecutorId exec, AppId app, const KeptBlock& block) {
    const wire::PlaceBlock message{app.value, on_wire(block)};
    return send(exec, wire::Type::place, wire::bytes_of(message));
}

// The pieces are in our memory, where every executor maps them: nobody copies them.
Result<void> ProcessHost::hold_broadcast(AppId app, const UsedBroadcast& broadcast) {
    auto& held = broadcast_[{app, broadcast.id}];
    if (held == broadcast.value) {
        return {};
    }
    std::vector<BlockStore::Pieces> pieces;
    for (const std::string& piece : broadcast.value->pieces) {
        pieces.push_back({piece});
    }
    broadcasts_.make_checksums(broadcast.value->checked);
    held = broadcast.value;
    return broadcasts_.put(app.value, 0, broadcast.id.value, pieces);
}

Result<void> ProcessHost::send_broadcasts(Executor& executor, const TaskOrder& order) {
    for (const UsedBroadcast& broadcast : order.broadcasts) {
        if (!executor.broadcasts.insert(broadcast.id).second) {
            continue;
        }
        Result<void> held = hold_broadcast(order.app, broadcast);
        if (!held) {
            return held;
        }
        std::vector<wire::BlockPlace> places;
        for (std::uint32_t piece = 0; piece < broadcast.value->pieces.size(); ++piece) {
            broadcasts_.find(order.app.value, {0, broadcast.id.value, piece}, places);
        }
        wire::Packer packer;
        packer.add(wire::BroadcastHead{broadcast.id.value,
                                       getpid(),
                                       static_cast<std::uint32_t>(places.size()),
                                       broadcast.value->compressed ? 1U : 0U});
        for (const wire::BlockPlace& place : places) {
            packer.add(place);
        }
        Result<void> sent = send(order.exec, wire::Type::broadcast, packer.bytes());
        if (!sent) {
            return sent;
        }
    }
    return {};
}

// Its bytes go; whoever has them mapped still may read.
void ProcessHost::release_broadcast(AppId app, BroadcastId id) {
    if (broadcast_.erase({app, id}) > 0) {
        (void)broadcasts_.move(app.value, 0, id.value, wire::Place::nowhere);
    }
}

Result<void> ProcessHost::drop_broadcast(ExecutorId exec, BroadcastId id) {
    const auto found = executors_.find(exec);
    if (found == executors_.end() || found->second.broadcasts.erase(id) == 0) {
        return {};
    }
    const wire::Forget message{id.value};
    return send(exec, wire::Type::forget, wire::bytes_of(message));
}

Result<void> ProcessHost::copy_block(ExecutorId from,
                                     ExecutorId to,
                                     AppId app,
                                     const KeptBlock& block) {
    const std::uint32_t store = wire::kept_store(block.block.rdd.value);
    const std::uint32_t partition = block.block.partition;
    Result<void> granted = ask_for_grant(from, app, {{store, 0, partition}});
    if (!granted) {
        return granted;
    }
    if (live_ && granted_places_.empty()) {
        return {};  // it has gone meanwhile
    }
    if (granted_places_.size() != 1 || granted_places_.front().fd < 0) {
        return fail(
            {fmt::format("{} does not have rdd_{}_{}", who(from), block.block.rdd.value, partition),
             {},
             "this is a bug of forkyard",
             Exit::internal});
    }
    wire::Packer packer;
    packer.add(wire::AdoptHead{app.value, store, partition, granted_.pid, 1, on_wire(block).place});
    packer.add(granted_places_.front());
    answered_ = false;
    Result<void> sent = send(to, wire::Type::adopt, packer.bytes());
    return sent ? pump_until(answered_, to) : sent;
}

}  // namespace forkyard::sim
