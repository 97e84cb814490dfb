// How an executor process fetches shows nowhere but on the wall clock.
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::fetch_limits_test {

TEST_SUITE("limits of fetching") {
    TEST_CASE(
        "DP-SHUF-12 DP-SHUF-13 one block at a time, during kills: the same journal as inline") {
        Workplace place;
        place.write("s.toml", R"(format = 1
[cluster]
[[cluster.worker]]
name = "w"
count = 2
cores = 4
memory = "4g"
[cluster.network]
latency = "20us"
bandwidth = "10m/s"
[conf]
"spark.executor.cores" = 2
"spark.executor.memory" = "1g"
"spark.reducer.maxSizeInFlight" = 1
"spark.reducer.maxReqsInFlight" = 1
"spark.reducer.maxBlocksInFlightPerAddress" = 1
"spark.shuffle.io.retryWait" = 0
[[app]]
name = "a"
[[app.dataset]]
name = "d"
steps = [
  { range = 600, partitions = 12 },
  { key_by = "mod", args = [7] },
  { reduce_by_key = "sum", partitions = 4 },
  { map = "value" },
  { key_by = "mod", args = [3] },
  { reduce_by_key = "sum", partitions = 5 },
]
[[fault]]
kind = "kill-executor"
executor = "e2"
at = "0s"
optional = true
)");
        for (int micros = 0; micros <= 1200; micros += 100) {
            INFO("killed at " << micros << " us");
            const std::string when = "fault.0.at=" + std::to_string(micros) + "us";
            const auto mode = [&](const char* executors) {
                const std::string journal = std::string{executors} + ".fyj";
                const Finished run = place.run({"run",
                                                "s.toml",
                                                "--json",
                                                "--set",
                                                when,
                                                "--executors",
                                                executors,
                                                "--journal",
                                                journal});
                INFO(run.err);
                CHECK(run.exit == 0);
                return place.read(journal);
            };
            CHECK(mode("process") == mode("inline"));
        }
    }
}

}  // namespace forkyard::cli_testing::fetch_limits_test
