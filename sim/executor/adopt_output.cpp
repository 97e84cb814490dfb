#include "sim/executor/adopt_output.hpp"

#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sim/executor/block_reader.hpp"

namespace forkyard::sim {

Result<std::optional<wire::Adopted>> adopt_output(BlockStore& store, wire::Unpacker in) {
    const auto head = in.take<wire::AdoptHead>();
    if (!head) {
        return std::optional<wire::Adopted>{};
    }
    const auto places = in.take_list<wire::BlockPlace>(head->count);
    if (!places) {
        return std::optional<wire::Adopted>{};
    }
    if (wire::is_kept_store(head->shuffle)) {
        std::vector<wire::BlockPlace> own;
        store.find(head->app, {head->shuffle, 0, head->map}, own);
        if (own.front().fd >= 0) {  // it has made it itself meanwhile
            return std::optional{wire::Adopted{head->app, head->shuffle, head->map}};
        }
    }
    BlockReader reader;
    for (std::uint32_t region = 0; region < head->count; ++region) {
        wire::BlockPlace place = (*places)[region];
        place.block = {0, region, 0};
        const BlockReader::Added added = reader.add(head->pid, place, true);
        if (added != BlockReader::Added::ok) {
            return fail({fmt::format("a block that is to be copied {}: output {} of shuffle {}",
                                     added == BlockReader::Added::corrupt ? "is corrupt"
                                                                          : "cannot be mapped",
                                     head->map,
                                     head->shuffle),
                         {},
                         "raise the memory or descriptor limits of the processes",
                         Exit::unavailable});
        }
    }
    std::vector<BlockStore::Pieces> copied;
    for (const std::string_view region : reader.regions({})) {
        copied.push_back({region});
    }
    const Result<void> put = store.put(head->app, head->shuffle, head->map, copied, head->place);
    if (!put) {
        return fail(put.error());
    }
    return std::optional{wire::Adopted{head->app, head->shuffle, head->map}};
}

}  // namespace forkyard::sim
