// Tasks that hang under the virtual clock, and the task reaper.
#include <string>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::hangs_test {

using testing::InlineRun;
using testing::stage;

namespace {

// Two workers of one core. Messages take 1 ms, so a first task starts at 2 ms after its
// executor was asked for, and one of 4 s is over at 4003 ms.
std::string world(const std::string& app, const std::string& faults, const std::string& conf = {}) {
    return R"(format = 1
[cluster]
message_delay = "1ms"
[[cluster.worker]]
name = "w"
count = 2
cores = 1
memory = "4g"
[conf]
"spark.executor.cores" = 1
"spark.executor.memory" = "1g"
"forkyard.offers" = "in-order"
)" + conf + "[[app]]\nname = \"a\"\n" +
           app + faults;
}

std::string hang(const std::string& keys) {
    return "[[fault]]\nkind = \"hang-task\"\n" + keys;
}

const char* const first_task = "stage = \"s\"\npartition = 0\n";
const char* const launch_of_first = "when = { kind = \"task.launch\", partition = 0 }\n";

// A job of two tasks that is cancelled at 2 s, and one of four tasks of ten seconds that comes
// at 3 s. The first task of the first one hangs.
std::string cancelled(const std::string& conf, const std::string& faults) {
    return world(stage("s", 2, "5s") + stage("t", 4, "10s") +
                     "[[app.job]]\nof = \"s\"\ncancel_at = \"2s\"\n"
                     "[[app.job]]\nof = \"t\"\nthread = \"2\"\nat = \"3s\"\n",
                 faults,
                 conf);
}

std::string reaper(const std::string& timeout, const std::string& interval) {
    return "\"spark.task.reaper.enabled\" = true\n\"spark.task.reaper.killTimeout\" = \"" +
           timeout + "\"\n\"spark.task.reaper.pollingInterval\" = \"" + interval + "\"\n";
}

}  // namespace

