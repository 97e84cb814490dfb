#include "core/report/summary.hpp"

#include <doctest/doctest.h>

#include "core/report/table.hpp"
#include "tests/core/report/record_script.hpp"

namespace forkyard::summary_test {
namespace {

using namespace script;

struct World {
    Scenario scenario = two_nodes();
    SummaryFold fold{scenario};
    Script<SummaryFold> script{fold};
};

std::string table_of(const Summary& summary) {
    RunReport report;
    report.summary = summary;
    return run_table(report, {});
}

TEST_SUITE("summary") {
    TEST_CASE("a run that goes well is counted once through") {
        World world;
        world.script.cluster().job().maps_done().results_done().app_done();
        world.script.lost(220, e1, LossReason::app_finished)
            .lost(220, e2, LossReason::app_finished);
        const Summary summary = world.fold.summary();
        CHECK(summary.outcome == Outcome::succeeded);
        CHECK(summary.makespan == std::chrono::milliseconds{220});
        CHECK(summary.executor_counts.started == 2);
        CHECK(summary.executor_counts.peak == 2);
        CHECK(summary.executor_counts.lost == 0);
        CHECK(summary.tasks.launched == 4);
        CHECK(summary.tasks.succeeded == 4);
        REQUIRE(summary.apps.size() == 1);
        REQUIRE(summary.apps[0].jobs.size() == 1);
        const JobSummary& job = summary.apps[0].jobs[0];
        CHECK(job.name == "total");
        CHECK(job.status == EndStatus::succeeded);
        CHECK(job.stages == 2);
        CHECK(job.tasks == 4);
        REQUIRE(summary.apps[0].stages.size() == 2);
        CHECK(summary.apps[0].stages[0].name == "counts:4");
        CHECK(summary.apps[0].stages[0].attempts == 1);
        CHECK(summary.apps[0].stages[1].status == StageStatus::succeeded);
        REQUIRE(summary.executors.size() == 2);
        CHECK(summary.executors[0].node == "w-1");
        CHECK(summary.executors[0].tasks == 2);
        // 10 to 100 and 110 to 200 ms.
        CHECK(summary.executors[0].busy == std::chrono::milliseconds{180});
        CHECK(summary.losses.empty());
        CHECK(loss_lines(summary).empty());
    }

    TEST_CASE("DP-BC-09 DP-MEM-09 a stage has the metrics of its tasks that went well") {
        World world;
        auto& s = world.script;
        s.cluster().job().maps_done();
        TaskFinished failed{etl, task(1, 0, 0), e1, TaskStatus::failed};
        failed.records = 5;
        s.event(150, failed);
        TaskFinished done{etl, task(1, 0, 0, 1), e1, TaskStatus::success};
        done.run = std::chrono::milliseconds{40};
        done.records = 12;
        done.bytes = 300;
        done.result = 7;
        s.event(200, done);
        CHECK(table_of(world.fold.summary()).find("spilled") == std::string::npos);
        s.event(200, TaskSpilled{etl, task(1, 0, 0, 1), e1, 4096, 1536});
        const Summary summary = world.fold.summary();
        const StageMetrics& metrics = summary.apps[0].stages[1].metrics;
        CHECK(metrics.executor_run_time == std::chrono::milliseconds{40});
        CHECK(metrics.records_read == 12);
        CHECK(metrics.shuffle_bytes_written == 300);
        CHECK(metrics.result_size == 7);
        CHECK(metrics.memory_bytes_spilled == 4096);
        CHECK(metrics.disk_bytes_spilled == 1536);
        CHECK(table_of(summary).find("spilled") != std::string::npos);
        CHECK(table_of(summary).find("1.5 KiB") != std::string::npos);
    }

    TEST_CASE("outputs that are dropped on purpose are no loss of their executor") {
        World world;
        auto& s = world.script;
        s.cluster().job().maps_done();
        s.ends(150, task(1, 0, 0), e1, TaskStatus::failed, "out of luck");
        s.act(UnregisterMapOutput{etl, h0, 0, e1});
        CHECK(world.fold.summary().losses.empty());
    }

    TEST_CASE("outputs that are dropped from the fallback storage are no loss either") {
        World world;
        auto& s = world.script;
        s.cluster().job().maps_done();
        s.event(140, MapOutputMoved{etl, h0, 0, fallback_storage, e1})
            .act(RegisterMapOutput{etl, h0, 0, fallback_storage});
        s.lost(150, e1).act(UnregisterMapOutput{etl, h0, 0, fallback_storage});
        CHECK(world.fold.summary().losses.size() == 1);
        CHECK(world.fold.summary().losses.front().outputs.empty());
    }

    TEST_CASE("a fetch that fails from the fallback storage is no executor's loss") {
        World world;
        auto& s = world.script;
        s.cluster().job().maps_done();
        s.ends(150, task(1, 0, 0), e2, TaskStatus::fetch_failed, "gone", fallback_storage);
        CHECK(world.fold.summary().tasks.failed == 1);
        CHECK(world.fold.summary().losses.empty());
    }

    TEST_CASE("a lost executor: what went with it, what ran again, and why") {
        World world;
        auto& s = world.script;
        s.cluster().job().maps_done();
        s.lost(150, e1).act(UnregisterMapOutput{etl, h0, 0, e1});
        s.ends(150, task(1, 0, 0), e1, TaskStatus::executor_lost);
        s.launch(task(1, 0, 0, 1), e2, w2);
        s.ends(160, task(1, 0, 0, 1), e2, TaskStatus::fetch_failed, "gone", e1);
        s.act(FinishStage{etl, {result_stage, 0}, EndStatus::failed});
        s.event(360, TimerFired{TimerKind::resubmit_stages, etl, {}});
        s.act(s.submit_maps(1, 1)).launch(task(0, 1, 0), e2, w2);
        s.ends(400, task(0, 1, 0), e2).act(RegisterMapOutput{etl, h0, 0, e2});
        s.act(s.submit_results(1, 1)).launch(task(1, 1, 0), e2, w2);
        const Summary summary = world.fold.summary();
        CHECK(summary.executor_counts.lost == 1);
        CHECK(summary.tasks.failed == 2);
        REQUIRE(summary.losses.size() == 1);
        const LossSummary& loss = summary.losses[0];
        CHECK(loss.exec == e1);
        CHECK(loss.reason == LossReason::killed);
        CHECK(loss.attempts == 1);
        CHECK(loss.fetches == 1);
        REQUIRE(loss.outputs.size() == 1);
        CHECK(loss.outputs[0].stage == "counts:4");
        REQUIRE(loss.again.size() == 3);
        CHECK(loss.again[1].stage == StageAttempt{map_stage, 1});
        CHECK(loss_lines(summary) ==
              "  e1 on w-1 was killed at 150 ms: 1 running task ended with it, 1 map output of "
              "counts:4 lost, 1\n"
              "    fetch failed, task 0 of counts ran again (s1.0), task 0 of counts:4 ran again "
              "(s0.1), task 0\n"
              "    of counts ran again (s1.1)\n");
        CHECK(summary.apps[0].stages[0].attempts == 2);
        CHECK(summary.apps[0].stages[0].tasks == 2);
        CHECK(summary.apps[0].stages[0].status == StageStatus::running);
    }

    TEST_CASE("an executor that goes by wish is not lost") {
        for (const LossReason reason :
             {LossReason::idle, LossReason::requested, LossReason::app_finished}) {
            World world;
            world.script.cluster().lost(50, e1, reason);
            CHECK(world.fold.summary().executor_counts.lost == 0);
            CHECK(world.fold.summary().losses.empty());
            CHECK(world.fold.summary().executors[0].reason == reason);
        }
    }

    TEST_CASE("failures are counted by reason, most frequent first") {
        World world;
        auto& s = world.script;
        s.cluster().job();
        s.ends(20, task(0, 0, 0), e1, TaskStatus::failed, "disk");
        s.ends(21, task(0, 0, 1), e2, TaskStatus::failed, "memory");
        s.launch(task(0, 0, 0, 1), e1, w1).launch(task(0, 0, 1, 1), e2, w2, true);
        s.ends(22, task(0, 0, 0, 1), e1, TaskStatus::commit_denied, "memory");
        s.ends(23, task(0, 0, 1, 1), e2, TaskStatus::killed, "stage cancelled");
        const Summary summary = world.fold.summary();
        CHECK(summary.tasks.failed == 3);
        CHECK(summary.tasks.killed == 1);
        CHECK(summary.tasks.speculative == 1);
        REQUIRE(summary.failures.size() == 2);
        CHECK(summary.failures[0].reason == "memory");
        CHECK(summary.failures[0].count == 2);
        CHECK(summary.failures[1].first == task(0, 0, 0));
    }

    TEST_CASE("what has not ended is timed out or running; the run ends at its last record") {
        World world;
        world.script.cluster().job();
        world.script.event(900, TimerFired{TimerKind::registration_wait, etl, {}});
        const Summary summary = world.fold.summary();
        CHECK(summary.outcome == Outcome::timed_out);
        CHECK(summary.makespan == std::chrono::milliseconds{900});
        CHECK(!summary.apps[0].jobs[0].status);
        CHECK(summary.apps[0].stages[0].status == StageStatus::running);
        CHECK(summary.apps[0].stages.size() == 1);
    }

    TEST_CASE("a skipped stage counts for its job, with no tasks") {
        World world;
        auto& s = world.script;
        s.cluster().event(10, s.submitted()).act(s.submit_results(0, 2));
        s.act(SkipStage{etl, map_stage, j0, "parse", 4});
        const Summary summary = world.fold.summary();
        CHECK(summary.apps[0].jobs[0].stages == 2);
        CHECK(summary.apps[0].jobs[0].skipped == 1);
        CHECK(summary.apps[0].jobs[0].tasks == 2);
        CHECK(summary.apps[0].stages[0].status == StageStatus::skipped);
        CHECK(summary.apps[0].stages[0].name == "parse");
        CHECK(summary.apps[0].stages[0].tasks == 4);
    }

    TEST_CASE("a fault that acts several times is one that took effect") {
        World world;
        world.scenario.faults.resize(3);
        SummaryFold fold{world.scenario};
        Script<SummaryFold> s{fold};
        s.cluster();
        s.fault(5, FaultRecord{.fault = 0, .exec = e1})
            .fault(6, FaultRecord{.fault = 0, .exec = e2});
        s.fault(7, FaultRecord{.state = FaultState::ended, .fault = 0, .exec = e1});
        s.fault(8, FaultRecord{.state = FaultState::noeffect, .fault = 2});
        CHECK(fold.summary().faults.planned == 3);
        CHECK(fold.summary().faults.applied == 1);
        CHECK(fold.summary().faults.noeffect == 1);
    }

    TEST_CASE("the outcome of a run is the worst of its applications") {
        World world;
        world.scenario.apps.push_back(world.scenario.apps[0]);
        SummaryFold fold{world.scenario};
        Script<SummaryFold> s{fold};
        s.event(0, AppClosed{etl, ""}).act(FinishApp{etl, EndStatus::succeeded, ""});
        s.event(7, AppClosed{AppId{1}, "no"}).act(FinishApp{AppId{1}, EndStatus::failed, "no"});
        CHECK(fold.summary().outcome == Outcome::failed);
        CHECK(fold.summary().apps[0].outcome == Outcome::succeeded);
        CHECK(fold.summary().apps[1].reason == "no");
    }
}

}  // namespace
}  // namespace forkyard::summary_test
