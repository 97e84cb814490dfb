// SCH-HLT-04 and 06 to 11: executors and nodes that the whole application avoids for a
// while.
#include <memory>

#include <doctest/doctest.h>

#include "core/driver/health_tracker.hpp"
#include "core/driver/loss.hpp"
#include "tests/builders/offers_world.hpp"

namespace forkyard::health_test {
namespace {

constexpr ExecutorId exec1{1};
constexpr ExecutorId exec2{2};
constexpr ExecutorId exec3{3};
constexpr ExecutorId exec4{4};
constexpr SimDuration timeout = std::chrono::hours{1};  // spark.excludeOnFailure.timeout

ExclusionConf by_default() {
    ExclusionConf conf;
    conf.application = conf.task_and_stage = true;
    return conf;
}

// The application's tracker; task sets fail where the test says and end when it says.
class Health {
public:
    explicit Health(const ExclusionConf& conf = by_default(), bool shuffle_service = false)
        : conf_{conf},
          cluster_{cluster_with_racks({})},
          executors_{cluster_, 1},
          tracker_{AppId{0}, conf, shuffle_service} {
        for (const ExecutorId exec : {exec1, exec2, exec3}) {
            executors_.add(exec, host1, 1);
        }
        executors_.add(exec4, host2, 1);
    }

    void at(SimDuration since_start) { now_ = SimTime{since_start}; }

    // A set with a failure of one task on this executor, which has not ended.
    using Set = std::unique_ptr<TaskSetExclusion>;
    Set set_with_failure(ExecutorId exec, std::uint32_t index = 0) {
        auto set = std::make_unique<TaskSetExclusion>(AppId{0}, StageAttempt{StageId{0}, 0}, conf_);
        fail(*set, exec, index);
        return set;
    }
    void fail(TaskSetExclusion& set, ExecutorId exec, std::uint32_t index) {
        (void)decide([&](Step& step) {
            set.on_failure(step, index, index, exec, executors_.at(exec).node, "out of luck");
        });
    }
    Lines succeed(const Set& set) {
        return decide([&](Step& step) { tracker_.on_set_succeeded(step, *set, executors_); });
    }
    // A set with one failure there, which succeeds at once.
    Lines failure_on(ExecutorId exec) { return succeed(set_with_failure(exec)); }
    Lines fetch_failure(ExecutorId from) {
        return decide([&](Step& step) {
            tracker_.on_fetch_failure(step, from, executors_.at(from).node, executors_);
        });
    }
    Lines expire() {
        return decide([&](Step& step) { tracker_.expire(step); });
    }
    void executor_dies(ExecutorId exec) {
        executors_.remove(exec);
        tracker_.on_executor_removed(exec);
    }
    [[nodiscard]] bool out(ExecutorId exec) const {
        return tracker_.out(exec, executors_.at(exec).node);
    }

private:
    template <class Decide>
    Lines decide(const Decide& what) {
        Decisions decisions;
        Step step{now_, decisions, chooser_};
        what(step);
        return lines_of(decisions.actions);
    }

    ExclusionConf conf_;
    ClusterSpec cluster_;
    ExecutorTable executors_;
    HealthTracker tracker_;
    BoringChooser chooser_{};
    SimTime now_{};
};

TEST_SUITE("conformance: exclusion for the application") {
    TEST_CASE("SCH-HLT-04 two executors of different hosts put no host out") {
        Health health;
        for (const ExecutorId exec : {exec1, exec4}) {
            CHECK(health.failure_on(exec).empty());
            CHECK(health.failure_on(exec) ==
                  Lines{fmt::format("exclude e{} for app after 2", exec.value)});
        }
        CHECK_FALSE(health.out(exec2));
    }

    TEST_CASE("SCH-HLT-06 the executor is out after the second set that succeeds") {
        OffersWorld world{[] {
            AppConf conf;
            conf.exclusion = by_default();
            return conf;
        }()};
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 1);
        for (std::uint32_t stage = 0; stage < 5; ++stage) {
            CAPTURE(stage);
            TaskSet set = task_set_of(1);
            set.stage = {StageId{stage}, 0};
            world.submit(std::move(set));
            const bool out = stage >= 2;  // for good: later successes change nothing
            CHECK(world.offer(exec1).empty() == out);
            if (!out) {
                (void)world.failure(task(stage, 0, 0), exec1);
            }
            CHECK(world.offer(exec2).size() == 1);
            CHECK(world.success(task(stage, 0, 0, out ? 0 : 1), exec2) ==
                  (stage == 1 ? Lines{"exclude e1 for app after 2"} : Lines{}));
        }
    }

