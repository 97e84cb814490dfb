// The policy that breaks its own cluster: what it asks for, and when it stops.
#include "core/policy/chaos.hpp"

#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "tests/builders/app_of.hpp"

namespace forkyard {
namespace {

using std::chrono::seconds;

// Answers each choice with the option that the test has set.
class SetOption final : public Chooser {
public:
    std::uint64_t option = 0;
    std::uint64_t asked_of = 0;  // the last n

private:
    std::uint64_t choose(std::string_view /*point*/,
                         std::string_view /*label*/,
                         std::uint64_t n) override {
        asked_of = n;
        return option;
    }
};

Scenario two_workers() {
    Scenario scenario;
    scenario.cluster.manager = "chaos";
    scenario.cluster.policy_faults = true;
    scenario.cluster.chaos = {seconds{10}, 400, seconds{7}};
    for (const char* const name : {"w-1", "w-2"}) {
        NodeSpec node;
        node.name = name;
        node.cores = 4;
        node.memory = Bytes{std::int64_t{8} << 30};
        scenario.cluster.nodes.push_back(node);
    }
    scenario.apps.push_back(app_of({}, {}));
    return scenario;
}

// One application with an executor on each of two workers.
class Harmed {
public:
    Harmed() {
        for (std::uint32_t n = 0; n < 2; ++n) {
            tell(WorkerJoined{NodeId{n}, 4, Bytes{std::int64_t{8} << 30}, "default"});
        }
        tell(AppSubmitted{AppId{0}, {}});
        tell(ExecutorsRequested{AppId{0}, RequestExecutors::unlimited});
        for (std::uint32_t n = 1; n <= 2; ++n) {
            tell(ExecutorRegistered{AppId{0}, ExecutorId{n}, NodeId{n - 1}, 4, Bytes{1}});
        }
    }
    Harmed(const Harmed&) = delete;
    Harmed& operator=(const Harmed&) = delete;

    void tell(const Event& event) {
        out_.clear();
        Step step{SimTime{now}, out_, chooser};
        policy->handle(step, event);
    }
    // After ten seconds; what it asks for.
    const InjectFault* harm(std::uint64_t option) {
        now += seconds{10};
        const TimerFired timer{TimerKind::policy, {}, {}};
        REQUIRE(policy->due(SimTime{now}, timer));
        chooser.option = option;
        tell(timer);
        for (const Action& action : out_.actions) {
            if (const auto* fault = std::get_if<InjectFault>(&action)) {
                return fault;
            }
        }
        return nullptr;
    }
    void end() {
        out_.clear();
        Step step{SimTime{now}, out_, chooser};
        policy->end_application(step, AppId{0});
    }

    Scenario scenario = two_workers();
    SetOption chooser;
    std::unique_ptr<Chaos> policy = std::make_unique<Chaos>(scenario);
    SimDuration now{0};

private:
    Decisions out_;
};

}  // namespace

TEST_SUITE("the policy chaos") {
    TEST_CASE("it may leave all in peace, kill any executor or slow any worker") {
        Harmed world;
        CHECK(world.harm(0) == nullptr);
        CHECK(world.chooser.asked_of == 5);
        const InjectFault* kill = world.harm(2);
        REQUIRE(kill != nullptr);
        CHECK(kill->fault == FaultKind::kill_executor);
        CHECK(kill->exec == ExecutorId{2});
        CHECK(kill->app == AppId{0});
        const InjectFault* slow = world.harm(3);
        REQUIRE(slow != nullptr);
        CHECK(slow->fault == FaultKind::slow_worker);
        CHECK(slow->node == NodeId{0});
        CHECK(slow->percent == 400);
        CHECK(slow->lasts == seconds{7});
    }

    TEST_CASE("what is gone is not chosen") {
        Harmed world;
        world.tell(ExecutorLost{AppId{0}, ExecutorId{1}, LossReason::killed, 137, {}});
        const InjectFault* kill = world.harm(1);
        REQUIRE(kill != nullptr);
        CHECK(kill->exec == ExecutorId{2});
        CHECK(world.chooser.asked_of == 4);
    }

    TEST_CASE("it stops when no application is left") {
        Harmed world;
        world.end();
        CHECK(!world.policy->due(SimTime{seconds{10}}, TimerFired{TimerKind::policy, {}, {}}));
    }

    TEST_CASE("it goes on from its saved state") {
        Harmed world;
        (void)world.harm(0);
        StateWriter out;
        world.policy->save(out);
        auto fresh = std::make_unique<Chaos>(world.scenario);
        StateReader in{out.bytes()};
        fresh->load(in);
        CHECK(in.at_end());
        CHECK(fresh->digest() == world.policy->digest());
        world.policy = std::move(fresh);
        const InjectFault* kill = world.harm(1);
        REQUIRE(kill != nullptr);
        CHECK(kill->exec == ExecutorId{1});
    }
}

}  // namespace forkyard