TEST_SUITE("tasks that hang") {
    TEST_CASE("it goes on with what was left, from its start or on the way") {
        for (const std::string& when : {std::string{first_task},
                                        std::string{"at = \"1s\"\n"} + first_task,
                                        std::string{launch_of_first} + "delay = \"1s\"\n"}) {
            const InlineRun run{world(stage("s", 2, "4s"), hang(when + "for = \"10s\"\n"))};
            CHECK(run.records.of("hang-task ended").size() == 1);
            const bool from_start = when == first_task;
            // Launched at 2 ms and there at 3 ms: from its start it hangs a millisecond less.
            CHECK(run.records.has(from_start ? "14003000 task.finished app=a task=s0.0/p0#0 exec=e1"
                                             : "14004000 task.finished app=a task=s0.0/p0#0 "
                                               "exec=e1"));
            CHECK(run.records.has("4004000 task.finished app=a task=s0.0/p1#0 exec=e2"));
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("for no time at all it begins and ends, in this order") {
        const InlineRun run{
            world(stage("s", 2, "4s"), hang(std::string{first_task} + "for = \"0s\"\n"))};
        const auto records = run.records.of("hang-task");
        REQUIRE(records.size() == 2);
        CHECK(records[0].starts_with("2000 hang-task applied"));
        CHECK(records[1].starts_with("2000 hang-task ended"));
        CHECK(run.records.has("4004000 task.finished app=a task=s0.0/p0#0"));
    }

    TEST_CASE("deaf to a kill, it keeps its slot and says that it was killed when it goes on") {
        const InlineRun run{cancelled("", hang(std::string{first_task} + "for = \"7s\"\n"))};
        CHECK(run.records.has("2002000 task.finished app=a task=s0.0/p1#0 exec=e2 status=killed"));
        CHECK(run.records.has("7003000 task.finished app=a task=s0.0/p0#0 exec=e1 status=killed"));
        // Only then its slot takes a task of the second job.
        CHECK(run.records.has("17005000 task.finished app=a task=s1.0/p1#0 exec=e1"));
    }

    TEST_CASE("for good, it keeps its slot for good") {
        const InlineRun run{cancelled("", hang(first_task))};
        CHECK(run.records.of("exec=e1 status=success").empty());
        CHECK(run.records.of("exec=e2 status=success").size() == 4);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("a run in which it is all that is left ends, and says so") {
        const InlineRun run{world(stage("s", 2, "4s"), hang(first_task))};
        CHECK(run.result.report.exit == Exit::inconclusive);
        CHECK(run.result.verdict == Verdict::stuck);
        REQUIRE(run.result.waiting.size() == 2);
        CHECK(run.result.waiting[0] == "a: stage s0.0 waits for 1 running task");
        CHECK(run.result.waiting[1] == "a: task s0.0/p0#0 hangs on e1");
    }

    TEST_CASE("a second hang of the same attempt, and a failure of one that hangs: no effect") {
        for (const char* const second : {"hang-task", "fail-task"}) {
            const InlineRun run{world(stage("s", 2, "4s"),
                                      hang(std::string{first_task} + "for = \"10s\"\n") +
                                          "[[fault]]\noptional = true\nkind = \"" + second +
                                          "\"\nat = \"1s\"\ntimes = 1\n" + first_task)};
            CHECK(run.records.of(std::string{second} + " noeffect").size() == 1);
            CHECK(
                run.records.has("14003000 task.finished app=a task=s0.0/p0#0 exec=e1 "
                                "status=success"));
        }
    }

    TEST_CASE("what was to end while its report is under way cannot hang any more") {
        const InlineRun run{
            world(stage("s", 2, "4s"),
                  hang("at = \"4003500us\"\noptional = true\n" + std::string{first_task}))};
        CHECK(run.records.of("hang-task noeffect").size() == 1);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("slowed while it hangs, what was left takes longer") {
        const InlineRun run{
            world(stage("s", 2, "4s"),
                  hang("at = \"1003ms\"\nfor = \"10s\"\n" + std::string{first_task}) +
                      "[[fault]]\nkind = \"slow-task\"\nfactor = 2.0\n"
                      "delay = \"5s\"\n" +
                      launch_of_first)};
        CHECK(run.records.has("17004000 task.finished app=a task=s0.0/p0#0"));
    }

    TEST_CASE("frozen and hanging, its time stands still until both are over") {
        const auto ends = [](const std::string& hang_at,
                             const std::string& hang_for,
                             const std::string& freeze_at,
                             const std::string& freeze_for) {
            const InlineRun run{
                world(stage("s", 2, "4s"),
                      hang("at = \"" + hang_at + "\"\nfor = \"" + hang_for + "\"\n" + first_task) +
                          "[[fault]]\nkind = \"freeze-executor\"\nexecutor = \"e1\"\nat = \"" +
                          freeze_at + "\"\nfor = \"" + freeze_for + "\"\n")};
            const auto ended = run.records.of("task.finished app=a task=s0.0/p0#0");
            REQUIRE(ended.size() == 1);
            return std::stol(ended[0]);
        };
        CHECK(ends("1s", "2s", "2s", "4s") == 9'004'000);  // stands still from 1 to 6
        CHECK(ends("1s", "5s", "2s", "1s") == 9'004'000);  // from 1 to 6
        CHECK(ends("2s", "4s", "1s", "2s") == 9'004'000);  // from 1 to 6
        CHECK(ends("2s", "1s", "1s", "5s") == 9'004'000);  // from 1 to 6
        CHECK(ends("1s", "1s", "3s", "1s") == 6'004'000);  // from 1 to 2 and from 3 to 4
    }

    TEST_CASE("killed while it hangs and its executor is frozen, it says so at the thaw") {
        const InlineRun run{
            cancelled("",
                      hang(std::string{first_task} + "for = \"4s\"\n") +
                          "[[fault]]\nkind = \"freeze-executor\"\nexecutor = \"e1\"\nat = \"1s\"\n"
                          "for = \"5s\"\n")};
        CHECK(run.records.has("6001000 task.finished app=a task=s0.0/p0#0 exec=e1 status=killed"));
    }

    TEST_CASE("a holder lost while it reads and hangs: the fetch fails once it goes on") {
        const std::string app = stage("m", 2, "1s") + "shuffle_write = \"1m\"\n" +
                                stage("s", 1, "1s") + "parents = [\"m\"]\n";
        const auto run_with = [&](const std::string& hang_at) {
            return InlineRun{world(app,
                                   hang(hang_at + "stage = \"s\"\nfor = \"6s\"\n") +
                                       "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e2\"\n"
                                       "at = \"3s\"\n")};
        };
        // From its start it has read nothing yet; at 1500 ms it has read all.
        const InlineRun reading = run_with("");
        CHECK(reading.records.of("status=fetch-failed").size() == 1);
        CHECK(reading.records.of("task.finished app=a task=s1.0/p0#0")[0].starts_with("700"));
        CHECK(run_with("at = \"1500ms\"\n").records.of("status=fetch-failed").empty());
    }

    TEST_CASE("lost with its executor, it is run again elsewhere") {
        const InlineRun run{world(stage("s", 2, "4s"),
                                  hang(std::string{first_task} + "for = \"20s\"\n") +
                                      "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\n"
                                      "at = \"1s\"\n")};
        CHECK(run.records.of("task.finished app=a task=s0.0/p0#1").size() == 1);
        CHECK(run.records.of("hang-task ended").empty());
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("a task of a dataset hangs before, while and after its records are made") {
        for (const char* const when : {"", "at = \"100ms\"\n", "at = \"900ms\"\n"}) {
            const InlineRun run{
                world("[[app.dataset]]\nname = \"s\"\nsteps = [\n"
                      "  { range = [0, 10], partitions = 2, cost = \"1s\" } ]\n"
                      "[[app.job]]\nof = \"s\"\naction = \"count\"\n",
                      hang(std::string{when} + first_task + "for = \"10s\"\n"))};
            const bool from_start = std::string{when}.empty();
            CHECK(run.records.has(from_start ? "11003000 task.finished app=a task=s0.0/p0#0"
                                             : "11004000 task.finished app=a task=s0.0/p0#0"));
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("a task of a dataset that is to fail half way does so, however long it hung") {
        const InlineRun run{
            world("[[app.dataset]]\nname = \"s\"\nsteps = [\n"
                  "  { range = [0, 10], partitions = 2, cost = \"1s\" } ]\n"
                  "[[app.job]]\nof = \"s\"\naction = \"count\"\n",
                  hang(std::string{first_task} + "for = \"10s\"\n") +
                      "[[fault]]\nkind = \"fail-task\"\nprogress = 50\n" + first_task)};
        CHECK(run.records.has("10503000 task.finished app=a task=s0.0/p0#0 exec=e1 status=failed"));
    }
}

TEST_SUITE("the task reaper") {
    TEST_CASE("at the first look after killTimeout it ends the executor, with code 57") {
        const auto lost_at = [](const std::string& timeout, const std::string& interval) {
            const InlineRun run{cancelled(reaper(timeout, interval), hang(first_task))};
            const auto lost = run.records.of("executor.lost app=a exec=e1 reason=exited code=57");
            REQUIRE(lost.size() == 1);
            CHECK(run.records.of("task=s0.0/p0#0 exec=e1 status=executor-lost").size() == 1);
            CHECK(run.result.report.exit == Exit::ok);
            return std::stol(lost[0]);
        };
        // The kill of 2000 ms is there at 2001 ms.
        CHECK(lost_at("1s", "10s") == 12'001'000);
        CHECK(lost_at("10s", "10s") == 12'001'000);
        CHECK(lost_at("10001ms", "10s") == 22'001'000);
        CHECK(lost_at("1s", "300ms") == 3'201'000);
    }

    TEST_CASE("without killTimeout, or when it is not enabled, it ends nothing") {
        for (const std::string& conf :
             {reaper("-1", "1s"),
              reaper("0", "1s"),
              std::string{"\"spark.task.reaper.enabled\" = true\n"},
              std::string{"\"spark.task.reaper.killTimeout\" = \"1s\"\n"}}) {
            const InlineRun run{cancelled(conf, hang(first_task))};
            CHECK(run.records.of("code=57").empty());
        }
    }

    TEST_CASE("what has ended in time is left alone") {
        const InlineRun run{
            cancelled(reaper("3s", "1s"), hang(std::string{first_task} + "for = \"4s\"\n"))};
        CHECK(run.records.has("4003000 task.finished app=a task=s0.0/p0#0 exec=e1 status=killed"));
        CHECK(run.records.of("code=57").empty());
    }

    TEST_CASE("it stands still with its executor, and looks at the thaw") {
        const InlineRun run{cancelled(reaper("1s", "1s"),
                                      hang(first_task) +
                                          "[[fault]]\nkind = \"freeze-executor\"\n"
                                          "executor = \"e1\"\nat = \"2500ms\"\nfor = \"5s\"\n")};
        CHECK(run.records.has("7500000 executor.lost app=a exec=e1 reason=exited code=57"));
    }

    TEST_CASE("each application has its own") {
        const std::string job =
            "[[app.job]]\nof = \"s\"\ncancel_at = \"2s\"\n"
            "[[app.job]]\nof = \"s\"\nthread = \"2\"\nat = \"5s\"\n";
        const InlineRun run{world("[app.conf]\n" + reaper("1s", "1s") + stage("s", 1, "5s") + job +
                                      "[[app]]\nname = \"b\"\n" + stage("s", 1, "5s") + job,
                                  hang("attempt = \"all\"\nat = \"1s\"\ntimes = 2\n"),
                                  "\"spark.cores.max\" = 1\n")};
        CHECK(run.records.of("app=a exec=e1 reason=exited code=57").size() == 1);
        CHECK(run.records.of("code=57").size() == 1);
        CHECK(run.records.of("hang-task applied").size() == 2);
    }

    TEST_CASE("a task of real data that goes on in a frozen executor ends after the thaw") {
        const InlineRun run{
            "format = 1\n[[cluster.worker]]\nname = \"w\"\ncores = 4\nmemory = \"12g\"\n[[app]]\n"
            "name = \"a\"\n[[app.dataset]]\nname = \"d\"\nsteps = [{ range = 7, partitions = 7 }]\n"
            "[[fault]]\nkind = \"hang-task\"\nstage = \"d\"\npartition = 0\nfor = \"120ms\"\n"
            "[[fault]]\nkind = \"freeze-executor\"\nwhen = { kind = \"task.finished\" }\n"
            "for = \"1s\"\n"};
        CHECK(run.result.report.exit == Exit::ok);
    }
}

}  // namespace forkyard::sim::hangs_test