    TEST_CASE("SCH-HLT-06 sets that fail do not count") {
        AppConf conf;
        conf.exclusion = by_default();
        conf.task_failures_max = 1;
        OffersWorld world{conf};
        world.executor(exec1, host1, 1);
        for (std::uint32_t stage = 0; stage < 10; ++stage) {
            TaskSet set = task_set_of(1);
            set.stage = {StageId{stage}, 0};
            world.submit(std::move(set));
            CHECK(world.offer(exec1).size() == 1);
            CHECK_FALSE(says(world.failure(task(stage, 0, 0), exec1), "for app"));
            CHECK(world.last_end().set_failed.has_value());
        }
    }

    TEST_CASE("SCH-HLT-06 one set counts every task once") {
        Health health;
        const Health::Set set = health.set_with_failure(exec1, 0);
        health.fail(*set, exec1, 0);
        CHECK(health.succeed(set).empty());
        const Health::Set other = health.set_with_failure(exec2, 0);
        health.fail(*other, exec2, 1);
        CHECK(health.succeed(other) == Lines{"exclude e2 for app after 2"});
    }

    TEST_CASE("SCH-HLT-07 the second executor takes its host along, until its own expiry") {
        Health health;
        (void)health.failure_on(exec1);
        CHECK(health.failure_on(exec1) == Lines{"exclude e1 for app after 2"});
        CHECK_FALSE(health.out(exec3));
        health.at(timeout / 2);
        (void)health.failure_on(exec2);
        CHECK(health.failure_on(exec2) ==
              Lines{"exclude e2 for app after 2", "exclude w1 for app after 2"});
        CHECK(health.out(exec3));
        CHECK_FALSE(health.out(exec4));
        // The first one's time passes before that of the host.
        health.at(timeout + SimDuration{1});
        CHECK(health.expire() == Lines{"include e1"});
        CHECK(health.out(exec1));
        health.at(timeout / 2 + timeout);
        CHECK(health.expire().empty());
        health.at(timeout / 2 + timeout + SimDuration{1});
        CHECK(health.expire() == Lines{"include e2", "include w1"});
        CHECK_FALSE(health.out(exec1));
    }

    TEST_CASE("SCH-HLT-07 one that has died since counts as well") {
        Health health;
        (void)health.failure_on(exec1);
        (void)health.failure_on(exec1);
        health.executor_dies(exec1);
        (void)health.failure_on(exec2);
        CHECK(says(health.failure_on(exec2), "exclude w1 for app after 2"));
    }

    TEST_CASE("SCH-HLT-07 the failures of one that dies are forgotten") {
        Health health;
        (void)health.failure_on(exec1);
        health.executor_dies(exec1);
        CHECK(health.failure_on(exec1).empty());
    }

    TEST_CASE("SCH-HLT-08 an exclusion ends strictly after its expiry, and counts anew") {
        Health health;
        (void)health.failure_on(exec1);
        (void)health.failure_on(exec1);
        health.at(timeout);
        CHECK(health.expire().empty());
        CHECK(health.out(exec1));
        health.at(timeout + SimDuration{1});
        CHECK(health.expire() == Lines{"include e1"});
        CHECK_FALSE(health.out(exec1));
        CHECK(health.failure_on(exec1).empty());  // one is not enough
        CHECK(health.failure_on(exec1) == Lines{"exclude e1 for app after 2"});
    }

    TEST_CASE("SCH-HLT-08 it is looked for when a round of offers begins, and only then") {
        AppConf conf;
        conf.exclusion = by_default();
        conf.exclusion.fetch_failures = true;
        OffersWorld world{conf};
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 1);
        world.submit(task_set_of(2));
        CHECK(world.round().size() == 2);  // the second task keeps e2 busy
        CHECK(world.fetch_failure(task(0, 0, 0), exec1, exec1) ==
              Lines{"exclude e1 for app after 1"});
        TaskSet next = task_set_of(1);
        next.stage = {StageId{1}, 0};
        world.submit(std::move(next));
        world.at(timeout);
        CHECK(world.round().empty());
        world.at(timeout + minutes{5});
        TaskSet other = task_set_of(1);
        other.stage = {StageId{2}, 0};
        world.submit(std::move(other));
        CHECK(world.round() == Lines{"include e1", "s1.0/p0#0 on e1 at PROCESS_LOCAL"});
    }

