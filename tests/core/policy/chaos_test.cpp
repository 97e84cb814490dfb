// The policy that breaks its own cluster: what it asks for, and when it stops.
#include "core/policy/chaos.hpp"

#include <doctest/doctest.h>

#include "tests/builders/manager_world.hpp"

namespace forkyard::chaos_test {
namespace {

using std::chrono::seconds;

Scenario two_workers() {
    Scenario scenario = managed_by("chaos", {{4, 8192}, {4, 8192}}, {{}, {}});
    scenario.cluster.policy_faults = true;
    scenario.cluster.chaos = {seconds{10}, 400, seconds{7}};
    return scenario;
}

// One application with an executor on each of two workers; another may come.
class Harmed : public ManagerWorld {
public:
    explicit Harmed(Scenario scenario = two_workers()) : ManagerWorld{std::move(scenario)} {
        (void)asks(0);
        (void)runs(1);
        (void)runs(2);
    }
    // What happens when it next looks for harm, and takes that option.
    Lines harm(std::uint64_t option) {
        chooses(option);
        now_ms_ += 10'000;
        return run_until(now_ms_);
    }

private:
    std::int64_t now_ms_ = 0;
};

}  // namespace

TEST_SUITE("the policy chaos") {
    TEST_CASE("it may leave all in peace, kill any executor or slow any worker") {
        Harmed world;
        CHECK(world.harm(0) == Lines{"at 10000 ms", "choice policy.harm chaos of 5"});
        CHECK(world.harm(2) ==
              Lines{"at 20000 ms", "choice policy.harm chaos of 5", "ask for kill-executor of e2"});
        CHECK(world.harm(3) == Lines{"at 30000 ms",
                                     "choice policy.harm chaos of 5",
                                     "ask for slow-worker of w0: 400 % for 7000 ms"});
    }

    TEST_CASE("what is gone is not chosen, nor is a process that has ended unheard of") {
        Harmed world;
        (void)world.exits(1);
        CHECK(world.harm(1) ==
              Lines{"at 10000 ms", "choice policy.harm chaos of 4", "ask for kill-executor of e2"});
        (void)world.gone(1, LossReason::killed, 137);
        (void)world.gone(2, LossReason::killed, 137);
        CHECK(world.harm(1) == Lines{"at 20000 ms",
                                     "choice policy.harm chaos of 3",
                                     "ask for slow-worker of w0: 400 % for 7000 ms"});
    }

    TEST_CASE("it stops when no application is left, and begins again with the next one") {
        Harmed world;
        (void)world.ends(0);
        CHECK(world.run_until(60'000).empty());
        world.chooses(0);
        (void)world.submits(1);
        CHECK(world.run_until(70'000).front() == "at 70000 ms");
    }

    TEST_CASE("so it does when its master has removed the application") {
        Scenario scenario = two_workers();
        scenario.master.executor_retries_max = 1;
        Harmed world{scenario};
        (void)world.gone(1, LossReason::killed, 137);
        CHECK(world.gone(2, LossReason::killed, 137) ==
              Lines{"remove a0: Master removed our application: FAILED"});
        CHECK(world.run_until(60'000).empty());
        world.chooses(0);
        (void)world.submits(1);
        CHECK(world.run_until(70'000).front() == "at 70000 ms");
    }

    TEST_CASE("it goes on from its saved state") {
        Harmed world;
        (void)world.harm(0);
        world.saved_and_loaded();
        CHECK(world.harm(1) ==
              Lines{"at 20000 ms", "choice policy.harm chaos of 5", "ask for kill-executor of e1"});
    }
}

}  // namespace forkyard::chaos_test
