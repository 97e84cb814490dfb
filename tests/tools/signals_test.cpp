// A driver that ends by a signal, in every phase of a run: nobody and nothing may be left of it,
// and after a clean interruption the journal can be read. The journal goes to a pipe that the test
// reads as far as it wants, so that the driver stands where the test wants it.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::signals_test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Many short tasks, so that each phase lasts: a map stage, a dead executor, a map stage made
// again in part, a reduce stage that reads.
const std::string long_run = R"(format = 1
time_limit = "10h"
[cluster]
[[cluster.worker]]
name = "w"
count = 4
cores = 1
memory = "2g"
[cluster.network]
latency = "10us"
bandwidth = "1g/s"
[conf]
"spark.executor.cores" = 1
[[app]]
name = "long"
[[app.stage]]
name = "map"
tasks = 2000
duration = "1ms"
shuffle_write = "1k"
[[app.stage]]
name = "reduce"
tasks = 1000
parents = ["map"]
duration = "1ms"
[[fault]]
kind = "kill-executor"
when = { kind = "task.launch", stage = "reduce" }
nth = 100
)";

// All processes that carry a variable in their environment; those that have ended and only wait
// to be collected do not count.
std::set<int> processes_with(const std::string& variable) {
    std::set<int> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc", error}) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        if (has(read_file(entry.path() / "environ"), variable)) {
            const std::string stat = read_file(entry.path() / "stat");
            const auto state = stat.find(") ");
            if (state != std::string::npos && stat[state + 2] != 'Z') {
                found.insert(std::stoi(name));
            }
        }
    }
    return found;
}

std::set<std::string> shared_memory() {
    std::set<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{"/dev/shm", error}) {
        names.insert(entry.path().filename());
    }
    return names;
}

// What `now` has and `before` had not.
std::set<std::string> added(const std::set<std::string>& before, const std::set<std::string>& now) {
    std::set<std::string> more;
    for (const std::string& name : now) {
        if (!before.contains(name) && has(name, "forkyard")) {
            more.insert(name);
        }
    }
    return more;
}

struct Phase {
    std::string name;
    std::string record;  // has been written; empty: the driver has only just been started
    std::size_t executors_min;
};

const std::vector<Phase>& phases() {
    static const std::vector<Phase> table{
        {"only just started", "", 0},
        {"the header is out", "C format=1", 0},
        {"executors are being started", "executor.launch", 0},
        {"the map stage runs", "status=success", 1},
        {"the map stage is well under way", "task=s0.0/p1500#0 exec=e", 4},
        {"the reduce stage begins to read", "stage.submit app=long stage=s1.0", 4},
        {"an executor has been killed", "kill-executor applied", 1},
        {"lost outputs are made again", "stage.submit app=long stage=s0.1", 3},
        {"the reduce stage runs again", "stage.submit app=long stage=s1.1", 3},
        {"the job is done", "job.finish app=long", 0},
    };
    return table;
}

}  // namespace

