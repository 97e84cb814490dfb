// How reduce tasks fetch what they read.
#include "sim/scenario/builders.hpp"
#include "sim/scenario/conf_properties.hpp"

namespace forkyard::sim {

FetchConf read_fetch(ConfProperties& given) {
    FetchConf out;
    put(out.bytes_in_flight_max, given.memory("spark.reducer.maxSizeInFlight"));
    put(out.requests_in_flight_max, given.whole("spark.reducer.maxReqsInFlight", 1));
    put(out.blocks_in_flight_per_address_max,
        given.whole("spark.reducer.maxBlocksInFlightPerAddress", 1));
    put(out.retries_max, given.whole("spark.shuffle.io.maxRetries", 0));
    put(out.retry_wait, given.wait("spark.shuffle.io.retryWait"));
    put(out.reads_host_local, given.boolean("spark.shuffle.readHostLocalDisk"));
    put(out.checksums, given.boolean("spark.shuffle.checksum.enabled"));
    put(out.detects_corruption, given.boolean("spark.shuffle.detectCorrupt"));
    return out;
}

}  // namespace forkyard::sim
