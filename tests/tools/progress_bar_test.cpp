// The progress bar of spark.ui.showConsoleProgress, as whoever runs a scenario sees it.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::progress_bar_test {

namespace {

// Four tasks of a second on two cores.
const std::string scenario = R"(format = 1
[cluster]
[[cluster.worker]]
name = "w"
cores = 2
memory = "2g"
[[app]]
name = "etl"
[[app.stage]]
name = "map"
tasks = 4
duration = "1s"
)";

const std::vector<std::string> with_bar{
    "run", "s.toml", "--executors", "inline", "--set", "spark.ui.showConsoleProgress=true"};

}  // namespace

TEST_SUITE("run: the progress bar") {
    TEST_CASE("DP-SES-06 it is painted on standard error by virtual time, and wiped at the end") {
        Workplace place;
        place.write("s.toml", scenario);
        const Finished run = place.run(with_bar);
        CHECK(run.exit == 0);
        const std::string head = "\r[Stage 0:";
        CHECK(run.err == head + ">" + std::string(58, ' ') + "(0 + 2) / 4]\r" +  //
                             head + std::string(29, '=') + ">" + std::string(29, ' ') +
                             "(2 + 2) / 4]\r" +  //
                             "\r" + std::string(80, ' ') + "\r");
    }

    TEST_CASE("DP-SES-06 it is as wide as COLUMNS says, and shown with --quiet too") {
        Workplace place;
        place.write("s.toml", scenario);
        const Finished run = place.shell("COLUMNS=40 " FORKYARD_BINARY
                                         " run s.toml --executors inline --quiet --set "
                                         "spark.ui.showConsoleProgress=true");
        CHECK(run.out.empty());
        CHECK(run.err.substr(0, 42) == "\r[Stage 0:>" + std::string(18, ' ') + "(0 + 2) / 4]\r");
    }

    TEST_CASE("without the property there is none, and the records are the same") {
        Workplace place;
        place.write("s.toml", scenario);
        const Finished plain =
            place.run({"run", "s.toml", "--executors", "inline", "--journal", "plain.fyj"});
        CHECK(plain.err.empty());
        std::vector<std::string> recorded = with_bar;
        recorded.insert(recorded.end(), {"--journal", "bar.fyj"});
        CHECK(place.run(recorded).exit == 0);
        CHECK(records_of(place.read("bar.fyj")) == records_of(place.read("plain.fyj")));
        CHECK(place.run({"replay", "bar.fyj"}).err.empty());
    }
}

}  // namespace forkyard::cli_testing::progress_bar_test
