// What scenarios may say of how reduce tasks fetch.
#include <string>

#include <doctest/doctest.h>

#include "tests/sim/scenario/loading.hpp"

namespace forkyard::sim::fetch_conf_test {

namespace {

LoadResult load(const std::string& conf) {
    return load_text(small_scenario + "[[app.stage]]\nname = \"s\"\ntasks = 1\n[conf]\n" + conf);
}

FetchConf fetch_conf_of(const std::string& conf) {
    const LoadResult result = load(conf);
    REQUIRE(result.loaded);
    CHECK(shown(result).empty());
    return result.loaded->scenario.apps.front().conf.fetch;
}

}  // namespace

TEST_SUITE("fetching in a scenario") {
    TEST_CASE("as Spark has it where nothing is said") {
        const FetchConf conf = fetch_conf_of("");
        CHECK(conf == FetchConf{});
        CHECK(conf.bytes_in_flight_max == Bytes{std::int64_t{48} << 20});
        CHECK(conf.requests_in_flight_max == 0x7fffffff);
        CHECK(conf.blocks_in_flight_per_address_max == 0x7fffffff);
        CHECK(conf.retries_max == 3);
        CHECK(conf.retry_wait == std::chrono::seconds{5});
        CHECK(conf.reads_host_local);
        CHECK(conf.checksums);
        CHECK(conf.detects_corruption);
    }

    TEST_CASE("every property is read, bare numbers in Spark's units") {
        const FetchConf conf = fetch_conf_of(
            "\"spark.reducer.maxSizeInFlight\" = 24\n"
            "\"spark.reducer.maxReqsInFlight\" = 7\n"
            "\"spark.reducer.maxBlocksInFlightPerAddress\" = 8\n"
            "\"spark.shuffle.io.maxRetries\" = 0\n"
            "\"spark.shuffle.io.retryWait\" = 2\n"
            "\"spark.shuffle.readHostLocalDisk\" = false\n"
            "\"spark.shuffle.checksum.enabled\" = false\n"
            "\"spark.shuffle.detectCorrupt\" = false\n");
        CHECK(conf.bytes_in_flight_max == Bytes{std::int64_t{24} << 20});
        CHECK(conf.requests_in_flight_max == 7);
        CHECK(conf.blocks_in_flight_per_address_max == 8);
        CHECK(conf.retries_max == 0);
        CHECK(conf.retry_wait == std::chrono::seconds{2});
        CHECK_FALSE(conf.reads_host_local);
        CHECK_FALSE(conf.checksums);
        CHECK_FALSE(conf.detects_corruption);
    }

    TEST_CASE("a limit of nothing is a mistake") {
        CHECK_FALSE(load("\"spark.reducer.maxReqsInFlight\" = 0\n").loaded);
        CHECK_FALSE(load("\"spark.reducer.maxBlocksInFlightPerAddress\" = 0\n").loaded);
    }
}

}  // namespace forkyard::sim::fetch_conf_test
