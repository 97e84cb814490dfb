// Losses at awkward moments under the virtual clock: before anybody knows, while frozen, with
// reports under way. What a task sees depends on virtual times alone.
#include <string>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::losses_test {

using testing::InlineRun;
using testing::stage;

namespace {

// Two workers with room for one executor of two cores each.
std::string world(const std::string& app,
                  const std::string& faults,
                  const std::string& cluster = {},
                  const std::string& conf = {}) {
    return "format = 1\n[cluster]\n" + cluster + R"([[cluster.worker]]
name = "w"
count = 2
cores = 2
memory = "4g"
[conf]
"spark.executor.cores" = 2
"spark.executor.memory" = "1g"
"forkyard.offers" = "in-order"
)" + conf + "[[app]]\nname = \"a\"\n" +
           app + faults;
}

}  // namespace

TEST_SUITE("losses") {
    TEST_CASE("DP-SHUF-09 a task with nothing to read from a dead holder does not need it") {
        const InlineRun run{
            world("[[app.dataset]]\nname = \"d\"\nsteps = [\n"
                  "  { values = [1, 20, 1, 20], partitions = 4 },\n  { key_by = \"identity\" },\n"
                  "  { reduce_by_key = \"sum\", partitions = 40, cost = \"1s\" },\n]\n"
                  "[[app.job]]\nof = \"d\"\naction = \"collect\"\n",
                  "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\nat = \"500ms\"\n"
                  "notice = \"500s\"\n")};
        CHECK(run.result.report.exit == Exit::ok);
        REQUIRE(run.result.report.results.size() == 1);
        CHECK(rows_of(run.result.report.results[0]).size() == 2);
    }

    TEST_CASE("a dead executor's room is free before its driver knows") {
        const InlineRun run{
            world(stage("s", 8, "3s"),
                  "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\nat = \"1s\"\n"
                  "notice = \"5s\"\n")};
        CHECK(run.records.has("1000000 executor.exited app=a exec=e1"));
        CHECK(run.records.has("1000000 executor.registered app=a exec=e3 node=w-1"));
        CHECK(run.records.has("6000000 executor.lost app=a exec=e1 reason=killed"));
        CHECK(run.records.of("executor.launch").size() == 3);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("a driver that learns at once has no other record of the end") {
        const InlineRun run{
            world(stage("s", 8, "3s"),
                  "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\nat = \"1s\"\n")};
        CHECK(run.records.of("executor.exited").empty());
        CHECK(run.records.has("1000000 executor.lost app=a exec=e1 reason=killed"));
    }

    TEST_CASE("a lost worker tells nobody that its executors ended") {
        const InlineRun run{
            world(stage("s", 8, "3s"),
                  "[[fault]]\nkind = \"lose-worker\"\nworker = \"w-1\"\nat = \"1s\"\n"
                  "notice = \"5s\"\n")};
        CHECK(run.records.of("executor.exited").empty());
        CHECK(run.records.of("executor.launch").size() == 2);
    }

    TEST_CASE("an executor killed before it registers is replaced though nobody tells the driver") {
        const InlineRun run{
            world(stage("s", 4, "1s"),
                  "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\nnotice = \"never\"\n"
                  "when = { kind = \"executor.launch\", exec = \"e1\" }\n",
                  "executor_start = \"500ms\"\n")};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(run.records.has("0 executor.exited app=a exec=e1"));
        CHECK(run.records.has("500000 executor.registered app=a exec=e3 node=w-1"));
    }

    TEST_CASE("a kill at the very end of an application befalls nobody, and all attempts end") {
        const InlineRun run{
            world("kill_at = \"500ms\"\n" + stage("s", 4, "1s"),
                  "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\noptional = true\n"
                  "when = { kind = \"app.finish\" }\n[expect]\noutcome = \"killed\"\n")};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(run.records.of("status=killed run=500000").size() == 4);
        CHECK(run.records.of("reason=app-finished").size() == 2);
    }

    TEST_CASE("an executor that never registered is none that was lost") {
        const InlineRun run{world(stage("s", 4, "1s"),
                                  "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\n"
                                  "when = { kind = \"executor.launch\", exec = \"e1\" }\n",
                                  "executor_start = \"500ms\"\n")};
        CHECK(run.result.report.summary.executor_counts.started == 2);
        CHECK(run.result.report.summary.executor_counts.lost == 0);
    }

    TEST_CASE("a worker that is back before its loss was known is lost first, then joins") {
        const InlineRun run{
            world("submit_at = \"10s\"\n" + stage("s", 4, "1s"),
                  "[[fault]]\nkind = \"lose-worker\"\nworker = \"w-1\"\nat = \"1s\"\n"
                  "notice = \"5s\"\nfor = \"2s\"\n")};
        CHECK(run.records.has("3000000 worker.lost node=w-1"));
        CHECK(run.records.of("worker.lost").size() == 1);  // the older news is none any more
        CHECK(run.records.of("worker.joined").back().starts_with("3000000 worker.joined node=w-1"));
        CHECK(run.result.report.summary.makespan == std::chrono::seconds{11});
    }

    TEST_CASE("an executor granted on a node that is down is lost with its worker") {
        const InlineRun run{
            world("submit_at = \"2s\"\n" + stage("s", 4, "1s"),
                  "[[fault]]\nkind = \"lose-worker\"\nworker = \"w-1\"\nat = \"1s\"\n"
                  "notice = \"5s\"\n",
                  {},
                  "\"spark.cores.max\" = 2\n")};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(run.records.has("6000000 executor.lost app=a exec=e1 reason=worker-lost"));
        CHECK(run.records.has("6000000 executor.registered app=a exec=e2 node=w-2"));
    }

    TEST_CASE("slowed while frozen, what was left at the freeze takes longer") {
        const InlineRun run{
            world(stage("s", 2, "2s"),
                  "[[fault]]\nkind = \"freeze-executor\"\nexecutor = \"e1\"\nat = \"1s\"\n"
                  "for = \"5s\"\n[[fault]]\nkind = \"slow-task\"\nfactor = 3.0\ndelay = \"4s\"\n"
                  "when = { kind = \"task.launch\", partition = 0 }\n")};
        CHECK(run.records.has("9000000 task.finished app=a task=s0.0/p0#0"));
    }

    TEST_CASE("killed while frozen, it says so at the thaw") {
        const InlineRun run{
            world("open_until = \"20s\"\n" + stage("s", 4, "3s") +
                      "[[app.job]]\nof = \"s\"\ncancel_at = \"2s\"\n",
                  "[[fault]]\nkind = \"freeze-executor\"\nexecutor = \"e1\"\nat = \"1s\"\n"
                  "for = \"10s\"\n",
                  {},
                  {}) +
            "[[expect.records]]\nmatch = { kind = \"job.finish\", status = \"killed\" }\n"
            "count = 1\n"};
        for (const std::string& line : run.records.of("exec=e1 status=killed")) {
            CHECK(line.starts_with("11000000 "));
        }
    }

    TEST_CASE("slow-task slows the work alone, at the launch or on the way") {
        for (const char* how : {"stage = \"s\"\n", "when = { kind = \"task.launch\" }\n"}) {
            const InlineRun run{
                world(stage("s", 1, "1s"),
                      "[[fault]]\nkind = \"slow-task\"\nfactor = 5.0\n" + std::string{how},
                      "task_overhead = \"1s\"\n")};
            CHECK(run.result.report.summary.makespan == std::chrono::seconds{6});
        }
    }

    TEST_CASE("one slowness of a worker ends, the other lasts") {
        const InlineRun run{
            world(stage("s", 8, "1s"),
                  "[[fault]]\nkind = \"slow-worker\"\nworker = \"w-1\"\nfactor = 2.0\nat = \"0s\"\n"
                  "[[fault]]\nkind = \"slow-worker\"\nworker = \"w-1\"\nfactor = 4.0\n"
                  "at = \"100ms\"\nfor = \"100ms\"\n")};
        for (const std::string& line : run.records.of("exec=e1 status=success")) {
            CHECK(line.find("run=2000000") != std::string::npos);
        }
    }

    TEST_CASE("the tasks of an application that is killed end with it") {
        const InlineRun run{world("kill_at = \"3s\"\n" + stage("s", 4, "5s"), {})};
        CHECK(run.result.report.summary.tasks.killed == 4);
    }

    TEST_CASE("a report under way arrives, though its executor has died since") {
        const InlineRun run{
            world(stage("s", 4, "1s"),
                  "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\nat = \"1350ms\"\n"
                  "notice = \"10s\"\n",
                  "message_delay = \"100ms\"\n")};
        CHECK(run.result.report.summary.tasks.succeeded == 4);
        CHECK(run.result.report.summary.tasks.launched == 4);
    }

    TEST_CASE("latency counts once per holder and task, however many shuffles it reads") {
        const InlineRun run{world(stage("m1", 2, "1s") + "shuffle_write = 2\n" +
                                      stage("m2", 2, "1s") + "shuffle_write = 2\n" +
                                      stage("r", 1, "1s") + "parents = [\"m1\", \"m2\"]\n",
                                  {},
                                  {},
                                  {})
                                .insert(std::string{"format = 1\n[cluster]\n"}.size(),
                                        "network = { latency = \"1s\", bandwidth = \"1g/s\" }\n")};
        CHECK(run.records.of("task=s2.0/p0#0").back().find("run=2000001") != std::string::npos);
    }

    TEST_CASE("`times` bounds a fault at a time, and a draw that says no is recorded") {
        const InlineRun bounded{
            world(stage("s", 4, "2s"),
                  "[[fault]]\nkind = \"fail-task\"\nat = \"1s\"\nstage = \"s\"\nattempt = \"all\"\n"
                  "times = 1\n")};
        CHECK(bounded.result.report.summary.tasks.failed == 1);
        const InlineRun drawn{
            world(stage("s", 4, "1s"),
                  "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\nat = \"500ms\"\n"
                  "probability = 0.000001\noptional = true\n")};
        CHECK(drawn.records.has("500000 kill-executor noeffect"));
        CHECK(drawn.records.of("fault.probability").size() == 1);
    }

    TEST_CASE("faults wait for faults, too") {
        const InlineRun run{
            world(stage("s", 4, "1s"),
                  "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\nat = \"500ms\"\n"
                  "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e2\"\ndelay = \"100ms\"\n"
                  "when = { kind = \"kill-executor\", state = \"applied\" }\n")};
        CHECK(run.records.has("600000 kill-executor applied fault=1 app=a exec=e2"));
    }

    TEST_CASE("DRV-06 an executor's exit code says how it went") {
        const auto ends = [](const std::string& fault, const std::string& conf = {}) {
            const InlineRun run{world(stage("s", 20, "1s"), "[[fault]]\n" + fault, {}, conf)};
            const auto lost = run.records.of("executor.lost app=a exec=e1");
            REQUIRE(lost.size() == 1);
            const std::string& line = lost.front();
            const std::size_t from = line.find("reason=");
            return line.substr(from, line.find(" unstarted") - from);
        };
        const std::string at = "executor = \"e1\"\nat = \"1500ms\"\n";
        CHECK(ends("kind = \"exit-executor\"\n" + at) == "reason=exited code=1");
        CHECK(ends("kind = \"exit-executor\"\ncode = 52\n" + at) == "reason=exited code=52");
        // Of a process that was ended by a signal: 128 and its number.
        CHECK(ends("kind = \"kill-executor\"\n" + at) == "reason=killed code=137");
        CHECK(ends("kind = \"kill-executor\"\ncode = 143\n" + at) == "reason=killed code=143");
        CHECK(ends("kind = \"fail-executor-start\"\n") == "reason=launch-failed code=1");
        CHECK(ends("kind = \"decommission-executor\"\n" + at,
                   "\"spark.decommission.enabled\" = true\n") == "reason=decommissioned code=0");
        CHECK(ends("kind = \"decommission-executor\"\ngrace = \"100ms\"\n" + at,
                   "\"spark.decommission.enabled\" = true\n") == "reason=decommissioned code=137");
    }
}

}  // namespace forkyard::sim::losses_test
