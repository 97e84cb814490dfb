// The script of exactly_once.toml, 200 times with executors killed at random instants: each
// number is in the files once, and nothing else is there.
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/random.hpp"
#include "tests/sim/run/saved_run.hpp"

namespace forkyard::sim::exactly_once_test {

TEST_SUITE("exactly once") {
    TEST_CASE("DP-IO-08 no row is lost and none is there twice, whoever is killed when") {
        std::ifstream in{FORKYARD_SOURCE_DIR "/scenarios/workloads/exactly_once.toml"};
        const std::string text{std::istreambuf_iterator<char>{in}, {}};
        std::vector<long> all(1000);
        std::iota(all.begin(), all.end(), 0);
        int denied = 0;
        int lost_committers = 0;
        for (std::uint64_t round = 0; round < 200; ++round) {
            CAPTURE(round);
            const auto drawn = [&](std::uint64_t what, std::uint64_t below) {
                return draw_below(random_key(712, Stream::test), round * 8 + what, below);
            };
            std::string faults =
                "fault=[{kind=\"slow-task\", stage=\"numbers\", partition=3, factor=4},";
            for (std::uint64_t kill = 0; kill < 3; ++kill) {
                faults += fmt::format(
                    "{{kind=\"kill-executor\", executor=\"any\", at=\"{}us\", optional=true}},",
                    drawn(kill, 2'000'000));
            }
            faults += fmt::format(
                "{{kind=\"kill-executor\", when={{kind=\"commit.answer\", allowed=true}}, nth={}, "
                "delay=\"{}us\", optional=true}}]",
                1 + drawn(3, 10),
                drawn(4, 40'000));
            testing::SaveFolder folder;
            testing::Records records;
            const auto ran = testing::run_into(
                text,
                folder.path(),
                records,
                {faults,
                 fmt::format("seed={}", round + 1),
                 "expect={}",
                 "cluster.message_delay=\"20ms\"",
                 fmt::format("conf.\"spark.hadoop.mapreduce.fileoutputcommitter.algorithm."
                             "version\"={}",
                             1 + round % 2),
                 "conf.\"spark.task.maxFailures\"=9"});
            REQUIRE(ran);
            CHECK(ran->report.exit == Exit::ok);
            CHECK(folder.numbers("numbers") == all);
            CHECK(folder.all("numbers").size() == 11);  // and _SUCCESS
            denied += records.of("status=commit-denied").empty() ? 0 : 1;
            lost_committers += records.of("kill-executor applied fault=4").empty() ? 0 : 1;
        }
        CHECK(denied > 10);  // what the test is about has come about
        CHECK(lost_committers > 150);
    }
}

}  // namespace forkyard::sim::exactly_once_test
