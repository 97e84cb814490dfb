#include "core/report/console_progress.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/core/report/record_script.hpp"

namespace forkyard::console_progress_test {
namespace {

using namespace script;
using namespace std::chrono_literals;

Scenario with_bar(SimDuration interval = 200ms) {
    Scenario scenario = two_nodes();
    scenario.apps[0].conf.console_progress = {true, interval};
    return scenario;
}

// Text after a carriage return; a line that blanks wipe is "-".
std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> out;
    std::size_t begin = 0;
    for (std::size_t end = text.find('\r'); end != std::string::npos;
         end = text.find('\r', begin)) {
        const std::string line = text.substr(begin, end - begin);
        if (!line.empty()) {
            out.push_back(line.find_first_not_of(' ') == std::string::npos ? "-" : line);
        }
        begin = end + 1;
    }
    CHECK(begin == text.size());  // nothing after the last one, so no newline either
    return out;
}

using Lines = std::vector<std::string>;

// With so many columns of the bar filled, and not all of them.
std::string shown(const std::string& head,
                  std::size_t filled,
                  const std::string& tail,
                  std::size_t columns = 40) {
    const std::string bar = head + std::string(filled, '=') + ">";
    return bar + std::string(columns - bar.size() - tail.size(), ' ') + tail;
}

struct World {
    explicit World(Scenario of = with_bar(), std::uint32_t columns = 40)
        : scenario{std::move(of)}, bar{scenario, columns}, script{bar} {
        script.cluster();
    }

    World& submit(std::int64_t ms, std::uint32_t stage, std::uint32_t tasks) {
        SubmitStage action;
        action.app = etl;
        action.stage = {StageId{stage}, 0};
        action.tasks = tasks;
        script.event(ms, WorkerJoined{w1, 2, Bytes{1000}, "default"}).act(action);
        return *this;
    }
    // What is painted by looks before then.
    Lines until(std::int64_t ms) {
        bar.advance(at_ms(ms));
        return lines(bar.take());
    }

    Scenario scenario;
    ConsoleProgress bar;
    Script<ConsoleProgress> script;
};

}  // namespace

TEST_SUITE("console progress: the line") {
    TEST_CASE("DP-SES-06 id, a bar filled by what is completed, completed and running, total") {
        const std::string line = progress_line({{"Stage 3", 12, 4, 40}}, 80);
        CHECK(line.size() == 80);
        // 57 columns are the bar's: 12 of 40 are 17 of them.
        CHECK(line ==
              "[Stage 3:" + std::string(17, '=') + ">" + std::string(39, ' ') + "(12 + 4) / 40]");
    }

    TEST_CASE("DP-SES-06 each of several stages has its part of the columns") {
        const std::string line = progress_line({{"Stage 0", 0, 2, 2}, {"Stage 1", 2, 0, 2}}, 60);
        CHECK(line == "[Stage 0:>        (0 + 2) / 2][Stage 1:=========(2 + 0) / 2]");
    }

    TEST_CASE("DP-SES-06 without room for a bar there is none") {
        CHECK(progress_line({{"Stage 0", 1, 1, 100}}, 10) == "[Stage 0:(1 + 1) / 100]");
    }
}

