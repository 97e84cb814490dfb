#include "sim/executor/adopt_output.hpp"

#include <cstdio>
#include <string>
#include <vector>

#include "sim/executor/block_reader.hpp"

namespace forkyard::sim {

std::optional<wire::Adopted> adopt_output(BlockStore& store, wire::Unpacker in) {
    const auto head = in.take<wire::AdoptHead>();
    if (!head) {
        return std::nullopt;
    }
    const auto places = in.take_list<wire::BlockPlace>(head->count);
    if (!places) {
        return std::nullopt;
    }
    BlockReader reader;
    for (std::uint32_t region = 0; region < head->count; ++region) {
        wire::BlockPlace place = (*places)[region];
        place.block = {0, region, 0};
        if (reader.add(head->pid, place, true) != BlockReader::Added::ok) {
            return std::nullopt;
        }
    }
    std::vector<BlockStore::Pieces> copied;
    for (const std::string_view region : reader.regions({})) {
        copied.push_back({region});
    }
    const Result<void> put = store.put(head->app, head->shuffle, head->map, copied, head->place);
    if (!put) {
        std::fprintf(stderr, "forkyard executor: %s\n", put.error().what.c_str());
        return std::nullopt;
    }
    return wire::Adopted{head->app, head->shuffle, head->map};
}

}  // namespace forkyard::sim
