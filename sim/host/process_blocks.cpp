// Kept partitions of executor processes: what becomes of those that tasks made, where they go,
// and who gets a copy.
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
