#include "core/driver/map_output_tracker.hpp"

#include "core/check.hpp"
#include "core/digest.hpp"

namespace forkyard {

void MapOutputTracker::add_shuffle(ShuffleId shuffle, std::uint32_t maps) {
    FORKYARD_CHECK(shuffle.index() == shuffles_.size(), "shuffles are numbered in order");
    shuffles_.push_back({.locations = std::vector<ExecutorId>(maps)});
}

void MapOutputTracker::register_output(Step& step,
                                       ShuffleId shuffle,
                                       std::uint32_t partition,
                                       ExecutorId exec,
                                       std::span<const std::int64_t> sizes) {
    Shuffle& entry = shuffles_[shuffle.index()];
    ExecutorId& location = entry.locations[partition];
    if (location.valid()) {
        flip(shuffle, partition, location);
    } else {
        ++entry.registered;
    }
    location = exec;
    if (!sizes.empty()) {
        entry.sizes.resize(entry.locations.size());
        entry.sizes[partition] = MapSizes{sizes, conf_};
    }
    flip(shuffle, partition, exec);
    step.act(RegisterMapOutput{app_, shuffle, partition, exec});
}

// One that was unregistered meanwhile and not made again is there again.
void MapOutputTracker::move_output(Step& step,
                                   ShuffleId shuffle,
                                   std::uint32_t partition,
                                   ExecutorId exec) {
    register_output(step, shuffle, partition, exec);
}

void MapOutputTracker::unregister_output(Step& step,
                                         ShuffleId shuffle,
                                         std::uint32_t partition,
                                         ExecutorId exec) {
    if (shuffles_[shuffle.index()].locations[partition] == exec) {
        clear(step, shuffle, partition);
    }
    ++epoch_;
}

void MapOutputTracker::unregister_all(Step& step, ShuffleId shuffle) {
    const auto maps = static_cast<std::uint32_t>(shuffles_[shuffle.index()].locations.size());
    for (std::uint32_t p = 0; p < maps; ++p) {
        if (shuffles_[shuffle.index()].locations[p].valid()) {
            clear(step, shuffle, p);
        }
    }
    ++epoch_;
}

void MapOutputTracker::remove_outputs(Step& step, const std::function<bool(ExecutorId)>& gone) {
    for (std::uint32_t s = 0; s < shuffles_.size(); ++s) {
        for (std::uint32_t p = 0; p < shuffles_[s].locations.size(); ++p) {
            const ExecutorId exec = shuffles_[s].locations[p];
            if (exec.valid() && gone(exec)) {
                clear(step, ShuffleId{s}, p);
            }
        }
    }
    ++epoch_;
}

bool MapOutputTracker::available(ShuffleId shuffle) const {
    const Shuffle& entry = shuffles_[shuffle.index()];
    return entry.registered == entry.locations.size();
}

ExecutorId MapOutputTracker::location(ShuffleId shuffle, std::uint32_t partition) const {
    return shuffles_[shuffle.index()].locations[partition];
}

std::vector<std::uint32_t> MapOutputTracker::missing(ShuffleId shuffle) const {
    std::vector<std::uint32_t> partitions;
    const Shuffle& entry = shuffles_[shuffle.index()];
    for (std::uint32_t p = 0; p < entry.locations.size(); ++p) {
        if (!entry.locations[p].valid()) {
            partitions.push_back(p);
        }
    }
    return partitions;
}

void MapOutputTracker::clear(Step& step, ShuffleId shuffle, std::uint32_t partition) {
    Shuffle& entry = shuffles_[shuffle.index()];
    const ExecutorId exec = entry.locations[partition];
    flip(shuffle, partition, exec);
    entry.locations[partition] = ExecutorId{};
    --entry.registered;
    step.act(UnregisterMapOutput{app_, shuffle, partition, exec});
}

void MapOutputTracker::flip(ShuffleId shuffle, std::uint32_t partition, ExecutorId exec) {
    RowDigest row;
    row.add((std::uint64_t{shuffle.value} << 32U) | partition);
    row.add(exec.value);
    digest_ ^= row.value();
}

}  // namespace forkyard
