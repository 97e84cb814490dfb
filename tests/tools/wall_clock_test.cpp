// Runs under the wall clock: real time, real work, real signals, by faults and by hand. What
// takes how long is asserted as lower bounds alone, since any machine may be slower.
#include <csignal>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::wall_clock_test {

namespace {

// Two executors of one slot each, and four tasks: two rounds.
std::string wall_run(const std::string& stage,
                     const std::string& rest = {},
                     const std::string& conf = {}) {
    return R"(format = 1
clock = "wall"
time_limit = "15s"
[cluster]
[[cluster.worker]]
name = "w"
count = 2
cores = 1
memory = "2g"
[conf]
"spark.executor.cores" = 1
)" + conf + R"([[app]]
name = "a"
[[app.stage]]
name = "work"
tasks = 4
)" + stage +
           rest;
}

// A map and a reduce stage over real data, with some time on each row.
const std::string real_job = R"(format = 1
clock = "wall"
time_limit = "15s"
[cluster]
[[cluster.worker]]
name = "w"
count = 2
cores = 1
memory = "2g"
[conf]
"spark.executor.cores" = 1
[[app]]
name = "a"
[[app.dataset]]
name = "sums"
steps = [
  { range = [0, 400], partitions = 4 },
  { key_by = "identity", cost = "50ms" },
  { map_values = "constant", args = [1] },
  { reduce_by_key = "sum", partitions = 2 },
  { map = "identity", cost = "1s" },
]
[[app.job]]
of = "sums"
action = "count"
)";

}  // namespace

