#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/report/invariants/invariant_checker.hpp"
#include "core/report/invariants/rules.hpp"
#include "tests/core/report/record_script.hpp"

namespace forkyard::invariants_test {
namespace {

using namespace script;

// A driver that believes what it is told to.
class ScriptedView final : public DriverView {
public:
    std::uint32_t free_cores(AppId /*app*/, ExecutorId exec) const override {
        return free_.at(exec.value);
    }
    bool alive(AppId /*app*/, ExecutorId exec) const override { return alive_.at(exec.value); }
    void believe(ExecutorId exec, bool alive, std::uint32_t free) {
        alive_[exec.value] = alive;
        free_[exec.value] = free;
    }

private:
    std::map<std::uint32_t, std::uint32_t> free_;
    std::map<std::uint32_t, bool> alive_;
};

// The checker as the event loop uses it: check() when the event's records are in.
class Watch {
public:
    explicit Watch(const Scenario& scenario, const DriverView* view = nullptr)
        : checker_{scenario, view} {}

    void on(EventHead head, const Event& event) {
        settle();
        checker_.on(head, event);
        open_ = true;
    }
    void on(EventHead head, const FaultRecord& fault) {
        settle();
        checker_.on(head, fault);
        open_ = true;
    }
    void on(ActionHead head, SimTime time, const Action& action) {
        checker_.on(head, time, action);
    }

    void settle() {
        if (open_) {
            keep(checker_.check());
        }
        open_ = false;
    }
    // Which invariants broke.
    [[nodiscard]] std::set<std::string> broken() {
        settle();
        keep(checker_.finish());
        std::set<std::string> ids;
        for (const Violation& violation : violations_) {
            ids.insert(violation.invariant);
        }
        return ids;
    }
    [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }

private:
    void keep(std::vector<Violation> more) {
        violations_.insert(violations_.end(), more.begin(), more.end());
    }

