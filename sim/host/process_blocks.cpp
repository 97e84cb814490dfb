// Kept partitions of executor processes: what becomes of those that tasks made, where they go,
// and who gets a copy.
#include <algorithm>
#include <iterator>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "sim/host/process_host.hpp"
#include "sim/process/peer_file.hpp"

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

// ---- copies

// The holder grants it as it would to a reader, and the other takes it. Under the virtual clock it
// has been taken when this returns.
Result<void> ProcessHost::copy_block(ExecutorId from,
                                     ExecutorId to,
                                     AppId app,
                                     const KeptBlock& block) {
    const auto copy =
        copies_.emplace(++copies_begun_, Copy{{app, block.block, from}, to, block.place}).first;
    const auto holder = executors_.find(from);
    if (live_ && (holder == executors_.end() || holder->second.state != Executor::State::running)) {
        end_copy(copy, false);
        return {};
    }
    wire::Packer packer;
    packer.add(wire::GrantRequest{{0, copy->first, from.value, app.value, 1}, wire::none});
    packer.add(wire::BlockName{wire::kept_store(block.block.rdd.value), 0, block.block.partition});
    answered_ = false;
    Result<void> sent = send(from, wire::Type::grant_request, packer.bytes());
    if (!sent || live_) {
        return sent;
    }
    Result<void> done = pump_until(answered_, to);
    if (done && !copied_) {
        return fail({fmt::format("{} does not have rdd_{}_{}",
                                 who(from),
                                 block.block.rdd.value,
                                 block.block.partition),
                     {},
                     "this is a bug of forkyard",
                     Exit::internal});
    }
    return done;
}

// Its arena is held by a descriptor of our own, so it can be taken though its holder ends.
void ProcessHost::on_copy_granted(const wire::BlocksHead& head,
                                  const std::vector<wire::BlockPlace>& places) {
    const auto found = copies_.find(head.fetch.request);
    if (found == copies_.end()) {
        return;
    }
    Copy& copy = found->second;
    if (places.size() == 1 && places.front().fd >= 0) {
        copy.arena = open_peer_file(head.pid, places.front().fd);
    }
    if (copy.arena.value() < 0 || executors_.at(copy.to).state != Executor::State::running) {
        end_copy(found, false);
        return;
    }
    const KeptBlock block{copy.what.block, copy.place};
    wire::BlockPlace place = places.front();
    place.fd = copy.arena.value();
    wire::Packer packer;
    packer.add(wire::AdoptHead{copy.what.app.value,
                               place.block.store,
                               place.block.partition,
                               getpid(),
                               1,
                               on_wire(block).place});
    packer.add(place);
    (void)send(copy.to, wire::Type::adopt, packer.bytes());
}

void ProcessHost::on_adopted(ExecutorId exec, wire::Unpacker in) {
    const auto adopted = in.take<wire::Adopted>();
    if (!adopted) {
        garbled(exec, "a note of a copy that is too short");
        return;
    }
    answered_ = true;
    if (!wire::is_kept_store(adopted->shuffle)) {
        const auto arenas = adopting_.find(exec);
        if (arenas != adopting_.end() && !arenas->second.empty()) {
            arenas->second.pop_front();
        }
        return;
    }
    const auto copy = std::find_if(copies_.begin(), copies_.end(), [&](const auto& entry) {
        const Copy& each = entry.second;
        return each.to == exec && each.what.app.value == adopted->app &&
               wire::kept_store(each.what.block.rdd.value) == adopted->shuffle &&
               each.what.block.partition == adopted->map;
    });
    if (copy != copies_.end()) {
        end_copy(copy, true);
    }
}

void ProcessHost::end_copy(Copies::iterator copy, bool done) {
    if (live_) {
        HostNews news;
        news.kind = done ? HostNews::Kind::copied : HostNews::Kind::not_copied;
        news.exec = copy->second.to;
        news.copy = copy->second.what;
        news_.push_back(std::move(news));
    }
    copies_.erase(copy);
    copied_ = done;
    answered_ = true;
}

void ProcessHost::end_copies_of(ExecutorId exec) {
    for (auto copy = copies_.begin(); copy != copies_.end();) {
        const auto next = std::next(copy);
        const bool granted = copy->second.arena.value() >= 0;
        if (copy->second.to == exec || (copy->second.what.from == exec && !granted)) {
            end_copy(copy, false);
        }
        copy = next;
    }
}

}  // namespace forkyard::sim
