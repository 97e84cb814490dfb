// How reduce tasks fetch the blocks of shuffles: spark.reducer.* and its kin.
#pragma once

#include <cstdint>
#include <limits>

#include "core/model/units.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

struct FetchConf {
    static constexpr std::uint32_t unlimited = std::numeric_limits<std::int32_t>::max();

    Bytes bytes_in_flight_max{std::int64_t{48} << 20};           // spark.reducer.maxSizeInFlight
    std::uint32_t requests_in_flight_max = unlimited;            // spark.reducer.maxReqsInFlight
    std::uint32_t blocks_in_flight_per_address_max = unlimited;  // ...maxBlocksInFlightPerAddress
    std::uint32_t retries_max = 3;                               // spark.shuffle.io.maxRetries
    SimDuration retry_wait = std::chrono::seconds{5};            // spark.shuffle.io.retryWait
    bool reads_host_local = true;                                // spark.shuffle.readHostLocalDisk
    bool checksums = true;                                       // spark.shuffle.checksum.enabled
    bool detects_corruption = true;                              // spark.shuffle.detectCorrupt
    bool operator==(const FetchConf&) const = default;
};

}  // namespace forkyard
