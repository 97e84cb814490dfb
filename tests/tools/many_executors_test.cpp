// A thousand executors are a thousand processes, within the limits that a shell starts with.
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::many_executors_test {

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr int executors = 100;  // each takes a hundred times the memory there
#else
constexpr int executors = 1000;
#endif

}  // namespace

TEST_SUITE("many executors") {
    TEST_CASE("a thousand executors start, work and are gone, with 1,024 open files") {
        Workplace place;
        place.write("s.toml",
                    "format = 1\n[cluster]\n[[cluster.worker]]\nname = \"w\"\ncount = " +
                        std::to_string(executors) +
                        "\ncores = 1\nmemory = \"2g\"\n[conf]\n\"spark.executor.cores\" = 1\n"
                        "[[app]]\nname = \"a\"\n[[app.stage]]\nname = \"work\"\ntasks = " +
                        std::to_string(2 * executors) + "\nduration = \"1s\"\n");
        const Finished run =
            place.shell("ulimit -n 1024 && exec " FORKYARD_BINARY " run s.toml --json");
        INFO(run.err);
        REQUIRE(run.exit == 0);
        CHECK(run.json()["executors"]["peak"] == executors);
        CHECK(run.json()["tasks"]["succeeded"] == 2 * executors);
        CHECK(run.json()["makespan_us"] == 2'000'000);
    }

    TEST_CASE("applications that follow each other find the places of those before") {
        Workplace place;
        place.write("s.toml",
                    "format = 1\n[cluster]\n[[cluster.worker]]\nname = \"w\"\ncount = 3\n"
                    "cores = 4\nmemory = \"8g\"\n[conf]\n\"spark.executor.cores\" = 1\n"
                    "[[app]]\nname = \"a\"\n[[app.stage]]\nname = \"s\"\ntasks = 1\n"
                    "[[app]]\nname = \"b\"\nsubmit_at = \"10ms\"\n"
                    "[[app.stage]]\nname = \"s\"\ntasks = 1\n");
        CHECK(place.run({"run", "s.toml", "--quiet"}).exit == 0);
        CHECK(place.run({"verify", "s.toml"}).exit == 0);
    }
}

}  // namespace forkyard::cli_testing::many_executors_test