    TEST_CASE("SCH-HLT-09 failures age from when the task failed") {
        Health health;
        const Health::Set early = health.set_with_failure(exec1);
        health.at(5 * timeout);
        const Health::Set late = health.set_with_failure(exec1);
        CHECK(health.succeed(early).empty());
        CHECK(health.succeed(late).empty());
        CHECK_FALSE(health.out(exec1));
    }

    TEST_CASE("SCH-HLT-09 less than one time-out apart they add up") {
        Health health;
        const Health::Set early = health.set_with_failure(exec1);
        health.at(timeout - SimDuration{1});
        const Health::Set late = health.set_with_failure(exec1);
        CHECK(health.succeed(early).empty());
        CHECK(health.succeed(late) == Lines{"exclude e1 for app after 2"});
    }

    TEST_CASE("SCH-HLT-09 also where the sets end one after the other") {
        for (const bool late : {false, true}) {
            CAPTURE(late);
            Health health;
            CHECK(health.failure_on(exec1).empty());
            health.at(timeout + SimDuration{late ? 1 : 0});
            CHECK(health.failure_on(exec1).empty() == late);
        }
    }

    TEST_CASE("SCH-HLT-10 a fetch failure puts the holder out at once, if asked for") {
        ExclusionConf conf = by_default();
        CHECK(Health{conf}.fetch_failure(exec1).empty());
        conf.fetch_failures = true;
        Health health{conf};
        CHECK(health.fetch_failure(exec1) == Lines{"exclude e1 for app after 1"});
        CHECK_FALSE(health.out(exec2));
    }

    TEST_CASE("SCH-HLT-10 with an external shuffle service its host") {
        ExclusionConf conf = by_default();
        CHECK(Health(conf, true).fetch_failure(exec1).empty());
        conf.fetch_failures = true;
        Health health{conf, true};
        CHECK(health.fetch_failure(exec1) == Lines{"exclude w1 for app after 1"});
        CHECK(health.out(exec2));
        CHECK_FALSE(health.out(exec4));
        CHECK(health.fetch_failure(exec2).empty());  // it is out already
    }
}

TEST_SUITE("conformance: killing what is excluded") {
    // LossReason::excluded is not blamed on the application: SCH-TSM-17 DRV-01.
    TEST_CASE("SCH-HLT-11 an excluded executor is killed, if asked for") {
        ExclusionConf conf = by_default();
        conf.kill = true;
        Health health{conf};
        (void)health.failure_on(exec1);
        CHECK(health.failure_on(exec1) == Lines{"exclude e1 for app after 2", "kill e1: excluded"});
        CHECK_FALSE(blamed_on_app(LossReason::excluded));
    }

    TEST_CASE("SCH-HLT-11 all executors of an excluded node, once the node is out") {
        ExclusionConf conf = by_default();
        conf.kill = true;
        Health health{conf};
        (void)health.failure_on(exec1);
        (void)health.failure_on(exec1);
        (void)health.failure_on(exec2);
        CHECK(health.failure_on(exec2) == Lines{"exclude e2 for app after 2",
                                                "kill e2: excluded",
                                                "exclude w1 for app after 2",
                                                "kill e3: excluded"});
    }

    TEST_CASE("SCH-HLT-11 also for a fetch failure with an external shuffle service") {
        ExclusionConf conf = by_default();
        conf.kill = conf.fetch_failures = true;
        Health health{conf, true};
        CHECK(health.fetch_failure(exec1) == Lines{"exclude w1 for app after 1",
                                                   "kill e1: excluded",
                                                   "kill e2: excluded",
                                                   "kill e3: excluded"});
    }

    TEST_CASE("SCH-HLT-11 or they are decommissioned instead") {
        ExclusionConf conf = by_default();
        conf.kill = conf.kill_by_decommission = true;
        Health health{conf};
        (void)health.failure_on(exec1);
        CHECK(health.failure_on(exec1) == Lines{"exclude e1 for app after 2", "decommission e1"});
        (void)health.failure_on(exec2);
        CHECK(health.failure_on(exec2) == Lines{"exclude e2 for app after 2",
                                                "decommission e2",
                                                "exclude w1 for app after 2",
                                                "decommission e3"});
    }

    TEST_CASE("SCH-HLT-11 decommissioning alone asks for nothing") {
        ExclusionConf conf = by_default();
        conf.kill_by_decommission = true;
        Health health{conf};
        (void)health.failure_on(exec1);
        CHECK(health.failure_on(exec1) == Lines{"exclude e1 for app after 2"});
    }
}

}  // namespace
}  // namespace forkyard::health_test