TEST_SUITE("console progress: when it is painted") {
    TEST_CASE("DP-SES-06 a stage is shown once it has run for half a second, at a look") {
        World world;
        world.submit(250, 3, 4);
        world.script.launch(task(3, 0, 0), e1, w1);
        // Looks are at 500, 700 and 900 ms; at 700 it has run for 450 ms.
        CHECK(world.until(900).empty());
        CHECK(world.until(901) == Lines{shown("[Stage 3:", 0, "(0 + 1) / 4]")});
    }

    TEST_CASE("DP-SES-06 it is painted again when it has changed") {
        World world;
        world.submit(0, 0, 4);
        world.script.launch(task(0, 0, 0), e1, w1);
        CHECK(world.until(701) == Lines{shown("[Stage 0:", 0, "(0 + 1) / 4]")});
        CHECK(world.until(2000).empty());
        world.script.ends(2001, task(0, 0, 0), e1);
        world.script.launch(task(0, 0, 1), e1, w1);
        world.script.launch(task(0, 0, 2), e2, w2);
        CHECK(world.until(2100).empty());
        CHECK(world.until(2101) == Lines{shown("[Stage 0:", 4, "(1 + 2) / 4]")});
        SUBCASE("an attempt that failed no longer runs, and has completed nothing") {
            world.script.ends(2200, task(0, 0, 1), e1, TaskStatus::failed, "out of luck");
            CHECK(world.until(2301) == Lines{shown("[Stage 0:", 4, "(1 + 1) / 4]")});
        }
        SUBCASE("what changes and changes back between two looks is not painted") {
            world.script.launch(task(0, 0, 3), e1, w1);
            world.script.ends(2250, task(0, 0, 3), e1, TaskStatus::killed);
            CHECK(world.until(2400).empty());
        }
    }

    TEST_CASE("DP-SES-06 it is painted again after a minute in which nothing changed") {
        World world;
        world.submit(0, 0, 4);
        CHECK(world.until(701).size() == 1);
        CHECK(world.until(60'900).empty());  // at 60,700 it is exactly a minute old
        CHECK(world.until(60'901) == Lines{shown("[Stage 0:", 0, "(0 + 0) / 4]")});
        CHECK(world.until(10 * 60'000 + 1).size() == 8);  // each 60.2 s
    }

    TEST_CASE("DP-SES-06 at most three stages are shown, the first ones") {
        World world{with_bar(), 90};
        for (const std::uint32_t stage : {7U, 2U, 5U, 3U}) {
            world.submit(0, stage, 1);
        }
        CHECK(world.until(701) == Lines{shown("[Stage 2:", 0, "(0 + 0) / 1]", 30) +
                                        shown("[Stage 3:", 0, "(0 + 0) / 1]", 30) +
                                        shown("[Stage 5:", 0, "(0 + 0) / 1]", 30)});
        world.script.act(FinishStage{etl, {StageId{3}, 0}, EndStatus::succeeded});
        CHECK(world.until(901) == Lines{shown("[Stage 2:", 0, "(0 + 0) / 1]", 30) +
                                        shown("[Stage 5:", 0, "(0 + 0) / 1]", 30) +
                                        shown("[Stage 7:", 0, "(0 + 0) / 1]", 30)});
    }

    TEST_CASE("DP-SES-06 a job's end wipes it with blanks, and half a second it stays away") {
        World world;
        world.submit(0, 0, 4);
        CHECK(world.until(701).size() == 1);
        world.script.event(750, AppClosed{etl, ""});
        world.script.act(FinishJob{etl, j0, EndStatus::succeeded, ""});
        CHECK(world.bar.take() == "\r" + std::string(40, ' ') + "\r");
        // The stage is another job's: 1,300 ms is the first look after 1,250 ms.
        CHECK(world.until(1300).empty());
        CHECK(world.until(1301).size() == 1);
        SUBCASE("an end that finds nothing there wipes nothing") {
            world.bar.wipe();
            CHECK(lines(world.bar.take()) == Lines{"-"});
            world.script.act(FinishJob{etl, JobId{1}, EndStatus::succeeded, ""});
            CHECK(world.bar.take().empty());
        }
    }

    TEST_CASE("DP-SES-06 between two stages of a job the last line stays") {
        World world;
        world.submit(0, 0, 1);
        CHECK(world.until(701).size() == 1);
        world.script.act(FinishStage{etl, {StageId{0}, 0}, EndStatus::succeeded});
        world.submit(800, 1, 1);
        CHECK(world.until(1500).empty());
        CHECK(world.until(1501) == Lines{shown("[Stage 1:", 0, "(0 + 0) / 1]")});
    }

    TEST_CASE("DP-SES-06 looks come by the interval that is asked for") {
        World world{with_bar(1s)};
        world.submit(600, 0, 1);
        CHECK(world.until(1500).empty());
        CHECK(world.until(1501).size() == 1);
    }

    TEST_CASE("DP-SES-06 without the property there is nothing") {
        World world{two_nodes()};
        CHECK_FALSE(world.bar.wanted());
        world.submit(0, 0, 4);
        CHECK(world.until(5000).empty());
    }

    TEST_CASE("with several applications it says whose stage it is, of those that want it") {
        Scenario scenario = with_bar();
        scenario.apps.push_back(two_nodes().apps[0]);
        scenario.apps[1].name = "silent";
        World world{scenario, 40};
        world.submit(0, 0, 4);
        SubmitStage other;
        other.app = AppId{1};
        other.stage = {StageId{0}, 0};
        other.tasks = 1;
        world.script.act(other);
        CHECK(world.until(701) == Lines{shown("[etl Stage 0:", 0, "(0 + 0) / 4]")});
        world.script.act(FinishJob{AppId{1}, j0, EndStatus::succeeded, ""});
        CHECK(world.bar.take().empty());
    }

    TEST_CASE("the stages of a driver that is gone are not shown") {
        World world;
        world.submit(0, 0, 4);
        CHECK(world.until(701).size() == 1);
        world.script.event(800, DriverLost{etl, w1, LossReason::killed, 137});
        CHECK(world.until(5000) == Lines{"-"});
    }
}

}  // namespace forkyard::console_progress_test