    InvariantChecker checker_;
    std::vector<Violation> violations_;
    bool open_ = false;
};

using Ids = std::set<std::string>;

struct World {
    Scenario scenario = two_nodes();
    ScriptedView view;
    Watch watch{scenario};
    Script<Watch> script{watch};
};

TEST_SUITE("invariants") {
    TEST_CASE("a run in which nothing goes wrong breaks none") {
        World world;
        world.script.cluster().job().maps_done().results_done().app_done();
        world.script.lost(220, e1, LossReason::app_finished)
            .lost(220, e2, LossReason::app_finished);
        CHECK(world.watch.broken() == Ids{});
    }

    TEST_CASE("an executor lost while maps run, with its output, breaks none") {
        World world;
        auto& s = world.script;
        s.cluster().job();
        s.ends(100, task(0, 0, 0), e1).act(RegisterMapOutput{etl, h0, 0, e1});
        s.launch(task(0, 0, 1, 1), e1, w1, true);  // a speculative copy on the other node
        s.lost(120, e1).act(UnregisterMapOutput{etl, h0, 0, e1});
        s.ends(120, task(0, 0, 0), e1, TaskStatus::resubmitted);
        s.launch(task(0, 0, 0, 1), e2, w2);
        s.ends(120, task(0, 0, 1, 1), e1, TaskStatus::executor_lost);
        s.ends(150, task(0, 0, 1), e2).act(RegisterMapOutput{etl, h0, 1, e2});
        s.ends(160, task(0, 0, 0, 1), e2).act(RegisterMapOutput{etl, h0, 0, e2});
        s.act(FinishStage{etl, {map_stage, 0}, EndStatus::succeeded}).act(s.submit_results(0, 2));
        CHECK(world.watch.broken() == Ids{});
    }

    TEST_CASE("a fetch failure that sends both stages round again breaks none") {
        World world;
        auto& s = world.script;
        s.cluster().job().maps_done();
        s.ends(150, task(1, 0, 1), e2, TaskStatus::fetch_failed, "gone", e1);
        s.act(FinishStage{etl, {result_stage, 0}, EndStatus::failed});
        s.act(UnregisterMapOutput{etl, h0, 0, e1});
        s.event(350, TimerFired{TimerKind::resubmit_stages, etl, {}});
        s.act(ResubmitStage{etl, map_stage, "gone"}).act(s.submit_maps(1, 1));
        s.launch(task(0, 1, 0), e2, w2);
        s.ends(360, task(1, 0, 0), e1);  // the zombie attempt's result counts
        s.ends(400, task(0, 1, 0), e2).act(RegisterMapOutput{etl, h0, 0, e2});
        s.act(FinishStage{etl, {map_stage, 1}, EndStatus::succeeded}).act(s.submit_results(1, 1));
        s.launch(task(1, 1, 1), e2, w2);
        s.ends(500, task(1, 1, 1), e2);
        s.act(FinishStage{etl, {result_stage, 1}, EndStatus::succeeded});
        s.act(FinishJob{etl, j0, EndStatus::succeeded, ""});
        s.app_done(500);
        CHECK(world.watch.broken() == Ids{});
    }

    TEST_CASE("I01: more attempts than cores") {
        World world;
        auto& s = world.script;
        s.cluster().event(10, s.submitted()).act(s.submit_maps(0, 3));
        s.launch(task(0, 0, 0), e1, w1).launch(task(0, 0, 1), e1, w1);
        SUBCASE("a third one on two cores breaks it") {
            s.launch(task(0, 0, 2), e1, w1);
            CHECK(world.watch.broken() == Ids{"I01"});
        }
        SUBCASE("after the end of one there is room again") {
            s.ends(20, task(0, 0, 0), e1, TaskStatus::failed).launch(task(0, 0, 2), e1, w1);
            CHECK(world.watch.broken() == Ids{});
        }
        SUBCASE("on the other executor there is room") {
            s.launch(task(0, 0, 2), e2, w2);
            CHECK(world.watch.broken() == Ids{});
        }
    }

    TEST_CASE("I02: grants that the node or the quota cannot bear") {
        World world;
        world.scenario.apps[0].conf.cores_max = 4;
        Watch watch{world.scenario};
        Script<Watch> s{watch};
        s.cluster();
        SUBCASE("a node without free cores") {
            s.event(5, WorkerJoined{w1, 2, Bytes{1000}, "default"});
            s.act(LaunchExecutor{etl, e3, w1, 2, Bytes{100}});
            CHECK(watch.broken() == Ids{"I02"});
        }
        SUBCASE("a node without free memory, an application at its limit of cores") {
            s.event(5, WorkerJoined{w1, 8, Bytes{1000}, "default"});
            s.act(LaunchExecutor{etl, e3, w1, 1, Bytes{501}});
            CHECK(watch.broken() == Ids{"I02"});
            CHECK(watch.violations().size() == 2);
        }
        SUBCASE("a node that has gone") {
            s.event(5, WorkerLost{w1}).lost(5, e1, LossReason::worker_lost);
            s.act(LaunchExecutor{etl, e3, w1, 1, Bytes{1}});
            CHECK(watch.broken() == Ids{"I02"});
        }
        SUBCASE("room that a driver takes, as long as it runs") {
            s.event(5, WorkerJoined{w1, 4, Bytes{1000}, "default"});
            s.act(LaunchDriver{etl, w1, 2, Bytes{100}, 1});
            SUBCASE("") {
                s.event(6, ExecutorsRequested{etl, 9});
                s.act(LaunchExecutor{etl, e3, w1, 1, Bytes{100}});
                CHECK(watch.broken() == Ids{"I02"});
            }
            SUBCASE("and no longer") {
                s.event(6, DriverLost{etl, w1, LossReason::killed, 137});
                s.act(LaunchDriver{etl, w1, 2, Bytes{100}, 2});
                CHECK(watch.broken() == Ids{});
            }
        }
        SUBCASE("room is free again once the driver knows of the loss") {
            s.lost(5, e1).act(LaunchExecutor{etl, e3, w1, 2, Bytes{500}});
            CHECK(watch.broken() == Ids{});
        }
        SUBCASE("and even before, from the end of the process") {
            s.fault(5, FaultRecord{.kind = FaultKind::kill_executor, .exec = e1});
            s.event(6, ExecutorsRequested{etl, 9});
            s.act(LaunchExecutor{etl, e3, w1, 2, Bytes{500}});
            s.lost(7, e1);
            CHECK(watch.broken() == Ids{});
        }
    }

    TEST_CASE("I03: a launch where the driver knows that nothing can run") {
        World world;
        auto& s = world.script;
        s.cluster().event(10, s.submitted()).act(s.submit_maps(0, 2));
        SUBCASE("on an executor that never registered") {
            s.event(11, ExecutorsRequested{etl, 3}).launch(task(0, 0, 0), e3, w1);
            CHECK(world.watch.broken() == Ids{"I03"});
        }
        SUBCASE("on one that it knows to be lost") {
            s.lost(11, e1).launch(task(0, 0, 0), e1, w1);
            CHECK(world.watch.broken() == Ids{"I03"});
        }
        SUBCASE("on one that is elsewhere") {
            s.launch(task(0, 0, 0), e1, w2);
            CHECK(world.watch.broken() == Ids{"I03"});
        }
        SUBCASE("for an application that has finished") {
            s.act(FinishApp{etl, EndStatus::killed, ""}).launch(task(0, 0, 0), e1, w1);
            CHECK(world.watch.broken() == Ids{"I03"});
        }
        SUBCASE("on one that has died, of which the driver has not heard, it may launch") {
            s.fault(11, FaultRecord{.kind = FaultKind::kill_executor, .exec = e1});
            s.event(12, HeartbeatChanged{etl, e1, BeatState::first, at_ms(12)});
            s.launch(task(0, 0, 0), e1, w1);
            CHECK(world.watch.broken() == Ids{});
        }
    }

    TEST_CASE("I04: an attempt belongs to one executor") {
        World world;
        auto& s = world.script;
        s.cluster().job();
        SUBCASE("launched a second time") {
            s.ends(20, task(0, 0, 0), e1, TaskStatus::failed).launch(task(0, 0, 0), e1, w1);
            CHECK(world.watch.broken() == Ids{"I04"});
        }
        SUBCASE("ended somewhere else") {
            s.ends(20, task(0, 0, 0), e2, TaskStatus::failed);
            CHECK(world.watch.broken() == Ids{"I04"});
        }
        SUBCASE("ended without a launch") {
            s.ends(20, task(0, 0, 0, 7), e1, TaskStatus::failed);
            CHECK(world.watch.broken() == Ids{"I04"});
        }
        SUBCASE("the next try has its own number, and a report may come twice") {
            s.ends(20, task(0, 0, 0), e1, TaskStatus::failed).launch(task(0, 0, 0, 1), e1, w1);
            s.ends(21, task(0, 0, 0), e1, TaskStatus::failed);
            CHECK(world.watch.broken() == Ids{});
        }
    }

    TEST_CASE("I05: one running copy of a partition") {
        World world;
        auto& s = world.script;
        s.cluster().job();
        SUBCASE("a second one that is not speculative") {
            s.launch(task(0, 0, 0, 1), e2, w2);
            CHECK(world.watch.broken() == Ids{"I05"});
        }
        SUBCASE("a speculative one on the same node") {
            s.launch(task(0, 0, 0, 1), e1, w1, true);
            CHECK(world.watch.broken() == Ids{"I05"});
        }
        SUBCASE("a speculative one on another node is fine") {
            s.launch(task(0, 0, 0, 1), e2, w2, true);
            CHECK(world.watch.broken() == Ids{});
        }
        SUBCASE("a copy in a newer attempt of the stage is fine") {
            s.ends(20, task(0, 0, 1), e2, TaskStatus::failed);
            s.act(FinishStage{etl, {map_stage, 0}, EndStatus::failed}).act(s.submit_maps(1, 2));
            s.launch(task(0, 1, 0), e2, w2);
            CHECK(world.watch.broken() == Ids{});
        }
    }

    TEST_CASE("I06: the driver's free cores are those of the books") {
        World world;
        Watch watch{world.scenario, &world.view};
        Script<Watch> s{watch};
        world.view.believe(e1, true, 2);
        world.view.believe(e2, true, 2);
        s.cluster();
        SUBCASE("a core counted twice breaks it") {
            s.event(10, s.submitted()).act(s.submit_maps(0, 2)).launch(task(0, 0, 0), e1, w1);
            CHECK(watch.broken() == Ids{"I06"});
        }
        SUBCASE("an executor that the driver takes for alive breaks it") {
            s.lost(10, e1);
            CHECK(watch.broken() == Ids{"I06"});
        }
        SUBCASE("a driver that counts breaks nothing") {
            watch.settle();
            world.view.believe(e1, true, 1);
            s.event(10, s.submitted()).act(s.submit_maps(0, 2)).launch(task(0, 0, 0), e1, w1);
            watch.settle();
            world.view.believe(e1, false, 0);
            s.lost(11, e1);
            s.ends(11, task(0, 0, 0), e1, TaskStatus::executor_lost);
            CHECK(watch.broken() == Ids{});
        }
    }

    TEST_CASE("I07: grants follow requests, registrations follow grants") {
        World world;
        auto& s = world.script;
        s.cluster();
        SUBCASE("a grant beyond the total") {
            s.event(5, ExecutorsRequested{etl, 2});
            s.event(6, WorkerJoined{w1, 8, Bytes{1000}, "default"});
            s.act(LaunchExecutor{etl, e3, w1, 1, Bytes{1}});
            CHECK(world.watch.broken() == Ids{"I07"});
        }
        SUBCASE("a registration without a grant") {
            s.event(5, s.registered(e3, w1));
            CHECK(world.watch.broken() == Ids{"I07"});
        }
        SUBCASE("a loss without a grant") {
            s.lost(5, e3);
            CHECK(world.watch.broken() == Ids{"I07"});
        }
        SUBCASE("a replacement within the total is fine") {
            s.event(5, ExecutorsRequested{etl, 2});
            s.lost(6, e1).act(LaunchExecutor{etl, e3, w1, 2, Bytes{500}});
            s.event(7, s.registered(e3, w1));
            CHECK(world.watch.broken() == Ids{});
        }
    }

    TEST_CASE("I08: no stage before its parents' outputs") {
        World world;
        auto& s = world.script;
        s.cluster().job();
        SUBCASE("one output is missing") {
            s.ends(100, task(0, 0, 0), e1).act(RegisterMapOutput{etl, h0, 0, e1});
            s.act(s.submit_results(0, 2));
            CHECK(world.watch.broken() == Ids{"I08"});
        }
        SUBCASE("a task of a stage that was never submitted") {
            s.launch(task(1, 0, 0), e1, w1);
            CHECK(world.watch.broken() == Ids{"I08"});
        }
        SUBCASE("outputs lost after the start do not stop its tasks") {
            s.ends(100, task(0, 0, 0), e1).act(RegisterMapOutput{etl, h0, 0, e1});
            s.ends(110, task(0, 0, 1), e2).act(RegisterMapOutput{etl, h0, 1, e2});
            s.act(FinishStage{etl, {map_stage, 0}, EndStatus::succeeded});
            s.act(s.submit_results(0, 2)).launch(task(1, 0, 0), e2, w2);
            s.lost(120, e1).act(UnregisterMapOutput{etl, h0, 0, e1});
            s.launch(task(1, 0, 1), e2, w2);
            CHECK(world.watch.broken() == Ids{});
        }
    }

    TEST_CASE("I08: a parent that never ran must be one that is skipped") {
        World world;
        auto& s = world.script;
        s.cluster().event(10, s.submitted()).act(s.submit_results(0, 2));
        SUBCASE("it is not") {
            CHECK(world.watch.broken() == Ids{"I08"});
        }
        SUBCASE("it is, which its record says later in the same event") {
            s.act(SkipStage{etl, map_stage, j0, "parse", 4});
            CHECK(world.watch.broken() == Ids{});
        }
    }

    TEST_CASE("I09: a stage is finished exactly when all is accepted, and once") {
        World world;
        auto& s = world.script;
        s.cluster().job();
        s.ends(100, task(0, 0, 0), e1).act(RegisterMapOutput{etl, h0, 0, e1});
        SUBCASE("too early") {
            s.act(FinishStage{etl, {map_stage, 0}, EndStatus::succeeded});
            CHECK(world.watch.broken() == Ids{"I09"});
        }
        SUBCASE("not at all") {
            s.ends(110, task(0, 0, 1), e2).act(RegisterMapOutput{etl, h0, 1, e2});
            CHECK(world.watch.broken() == Ids{"I09"});
        }
        SUBCASE("twice") {
            s.ends(110, task(0, 0, 1), e2).act(RegisterMapOutput{etl, h0, 1, e2});
            s.act(FinishStage{etl, {map_stage, 0}, EndStatus::succeeded});
            s.act(FinishStage{etl, {map_stage, 0}, EndStatus::succeeded});
            CHECK(world.watch.broken() == Ids{"I09"});
        }
        SUBCASE("never, though its job ends") {
            s.event(110, JobCancelled{etl, j0}).act(FinishJob{etl, j0, EndStatus::killed, ""});
            CHECK(world.watch.broken() == Ids{"I09"});
        }
        SUBCASE("in time") {
            s.ends(110, task(0, 0, 1), e2).act(RegisterMapOutput{etl, h0, 1, e2});
            s.act(FinishStage{etl, {map_stage, 0}, EndStatus::succeeded});
            CHECK(world.watch.broken() == Ids{});
        }
    }

    TEST_CASE("I10: a finished partition runs again only when its output was lost") {
        World world;
        auto& s = world.script;
        s.cluster().job();
        s.ends(100, task(0, 0, 0), e1).act(RegisterMapOutput{etl, h0, 0, e1});
        SUBCASE("it is launched with its output in place") {
            s.launch(task(0, 0, 0, 1), e1, w1);
            CHECK(world.watch.broken() == Ids{"I10"});
        }
        SUBCASE("the next attempt of the stage has a task for it") {
            s.ends(110, task(0, 0, 1), e2, TaskStatus::failed);
            s.act(FinishStage{etl, {map_stage, 0}, EndStatus::failed}).act(s.submit_maps(1, 2));
            CHECK(world.watch.broken() == Ids{"I10"});
        }
        SUBCASE("its output was lost") {
            s.lost(110, e1).act(UnregisterMapOutput{etl, h0, 0, e1});
            s.ends(110, task(0, 0, 0), e1, TaskStatus::resubmitted);
            s.launch(task(0, 0, 0, 1), e2, w2);
            CHECK(world.watch.broken() == Ids{});
        }
        SUBCASE("a new attempt is to make it when it is passed on as it turns out") {
            s.lost(110, e1).act(UnregisterMapOutput{etl, h0, 0, e1});
            s.ends(110, task(0, 0, 1), e2, TaskStatus::failed);
            s.act(FinishStage{etl, {map_stage, 0}, EndStatus::failed}).act(s.submit_maps(1, 2));
            s.event(115, MapOutputMoved{etl, h0, 0, e2, e1}).act(RegisterMapOutput{etl, h0, 0, e2});
            s.launch(task(0, 1, 0), e2, w2);
            CHECK(world.watch.broken() == Ids{});
            s.ends(120, task(0, 1, 0), e2).act(RegisterMapOutput{etl, h0, 0, e2});
            s.launch(task(0, 1, 0, 1), e2, w2);
            CHECK(world.watch.broken() == Ids{"I10"});
        }
        SUBCASE("its output is in the fallback storage, whoever is lost") {
            s.event(105, MapOutputMoved{etl, h0, 0, fallback_storage, e1})
                .act(RegisterMapOutput{etl, h0, 0, fallback_storage});
            s.lost(110, e1);
            CHECK(world.watch.broken() == Ids{});
            s.launch(task(0, 0, 0, 1), e2, w2);
            CHECK(world.watch.broken() == Ids{"I10"});
        }
        SUBCASE("its output was lost, and passed on as it turns out") {
            s.lost(110, e1).act(UnregisterMapOutput{etl, h0, 0, e1});
            s.ends(110, task(0, 0, 0), e1, TaskStatus::resubmitted);
            s.event(115, MapOutputMoved{etl, h0, 0, e2, e1}).act(RegisterMapOutput{etl, h0, 0, e2});
            s.launch(task(0, 0, 0, 1), e2, w2);
            CHECK(world.watch.broken() == Ids{});
            s.ends(120, task(0, 0, 0, 1), e2).act(RegisterMapOutput{etl, h0, 0, e2});
            s.launch(task(0, 0, 0, 2), e2, w2);
            CHECK(world.watch.broken() == Ids{"I10"});
        }
    }

    TEST_CASE("I11: a job succeeds exactly when each partition has a result") {
        World world;
        auto& s = world.script;
        s.cluster().job().maps_done().ends(200, task(1, 0, 0), e1);
        SUBCASE("too early") {
            s.act(FinishStage{etl, {result_stage, 0}, EndStatus::killed});
            s.act(FinishJob{etl, j0, EndStatus::succeeded, ""});
            CHECK(world.watch.broken() == Ids{"I11"});
        }
        SUBCASE("not at all") {
            s.ends(210, task(1, 0, 1), e2);
            s.act(FinishStage{etl, {result_stage, 0}, EndStatus::succeeded});
            CHECK(world.watch.broken() == Ids{"I11"});
        }
        SUBCASE("twice") {
            s.ends(210, task(1, 0, 1), e2);
            s.act(FinishStage{etl, {result_stage, 0}, EndStatus::succeeded});
            s.act(FinishJob{etl, j0, EndStatus::succeeded, ""});
            s.act(FinishJob{etl, j0, EndStatus::succeeded, ""});
            CHECK(world.watch.broken() == Ids{"I11"});
        }
        SUBCASE("a job that fails needs no results") {
            s.act(FinishStage{etl, {result_stage, 0}, EndStatus::failed});
            s.act(FinishJob{etl, j0, EndStatus::failed, "no"});
            CHECK(world.watch.broken() == Ids{});
        }
    }

    TEST_CASE("I12: no available output points to a lost executor") {
        World world;
        auto& s = world.script;
        s.cluster().job();
        s.ends(100, task(0, 0, 0), e1).act(RegisterMapOutput{etl, h0, 0, e1});
        SUBCASE("the loss leaves it registered") {
            s.lost(110, e1);
            CHECK(world.watch.broken() == Ids{"I12"});
            CHECK(world.watch.violations()[0].text ==
                  "e1 is lost, and 1 available map outputs still point to it");
        }
        SUBCASE("it is registered after the loss") {
            s.lost(110, e2).act(RegisterMapOutput{etl, h0, 1, e2});
            CHECK(world.watch.broken() == Ids{"I12"});
        }
        SUBCASE("one is dropped that is somewhere else") {
            s.lost(110, e2).act(UnregisterMapOutput{etl, h0, 0, e2});
            CHECK(world.watch.broken() == Ids{"I12"});
        }
        SUBCASE("the loss drops it") {
            s.lost(110, e1).act(UnregisterMapOutput{etl, h0, 0, e1});
            CHECK(world.watch.broken() == Ids{});
        }
    }

    TEST_CASE("I00: totals that do not add up are found by counting again") {
        World world;
        invariants::Books books{world.scenario};
        invariants::Findings findings;
        books.apply(WorkerJoined{w1, 2, Bytes{1000}, "default"});
        books.apply(LaunchExecutor{etl, e1, w1, 2, Bytes{500}});
        audit(books, findings);
        CHECK(findings.empty());
        books.executor(e1).running = 1;
        books.node(w1).used_cores = 1;
        audit(books, findings);
        CHECK(findings.size() == 2);
        CHECK(findings[0].invariant == 0);
        CHECK(findings[0].text ==
              "checker disagrees on attempts on executor 1: 1 in the books, 0 counted");
    }

    TEST_CASE("what keeps breaking is reported a limited number of times") {
        World world;
        auto& s = world.script;
        s.cluster();
        for (std::int64_t i = 0; i < 100; ++i) {
            s.event(i, s.registered(ExecutorId{9}, w1));
        }
        CHECK(world.watch.broken() == Ids{"I07"});
        CHECK(world.watch.violations().size() == InvariantChecker::reports_max);
    }
}

TEST_SUITE("invariants: cores that are lent") {
    // An executor with a core of its own on each node, and none for tasks.
    struct Borrowed {
        Borrowed() {
            script.event(0, WorkerJoined{w1, 2, Bytes{1000}, "default"});
            script.event(0, AppSubmitted{etl, {}});
            script.event(0, ExecutorsRequested{etl, RequestExecutors::unlimited});
            script.act(LaunchExecutor{etl, e1, w1, 1, Bytes{500}});
            script.event(0, ExecutorRegistered{etl, e1, w1, 1, Bytes{500}});
            script.event(10, script.submitted());
            script.act(script.submit_maps(0, 2));
        }
        static Scenario borrowing() {
            Scenario made = two_nodes();
            made.apps[0].conf.mesos.fine_grained = true;
            return made;
        }
        Scenario scenario = borrowing();
        Watch watch{scenario};
        Script<Watch> script{watch};
    };

    TEST_CASE("a task runs on a core that was lent for it") {
        Borrowed world;
        world.script.act(OfferCores{etl, e1, 1, 0});
        world.script.event(20, CoresOffered{etl, e1, 1, 0});
        world.script.launch(task(0, 0, 0), e1, w1);
        CHECK(world.watch.broken().empty());
    }

    TEST_CASE("I01 and not on one of the executor's own, nor on one that was given back") {
        Borrowed own;
        own.script.launch(task(0, 0, 0), e1, w1);
        CHECK(own.watch.broken() == Ids{"I01"});
        Borrowed given_back;
        given_back.script.act(OfferCores{etl, e1, 1, 0});
        given_back.script.event(20, CoresOffered{etl, e1, 1, 0});
        given_back.script.act(ReturnCores{etl, e1, 1, SimDuration{0}, 2});
        given_back.script.launch(task(0, 0, 0), e1, w1);
        CHECK(given_back.watch.broken() == Ids{"I01"});
    }

    TEST_CASE("I02 no more is lent than the node has, and only to whom it has granted") {
        Borrowed world;
        world.script.act(OfferCores{etl, e1, 2, 0});
        CHECK(world.watch.broken() == Ids{"I02"});
        Borrowed other;
        other.script.act(OfferCores{etl, e2, 1, 0});
        CHECK(other.watch.broken() == Ids{"I02"});
    }

    TEST_CASE("what is back may be lent again") {
        Borrowed world;
        for (int times = 0; times < 3; ++times) {
            world.script.act(OfferCores{etl, e1, 1, 0});
            world.script.event(20, CoresOffered{etl, e1, 1, 0});
            world.script.act(ReturnCores{etl, e1, 1, SimDuration{0}, 2});
            world.script.event(20, CoresReturned{etl, e1, 1, SimDuration{0}, 2});
        }
        CHECK(world.watch.broken().empty());
    }
}

}  // namespace
}  // namespace forkyard::invariants_test
