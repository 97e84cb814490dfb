#include "sim/executor/broadcast_store.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/executor/block_reader.hpp"
#include "sim/host/broadcast_value.hpp"

namespace forkyard::sim {

bool BroadcastStore::take(wire::Unpacker in) {
    const auto head = in.take<wire::BroadcastHead>();
    auto pieces = head ? in.take_list<wire::BlockPlace>(head->pieces) : std::nullopt;
    if (!pieces) {
        return false;
    }
    auto entry = std::make_shared<Entry>();
    entry->pid = head->pid;
    entry->compressed = head->compressed != 0;
    entry->pieces = std::move(*pieces);
    const std::lock_guard lock{mutex_};
    entries_[BroadcastId{head->broadcast}] = std::move(entry);
    return true;
}

bool BroadcastStore::forget(wire::Unpacker in) {
    const auto message = in.take<wire::Forget>();
    if (message) {
        const std::lock_guard lock{mutex_};
        entries_.erase(BroadcastId{message->broadcast});
    }
    return message.has_value();
}

Computed<std::shared_ptr<const Value>> BroadcastStore::value(BroadcastId id) {
    std::shared_ptr<Entry> entry;
    {
        const std::lock_guard lock{mutex_};
        const auto found = entries_.find(id);
        if (found == entries_.end()) {
            return tl::make_unexpected(fmt::format("there is no broadcast_{}", id.value));
        }
        entry = found->second;
    }
    const std::lock_guard alone{entry->making};
    if (!entry->value || *entry->value == nullptr) {  // what went wrong may go well next time
        make(id, *entry);
    }
    return entry->value;
}

void BroadcastStore::make(BroadcastId id, Entry& entry) {
    BlockReader reader;
    for (std::uint32_t piece = 0; piece < entry.pieces.size(); ++piece) {
        wire::BlockPlace place = entry.pieces[piece];
        place.block = {0, piece, 0};
        const BlockReader::Added added = reader.add(entry.pid, place, true);
        if (added != BlockReader::Added::ok) {
            entry.value = tl::make_unexpected(fmt::format("broadcast_{}_piece{} {}",
                                                          id.value,
                                                          piece,
                                                          added == BlockReader::Added::corrupt
                                                              ? "is corrupt: its checksum differs"
                                                              : "cannot be mapped"));
            return;
        }
    }
    Computed<Value> value = join_broadcast(reader.regions({}), entry.compressed);
    if (value) {
        entry.value = std::make_shared<const Value>(std::move(*value));
    } else {
        entry.value = tl::make_unexpected(std::move(value.error()));
    }
}

}  // namespace forkyard::sim
