// How long the parts of a task attempt take.
//
// overhead; reading, one source after the other; work / speed; writing. Each part is
// rounded up to whole microseconds, once, here; inside, time is counted in
// picoseconds on integers.
#pragma once

#include <cstdint>

#include "core/model/cluster_spec.hpp"
#include "core/model/units.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// What one task reads, by the way it comes.
struct ReadVolume {
    std::int64_t disk_bytes = 0;  // own blocks, input with a replica on the node
    std::int64_t rack_bytes = 0;
    std::uint32_t rack_holders = 0;  // latency counts once per holder
    std::int64_t cross_bytes = 0;
    std::uint32_t cross_holders = 0;
    [[nodiscard]] std::int64_t total() const { return disk_bytes + rack_bytes + cross_bytes; }
};

[[nodiscard]] SimDuration read_time(const ClusterSpec& cluster, const ReadVolume& volume);
[[nodiscard]] SimDuration write_time(const ClusterSpec& cluster, std::int64_t bytes);

// (duration + bytes / rate) * factor / speed. A rate of 0 bytes per second: none given.
struct WorkVolume {
    SimDuration duration{0};
    std::int64_t bytes = 0;
    BytesPerSecond rate;
    Millionths factor = one;
    Millionths speed = one;
};
[[nodiscard]] SimDuration work_time(const WorkVolume& work);

}  // namespace forkyard
