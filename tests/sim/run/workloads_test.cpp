// The teaching workloads, with an executor killed at some instant in the middle: their answers,
// which stand in the files as expectations, are the same.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/random.hpp"
#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::workloads_test {

TEST_SUITE("workloads") {
    TEST_CASE("a killed executor changes no answer, whenever it is") {
        const std::filesystem::path folder{FORKYARD_SOURCE_DIR "/scenarios/workloads"};
        int met = 0;
        for (const auto& entry : std::filesystem::directory_iterator{folder}) {
            CAPTURE(entry.path().filename().string());
            std::ostringstream text;
            text << std::ifstream{entry.path()}.rdbuf();
            const testing::InlineRun whole{text.str()};
            CHECK(whole.result.report.exit == Exit::ok);
            if (text.str().find("[[fault]]") != std::string::npos) {
                continue;  // it expects what its own kills do: exactly_once_test.cpp
            }
            const auto ends = whole.records.of(" task.finished ").size();
            for (std::uint64_t time = 0; time < 2; ++time) {
                const std::uint64_t nth =
                    1 + draw_below(random_key(31, Stream::test), met * 2 + time, ends - 1);
                CAPTURE(nth);
                const testing::InlineRun killed{
                    text.str(),
                    {fmt::format("fault=[{{kind=\"kill-executor\", executor=\"any\", "
                                 "when={{kind=\"task.finished\"}}, nth={}}}]",
                                 nth)}};
                CHECK(killed.result.report.exit == Exit::ok);
                CHECK(killed.records.of("kill-executor applied").size() == 1);
            }
            ++met;
        }
        CHECK(met >= 7);
    }
}

}  // namespace forkyard::sim::workloads_test