TEST_SUITE("signals") {
    TEST_CASE("kill -9 of the driver in every phase leaves no executor and no shared memory") {
        Workplace place;
        place.write("s.toml", long_run);
        const auto before = shared_memory();
        int number = 0;
        for (const Phase& phase : phases()) {
            INFO(phase.name);
            const std::string mark = "FORKYARD_CLI_TEST=" + std::to_string(::getpid()) + "-" +
                                     std::to_string(++number) + "-end";
            Running run = place.piped({"run", "s.toml", "--quiet", "--journal", "-"}, {mark});
            REQUIRE(run.read_until(phase.record));
            if (phase.executors_min > 0) {
                CHECK(processes_with(mark).size() >= phase.executors_min + 1);
            }
            run.signal(SIGKILL);
            CHECK(comes_true([&] { return processes_with(mark).empty(); }, seconds{1}));
            CHECK(comes_true([&] { return added(before, shared_memory()).empty(); }, seconds{1}));
            const int exit = run.wait().exit;
            const bool was_over = exit == 0 && has(phase.record, "job.finish");
            CHECK((exit == 128 + SIGKILL || was_over));
        }
    }

    TEST_CASE("Ctrl-C and a termination end cleanly in every phase, and the journal replays") {
        Workplace place;
        place.write("s.toml", long_run);
        int number = 0;
        for (const Phase& phase : phases()) {
            if (phase.record.empty() || has(phase.record, "job.finish")) {
                continue;  // before the handler stands; so late that the run may be over
            }
            for (const int signal : {SIGINT, SIGTERM}) {
                INFO(phase.name << ", signal " << signal);
                const std::string mark = "FORKYARD_CLI_TEST=" + std::to_string(::getpid()) +
                                         "-clean-" + std::to_string(++number) + "-end";
                Running run = place.piped({"run", "s.toml", "--quiet", "--journal", "-"}, {mark});
                REQUIRE(run.read_until(phase.record));
                run.signal(signal);
                const Finished end = run.wait();
                CHECK(end.exit == 128 + signal);
                CHECK(comes_true([&] { return processes_with(mark).empty(); }, seconds{1}));
                const auto ends = lines_with(end.out, {"Z verdict="});
                REQUIRE(ends.size() == 1);
                CHECK(value_of(ends[0], "exit") == std::to_string(128 + signal));
                place.write("cut.fyj", end.out);
                const Finished replay = place.run({"replay", "cut.fyj"});
                INFO(replay.err);
                CHECK(replay.exit == 0);
            }
        }
    }

    TEST_CASE("Ctrl-C ends an inline run too") {
        Workplace place;
        place.write("s.toml", long_run);
        Running run =
            place.piped({"run", "s.toml", "--quiet", "--journal", "-", "--executors", "inline"});
        REQUIRE(run.read_until("task=s0.0/p1500#0 exec=e"));
        run.signal(SIGINT);
        const Finished end = run.wait();
        CHECK(end.exit == 130);
        CHECK(lines_with(end.out, {"Z verdict=interrupted exit=130"}).size() == 1);
        place.write("cut.fyj", end.out);
        CHECK(place.run({"replay", "cut.fyj", "--quiet"}).exit == 0);
    }

    TEST_CASE("an interruption is the journal's verdict, with processes too") {
        Workplace place;
        place.write("s.toml", long_run);
        Running run = place.piped({"run", "s.toml", "--quiet", "--journal", "-"});
        REQUIRE(run.read_until("task=s0.0/p1500#0 exec=e"));
        run.signal(SIGINT);
        CHECK(lines_with(run.wait().out, {"Z verdict=interrupted exit=130"}).size() == 1);
    }

    TEST_CASE("Ctrl-C ends the scenarios that were to follow") {
        Workplace place;
        place.write("s.toml", long_run);
        place.write("t.toml", long_run);
        Running run = place.piped({"run", "s.toml", "t.toml", "--quiet", "--journal", "-"});
        REQUIRE(run.read_until("task=s0.0/p1500#0 exec=e"));
        run.signal(SIGINT);
        const Finished end = run.wait();
        CHECK(end.exit == 130);
        CHECK(lines_with(end.out, {"#forkyard-journal"}).size() == 1);
    }

    TEST_CASE("a verification that is interrupted shows nothing, and says so: 143") {
        Workplace place;
        place.write("s.toml", long_run);
        place.write("t.toml", long_run);
        for (const std::string clock : {"wall", "virtual"}) {
            const std::string mark =
                "FORKYARD_CLI_TEST=" + std::to_string(::getpid()) + "-verify-" + clock;
            Running run = place.piped({"verify", "s.toml", "t.toml", "--clock", clock}, {mark});
            const std::size_t processes = clock == "wall" ? 3 : 1;
            REQUIRE(
                comes_true([&] { return processes_with(mark).size() >= processes; }, seconds{10}));
            run.signal(SIGTERM);
            const Finished end = run.wait();
            CHECK(end.exit == 143);
            CHECK(end.out.empty());
            CHECK(comes_true([&] { return processes_with(mark).empty(); }, seconds{1}));
        }
    }

    TEST_CASE("an executor that somebody kills under the virtual clock is an error: 3") {
        Workplace place;
        place.write("s.toml", long_run);
        const std::string mark = "FORKYARD_CLI_TEST=" + std::to_string(::getpid()) + "-own-end";
        Running run = place.piped({"run", "s.toml", "--quiet", "--journal", "-"}, {mark});
        REQUIRE(run.read_until("task=s0.0/p1500#0 exec=e"));
        auto others = processes_with(mark);
        others.erase(run.pid());
        REQUIRE(others.size() == 4);
        ::kill(*others.begin(), SIGKILL);
        const Finished end = run.wait();
        CHECK(end.exit == 3);
        CHECK(has(end.err, "died"));
        CHECK(comes_true([&] { return processes_with(mark).empty(); }, seconds{1}));
    }
}

}  // namespace forkyard::cli_testing::signals_test
