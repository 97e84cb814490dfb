#include "sim/executor/kept_blocks.hpp"

#include <algorithm>
#include <utility>

namespace forkyard::sim {

void KeptBlocks::hold(std::uint32_t ticket, std::vector<MadeBlock> made) {
    if (!made.empty()) {
        made_[ticket] = std::move(made);
    }
}

Result<bool> KeptBlocks::keep(wire::Unpacker in) {
    const auto head = in.take<wire::KeepHead>();
    const auto blocks =
        head ? in.take_list<wire::KeptBlock>(head->count) : std::vector<wire::KeptBlock>{};
    const auto made = head ? made_.find(head->ticket) : made_.end();
    if (!blocks || made == made_.end()) {
        return false;
    }
    for (const wire::KeptBlock& block : *blocks) {
        const RddBlock id{RddId{block.rdd}, block.partition};
        const auto found = std::find_if(made->second.begin(),
                                        made->second.end(),
                                        [&](const MadeBlock& each) { return each.block == id; });
        if (found == made->second.end()) {
            return false;
        }
        const Result<void> put = store_.put(
            head->app, wire::kept_store(block.rdd), block.partition, {{found->bytes}}, block.place);
        if (!put) {
            return fail(put.error());
        }
    }
    made_.erase(made);
    return true;
}

Result<bool> KeptBlocks::place(wire::Unpacker in) {
    const auto message = in.take<wire::PlaceBlock>();
    if (!message) {
        return false;
    }
    const wire::KeptBlock& block = message->block;
    const Result<void> moved =
        store_.move(message->app, wire::kept_store(block.rdd), block.partition, block.place);
    if (!moved) {
        return fail(moved.error());
    }
    return true;
}

}  // namespace forkyard::sim
