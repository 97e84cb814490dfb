#include "sim/executor/adopt_output.hpp"

#include <cstdio>
#include <numeric>
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
    std::vector<std::uint32_t> regions(places ? head->count : 0);
    std::iota(regions.begin(), regions.end(), 0U);
    BlockReader reader;
    if (!places || !reader.add({}, head->pid, head->fd, *places, regions)) {
        return std::nullopt;
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
