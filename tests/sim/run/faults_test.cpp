// What each fault does to a run under the virtual clock, to the microsecond.
#include <string>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::faults_test {

using testing::InlineRun;

namespace {

// One worker of one core, two tasks of 10 s, one after the other.
std::string world(const std::string& fault) {
    return R"(format = 1
name = "faults"
[cluster]
[[cluster.worker]]
name = "w"
cores = 1
memory = "2g"
[conf]
"spark.executor.cores" = 1
[[app]]
name = "a"
[[app.stage]]
name = "work"
tasks = 2
duration = "10s"
[expect]
outcome = "succeeded"
[[fault]]
)" + fault;
}

}  // namespace

TEST_SUITE("faults under the virtual clock") {
    TEST_CASE("without a hit a run takes what its tasks take") {
        const InlineRun run{
            world("kind = \"slow-task\"\nstage = \"work\"\npartition = 1\nfactor = 1.0\n")};
        CHECK(run.records.has(
            "20000000 task.finished app=a task=s0.0/p1#0 exec=e1 status=success run=10000000"));
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("slowness upon slowness is at most a million times") {
        std::string faults =
            "kind = \"slow-worker\"\nworker = \"w\"\nat = \"0s\"\nfactor = 100.0\n";
        for (int i = 0; i < 3; ++i) {
            faults += "[[fault]]\n" + faults.substr(0, faults.find("[[fault]]"));
        }
        const InlineRun run{world(faults), {"time_limit=8000h"}};
        CHECK(
            run.records.has("10000000000000 task.finished app=a task=s0.0/p0#0 exec=e1 "
                            "status=success run=10000000000000"));
    }

    TEST_CASE("a slow task takes factor times as long, and the fault is the very next event") {
        const InlineRun run{
            world("kind = \"slow-task\"\nstage = \"work\"\npartition = 0\nfactor = 2.5\n")};
        CHECK(run.records.has(
            "25000000 task.finished app=a task=s0.0/p0#0 exec=e1 status=success run=25000000"));
        CHECK(run.records.has("0 slow-task applied fault=0 app=a exec=e1 node=w task=s0.0/p0#0"));
    }

    TEST_CASE("a task fails at its progress, and its next try runs whole") {
        const InlineRun run{
            world("kind = \"fail-task\"\nstage = \"work\"\npartition = 0\nprogress = 30\nreason = "
                  "\"bad record\"\n")};
        CHECK(
            run.records.has("3000000 task.finished app=a task=s0.0/p0#0 exec=e1 status=failed "
                            "run=3000000 reason=\"bad record\""));
        CHECK(
            run.records.has("13000000 task.finished app=a task=s0.0/p0#1 exec=e1 status=success"));
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("a frozen task goes on after the thaw with what was left") {
        const InlineRun run{
            world("kind = \"freeze-executor\"\nat = \"4s\"\nexecutor = \"e1\"\nfor = \"3s\"\n")};
        CHECK(run.records.has("4000000 freeze-executor applied"));
        CHECK(run.records.has("7000000 freeze-executor ended"));
        CHECK(run.records.has(
            "13000000 task.finished app=a task=s0.0/p0#0 exec=e1 status=success run=13000000"));
    }

    TEST_CASE("DRV-04 an executor frozen for good is lost at the first check after the time-out") {
        const InlineRun run{world("kind = \"freeze-executor\"\nat = \"15s\"\nexecutor = \"e1\"\n")};
        // It beat last at 10 s and is missed at 20 s. At 120 s it has been silent for 110 s,
        // so the check at 180 s finds it.
        CHECK(run.records.has("20000000 heartbeat app=a exec=e1 state=silent since=10000000"));
        CHECK(run.records.has("180000000 timer what=expire-executors"));
        CHECK(run.records.has("180000000 executor.lost app=a exec=e1 reason=heartbeat-timeout"));
        CHECK(
            run.records.has("190000000 task.finished app=a task=s0.0/p1#1 exec=e2 status=success"));
    }

    TEST_CASE("a killed executor is replaced at once and its task runs again") {
        const InlineRun run{world("kind = \"kill-executor\"\nat = \"4s\"\nexecutor = \"e1\"\n")};
        CHECK(run.records.has("4000000 executor.lost app=a exec=e1 reason=killed code=137"));
        CHECK(run.records.has("4000000 executor.registered app=a exec=e2 node=w"));
        CHECK(run.records.has(
            "4000000 task.finished app=a task=s0.0/p0#0 exec=e1 status=executor-lost run=4000000"));
        CHECK(
            run.records.has("14000000 task.finished app=a task=s0.0/p0#1 exec=e2 status=success"));
    }

    TEST_CASE("a death that its driver hears of later changes nothing for the driver until then") {
        const InlineRun run{
            world("kind = \"exit-executor\"\nat = \"4s\"\nexecutor = \"e1\"\ncode = 52\nnotice = "
                  "\"3s\"\n")};
        CHECK(run.records.has("7000000 executor.lost app=a exec=e1 reason=exited code=52"));
        CHECK(run.records.has(
            "7000000 task.finished app=a task=s0.0/p0#0 exec=e1 status=executor-lost run=4000000"));
        // The room was free at 4 s: the new executor has taken the other task meanwhile.
        CHECK(run.records.has("4000000 executor.registered app=a exec=e2 node=w"));
        CHECK(
            run.records.has("14000000 task.finished app=a task=s0.0/p1#0 exec=e2 status=success"));
        CHECK(
            run.records.has("24000000 task.finished app=a task=s0.0/p0#1 exec=e2 status=success"));
    }

    TEST_CASE("an attempt that is to fail at its start takes no time") {
        const InlineRun run{world("kind = \"fail-task\"\npartition = 0\nprogress = 0\n")};
        CHECK(run.records.has("0 task.finished app=a task=s0.0/p0#0 exec=e1 status=failed run=0"));
    }

    TEST_CASE("an improbable fault of a launched attempt is drawn, and the draw recorded") {
        const InlineRun never{
            world("kind = \"fail-task\"\npartition = 0\nprobability = 0.0\noptional = true\n")};
        CHECK(never.records.of("fault.probability").size() == 1);
        CHECK(never.records.of("status=failed").empty());
        const InlineRun always{
            world("kind = \"slow-task\"\npartition = 0\nprobability = 0.999999\n"
                  "factor = 2.0\n")};
        CHECK(always.records.of("fault.probability").size() == 1);
        CHECK(always.records.has("20000000 task.finished app=a task=s0.0/p0#0 exec=e1"));
    }

    TEST_CASE("all partitions are hit, once each, where one would be without a number") {
        const InlineRun all{world("kind = \"fail-task\"\npartition = \"all\"\n")};
        CHECK(all.records.of("status=failed").size() == 2);
        const InlineRun one{world("kind = \"fail-task\"\n")};
        CHECK(one.records.of("status=failed").size() == 1);
    }

    TEST_CASE("`times` counts applications, not draws without luck") {
        const InlineRun run{
            world("kind = \"slow-task\"\nprobability = 0.000001\noptional = true\n"
                  "when = { kind = \"task.launch\" }\n")};
        CHECK(run.records.of("fault.probability").size() == 2);
    }

    TEST_CASE("a worker lost without notice is missed by its master after spark.worker.timeout") {
        const InlineRun run{
            world("kind = \"lose-worker\"\nat = \"4s\"\nworker = \"w\"\nfor = \"200s\"\n")};
        CHECK(run.records.has("15000000 worker.heartbeat node=w state=silent since=0"));
        // The master looks at every minute, and then the beat of 0 s is more than one old.
        CHECK(run.records.has("120000000 timer what=worker-timeout app=- node=w"));
        CHECK(run.records.has("120000000 worker.lost node=w"));
        CHECK(run.records.has("120000000 executor.lost app=a exec=e1 reason=worker-lost"));
        CHECK(run.records.has("204000000 worker.joined node=w"));
        CHECK(
            run.records.has("214000000 task.finished app=a task=s0.0/p0#1 exec=e2 status=success"));
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("a worker that is slow makes attempts slow that are launched from then on") {
        const InlineRun run{
            world("kind = \"slow-worker\"\nat = \"4s\"\nworker = \"w\"\nfactor = 3.0\n")};
        CHECK(run.records.has("10000000 task.finished app=a task=s0.0/p0#0"));
        CHECK(run.records.has(
            "40000000 task.finished app=a task=s0.0/p1#0 exec=e1 status=success run=30000000"));
    }

    TEST_CASE("a fault without effect fails the run unless it is optional") {
        const std::string fault = "kind = \"kill-executor\"\nat = \"4s\"\nexecutor = \"e9\"\n";
        const InlineRun run{world(fault)};
        CHECK(run.result.report.exit == Exit::failed);
        CHECK(run.records.has("20000000 kill-executor noeffect fault=0"));
        const InlineRun optional{world(fault + "optional = true\n")};
        CHECK(optional.result.report.exit == Exit::ok);
    }

    TEST_CASE("SCH-TSM-15 four counted failures of one task end the application") {
        const InlineRun run{
            world("kind = \"fail-task\"\nstage = \"work\"\npartition = 0\nattempt = "
                  "\"all\"\nprogress = 10\nreason = \"boom\"\n")};
        CHECK(run.result.report.exit == Exit::failed);
        const auto ends = run.records.of("job.finish");
        REQUIRE(ends.size() == 1);
        CHECK(ends[0] ==
              "job.finish app=a job=j0 status=failed reason=\"Job aborted due to stage failure: "
              "Task 0 in stage s0.0 "
              "failed 4 times, most recent failure: boom\"");
        CHECK(run.records.has("app.finish app=a status=failed"));
    }
}

TEST_SUITE("runs that do not end") {
    TEST_CASE("an application whose executors fit nowhere waits, and the run says for what") {
        const InlineRun run{R"(format = 1
[cluster]
[[cluster.worker]]
name = "w"
cores = 2
memory = "2g"
[conf]
"spark.executor.cores" = 4
[[app]]
name = "a"
[[app.stage]]
name = "work"
tasks = 2
)"};
        CHECK(run.result.verdict == Verdict::stuck);
        CHECK(run.result.report.exit == Exit::inconclusive);
        REQUIRE(run.result.waiting.size() == 2);
        CHECK(
            run.result.waiting[0] ==
            "a: 2 tasks of stage s0.0 wait for a free slot of 1 core: no executor has registered");
    }
}

}  // namespace forkyard::sim::faults_test