TEST_SUITE("wall clock") {
    TEST_CASE("tasks take real time, side by side, and the replay agrees") {
        Workplace place;
        place.write("s.toml", wall_run("duration = \"100ms\"\n"));
        const auto began = Clock::now();
        const Finished run = place.run({"run", "s.toml", "--json", "--journal", "j.fyj"});
        CHECK(Clock::now() - began >= std::chrono::milliseconds{200});
        REQUIRE(run.exit == 0);
        CHECK(run.json()["clock"] == "wall");
        CHECK(run.json()["makespan_us"] >= 200'000);
        CHECK(run.json()["tasks"]["succeeded"] == 4);
        for (const std::string& line : lines_with(place.read("j.fyj"), {"task.finished"})) {
            CHECK(std::stol(value_of(line, "run")) >= 100'000);
        }
        const Finished replay = place.run({"replay", "j.fyj"});
        CHECK(replay.exit == 0);
        CHECK(has(replay.out, "agree"));
    }

    TEST_CASE("spinning takes processor time, sleeping does not") {
        Workplace place;
        place.write("sleep.toml", wall_run("duration = \"200ms\"\n"));
        place.write("spin.toml", wall_run("duration = \"200ms\"\nwork = \"spin\"\n"));
        const auto processor_seconds = [&](const std::string& file) {
            const Finished timed = place.shell(
                "bash -c 'TIMEFORMAT=%U+%S; time " FORKYARD_BINARY " run " + file + " --quiet'");
            REQUIRE(timed.exit == 0);
            std::istringstream in{timed.err};
            double user = 0;
            double system = 0;
            char plus = 0;
            in >> user >> plus >> system;
            return user + system;
        };
        const double spinning = processor_seconds("spin.toml");
        CHECK(spinning >= 0.8);  // 4 x 200 ms
        CHECK(spinning - processor_seconds("sleep.toml") >= 0.4);
    }

    TEST_CASE("inline executors are refused as wrong usage") {
        Workplace place;
        place.write("s.toml", wall_run("duration = \"1ms\"\n"));
        CHECK(place.run({"run", "s.toml", "--executors", "inline"}).exit == 64);
        CHECK(place.run({"run", "s.toml", "--executors", "inline", "--clock", "virtual"}).exit ==
              0);
    }

    TEST_CASE("verify records once and replays") {
        Workplace place;
        place.write("s.toml", wall_run("duration = \"5ms\"\n"));
        const Finished verified = place.run({"verify", "s.toml"});
        CHECK(verified.exit == 0);
        CHECK(has(verified.out, "recorded once and replayed"));
    }

    TEST_CASE("an executor killed by hand is lost, and its tasks run elsewhere") {
        Workplace place;
        place.write("s.toml", wall_run("duration = \"600ms\"\n"));
        Running run = place.piped({"run", "s.toml", "--journal", "-", "--quiet"});
        REQUIRE(run.read_until("task.launch"));
        const int victim = executor_pid(run.pid(), "e1");
        REQUIRE(victim > 0);
        REQUIRE(::kill(victim, SIGKILL) == 0);
        const Finished finished = run.wait();
        CHECK(finished.exit == 0);
        const auto lost =
            lines_with(finished.out, {"executor.lost", "exec=e1", "reason=killed", "code=137"});
        CHECK(lost.size() == 1);
        CHECK(lines_with(finished.out, {"task.finished", "status=executor-lost"}).size() == 1);
        CHECK(lines_with(finished.out, {"task.finished", "status=success"}).size() == 4);
        CHECK(has(finished.err, "executor process e1 (a on "));
        CHECK(has(finished.err, "died by itself: killed by SIGKILL (9)"));
    }

    TEST_CASE("an executor stopped by hand is given up for its silence") {
        Workplace place;
        place.write("s.toml",
                    wall_run("duration = \"600ms\"\n",
                             {},
                             "\"spark.executor.heartbeatInterval\" = \"50ms\"\n"
                             "\"spark.network.timeout\" = \"400ms\"\n"
                             "\"spark.network.timeoutInterval\" = \"100ms\"\n"));
        Running run = place.piped({"run", "s.toml", "--journal", "-", "--quiet"});
        REQUIRE(run.read_until("task.launch"));
        const int victim = executor_pid(run.pid(), "e2");
        REQUIRE(victim > 0);
        REQUIRE(::kill(victim, SIGSTOP) == 0);
        const Finished finished = run.wait();
        CHECK(finished.exit == 0);
        CHECK(lines_with(finished.out, {"heartbeat", "exec=e2", "state=silent"}).size() == 1);
        CHECK(lines_with(finished.out, {"executor.lost", "exec=e2"}).size() == 1);
        CHECK(lines_with(finished.out, {"task.finished", "status=success"}).size() == 4);
        CHECK(::kill(victim, 0) != 0);
    }

    TEST_CASE("kill-executor and exit-executor end real processes, told apart") {
        Workplace place;
        place.write("s.toml",
                    wall_run("duration = \"150ms\"\n",
                             "[[fault]]\nkind = \"kill-executor\"\nat = \"50ms\"\n"
                             "executor = \"e1\"\n"
                             "[[fault]]\nkind = \"exit-executor\"\ncode = 3\nat = \"60ms\"\n"
                             "executor = \"e2\"\n"));
        const Finished run = place.run({"run", "s.toml", "--journal", "j.fyj", "--quiet"});
        CHECK(run.exit == 0);
        CHECK(run.err.empty());
        const std::string journal = place.read("j.fyj");
        CHECK(lines_with(journal, {"executor.lost", "exec=e1 reason=killed code=137"}).size() == 1);
        CHECK(lines_with(journal, {"executor.lost", "exec=e2 reason=exited code=3"}).size() == 1);
        CHECK(lines_with(journal, {"task.finished", "status=success"}).size() == 4);
        CHECK(place.run({"replay", "j.fyj"}).exit == 0);
    }

    TEST_CASE("a frozen executor goes on with what was left") {
        Workplace place;
        place.write("s.toml",
                    wall_run("duration = \"1s\"\n",
                             "[[fault]]\nkind = \"freeze-executor\"\ndelay = \"50ms\"\n"
                             "when = { kind = \"task.launch\", exec = \"e1\" }\n"
                             "for = \"400ms\"\n",
                             "\"spark.executor.heartbeatInterval\" = \"50ms\"\n"));
        const Finished run = place.run({"run", "s.toml", "--journal", "j.fyj", "--quiet"});
        CHECK(run.exit == 0);
        const std::string journal = place.read("j.fyj");
        const auto frozen = lines_with(journal, {"task.finished", "exec=e1 status=success"});
        REQUIRE(frozen.size() >= 1);
        CHECK(std::stol(value_of(frozen.front(), "run")) >= 1'350'000);
        CHECK(lines_with(journal, {"heartbeat", "exec=e1", "state=silent"}).size() >= 1);
        CHECK(lines_with(journal, {"heartbeat", "exec=e1", "state=back"}).size() >= 1);
        CHECK(place.run({"replay", "j.fyj"}).exit == 0);
    }

    TEST_CASE("a task that hangs is deaf to a kill, until it goes on or the reaper comes") {
        // A copy wins while the first attempt hangs; one more stage follows.
        const auto journal_of = [](const std::string& conf, const std::string& hang) {
            Workplace place;
            const std::string text = wall_run(
                "duration = \"50ms\"\n[[app.stage]]\nname = \"next\"\n"
                "parents = [\"work\"]\ntasks = 1\nduration = \"2s\"\n",
                "[[fault]]\nkind = \"hang-task\"\nstage = \"work\"\npartition = 1\n" + hang,
                "\"spark.speculation\" = true\n\"spark.speculation.quantile\" = 0.5\n" + conf);
            place.write("s.toml", text);
            const Finished run = place.run({"run", "s.toml", "--journal", "j.fyj", "--quiet"});
            INFO(run.err);
            CHECK(run.exit == 0);
            CHECK(place.run({"replay", "j.fyj"}).exit == 0);
            return place.read("j.fyj");
        };
        const auto ends = [](const std::string& journal) {
            return lines_with(journal, {"task.finished", "task=s0.0/p1#0 "});
        };
        const auto healed = ends(journal_of("", "for = \"2s\"\n"));
        REQUIRE(healed.size() == 1);
        CHECK(has(healed[0], "status=killed"));
        CHECK(std::stol(value_of(healed[0], "run")) >= 1'900'000);

        const std::string reaped = journal_of(
            "\"spark.task.reaper.enabled\" = true\n"
            "\"spark.task.reaper.pollingInterval\" = \"200ms\"\n"
            "\"spark.task.reaper.killTimeout\" = \"300ms\"\n",
            "");
        CHECK(lines_with(reaped, {"executor.lost", "reason=exited code=57"}).size() == 1);
        REQUIRE(ends(reaped).size() == 1);
        CHECK(has(ends(reaped)[0], "status=executor-lost"));
    }

    TEST_CASE("tasks and workers are slowed, and tasks fail, as asked") {
        Workplace place;
        place.write(
            "s.toml",
            wall_run("duration = \"40ms\"\n",
                     "[[fault]]\nkind = \"slow-task\"\nfactor = 5.0\n"
                     "stage = \"work\"\npartition = 0\n"
                     "[[fault]]\nkind = \"fail-task\"\nprogress = 50\nreason = \"bad row\"\n"
                     "stage = \"work\"\npartition = 1\n"
                     "[[fault]]\nkind = \"slow-task\"\nfactor = 6.0\n"
                     "when = { kind = \"task.launch\", stage = \"work\", partition = 3 }\n"));
        const Finished run = place.run({"run", "s.toml", "--journal", "j.fyj", "--quiet"});
        CHECK(run.exit == 0);
        const std::string journal = place.read("j.fyj");
        const auto ran = [&](const std::string& task) {
            const auto lines = lines_with(journal, {"task.finished", "task=" + task + " "});
            REQUIRE(lines.size() == 1);
            return std::stol(value_of(lines.front(), "run"));
        };
        CHECK(ran("s0.0/p0#0") >= 200'000);
        CHECK(ran("s0.0/p1#0") >= 20'000);
        CHECK(ran("s0.0/p1#1") >= 40'000);
        CHECK(ran("s0.0/p3#0") >= 200'000);
        CHECK(
            lines_with(journal, {"task.finished", "status=failed", "reason=\"bad row\""}).size() ==
            1);
        CHECK(place.run({"replay", "j.fyj"}).exit == 0);
    }

    TEST_CASE("a lost worker takes its executors with it, and a slow one keeps them") {
        Workplace place;
        place.write("s.toml",
                    wall_run("duration = \"100ms\"\n",
                             "[[fault]]\nkind = \"slow-worker\"\nat = \"0s\"\nfactor = 2.0\n"
                             "worker = \"w-1\"\n"
                             "[[fault]]\nkind = \"lose-worker\"\nat = \"150ms\"\n"
                             "notice = \"10ms\"\nworker = \"w-2\"\n"));
        const Finished run = place.run({"run", "s.toml", "--journal", "j.fyj", "--quiet"});
        CHECK(run.exit == 0);
        const std::string journal = place.read("j.fyj");
        CHECK(lines_with(journal, {"worker.lost", "node=w-2"}).size() == 1);
        CHECK(lines_with(journal, {"executor.lost", "reason=worker-lost"}).size() == 1);
        for (const std::string& line :
             lines_with(journal, {"task.finished", "exec=e1", "status=success"})) {
            CHECK(std::stol(value_of(line, "run")) >= 200'000);
        }
        CHECK(place.run({"replay", "j.fyj"}).exit == 0);
    }

    TEST_CASE("a real shuffle survives the death of a holder, by fault and by hand") {
        Workplace place;
        place.write("s.toml", real_job);
        Running run = place.piped({"run", "s.toml", "--json", "--journal", "-"});
        REQUIRE(run.read_until("s1.0/p0#0"));
        const int victim = executor_pid(run.pid(), "e1");
        REQUIRE(victim > 0);
        REQUIRE(::kill(victim, SIGKILL) == 0);
        const Finished by_hand = run.wait();
        CHECK(by_hand.exit == 0);
        CHECK(lines_with(by_hand.out, {"map-output.unregister"}).size() >= 1);

        place.write("f.toml",
                    real_job +
                        "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\n"
                        "when = { kind = \"stage.submit\", stage = \"s1\" }\n");
        const Finished by_fault = place.run({"run", "f.toml", "--json", "--journal", "j.fyj"});
        REQUIRE(by_fault.exit == 0);
        CHECK(by_fault.json()["apps"][0]["jobs"][0]["result"] == 400);
        CHECK(lines_with(place.read("j.fyj"), {"map-output.unregister"}).size() >= 1);
        CHECK(place.run({"replay", "j.fyj"}).exit == 0);
    }

    TEST_CASE("an interruption ends it cleanly, and the journal can be read") {
        Workplace place;
        place.write("s.toml", wall_run("duration = \"10s\"\n"));
        Running run = place.started({"run", "s.toml", "--journal", "j.fyj"});
        REQUIRE(comes_true([&] { return has(place.read("j.fyj"), "task.launch"); },
                           std::chrono::seconds{10}));
        const int executor = executor_pid(run.pid(), "e1");
        REQUIRE(executor > 0);
        run.signal(SIGINT);
        CHECK(run.wait().exit == 130);
        CHECK(::kill(executor, 0) != 0);
        CHECK(place.run({"replay", "j.fyj"}).exit == 0);
    }

    TEST_CASE("the time limit is real time") {
        Workplace place;
        place.write("s.toml", wall_run("duration = \"10s\"\n"));
        const Finished run = place.run({"run", "s.toml", "--set", "time_limit=200ms"});
        CHECK(run.exit == 2);
        CHECK(has(run.err, "the time limit has come"));
    }
}

}  // namespace forkyard::cli_testing::wall_clock_test
