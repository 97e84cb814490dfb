#include "core/model/cost_model.hpp"

#include "core/int128.hpp"

namespace forkyard {

namespace {

constexpr std::int64_t picos_per_micro = 1'000'000;
constexpr std::int64_t picos_per_second = 1'000'000'000'000;

int128 transfer(std::int64_t bytes, BytesPerSecond bandwidth) {
    return bandwidth.count == 0 ? int128{0} : int128{bytes} * picos_per_second / bandwidth.count;
}

SimDuration rounded_up(int128 picos) {
    const int128 time = (picos + picos_per_micro - 1) / picos_per_micro;
    return time > micros(duration_forever) ? duration_forever
                                           : SimDuration{static_cast<std::int64_t>(time)};
}

int128 picos(SimDuration duration) {
    return int128{micros(duration)} * picos_per_micro;
}

}  // namespace

SimDuration read_time(const ClusterSpec& cluster, const ReadVolume& volume) {
    int128 time = 0;
    if (cluster.disk_bandwidth) {
        time += transfer(volume.disk_bytes, *cluster.disk_bandwidth);
    }
    if (cluster.network) {
        const NetworkSpec& network = *cluster.network;
        time += picos(network.latency) * volume.rack_holders;
        time += transfer(volume.rack_bytes, network.bandwidth);
        time += picos(network.cross_rack_latency) * volume.cross_holders;
        time += transfer(volume.cross_bytes, network.cross_rack_bandwidth);
    }
    return rounded_up(time);
}

SimDuration write_time(const ClusterSpec& cluster, std::int64_t bytes) {
    return cluster.disk_bandwidth ? rounded_up(transfer(bytes, *cluster.disk_bandwidth))
                                  : SimDuration{0};
}

SimDuration work_time(const WorkVolume& work) {
    if (work.factor == one && work.speed == one && work.rate.count == 0) {
        return work.duration;
    }
    const int128 scaled =
        (picos(work.duration) + transfer(work.bytes, work.rate)) * work.factor.count;
    return rounded_up((scaled + work.speed.count - 1) / work.speed.count);
}

}  // namespace forkyard
