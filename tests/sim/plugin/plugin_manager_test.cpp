// The state of a policy of the user's own: saved, and loaded by another that goes on as the
// first would.
#include "sim/plugin/plugin_manager.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sim/plugin/make_manager.hpp"

namespace forkyard::sim::testing::plugin_manager_test {

namespace {

class FirstOption final : public Chooser {
public:
    std::uint64_t choose(std::string_view /*point*/,
                         std::string_view /*label*/,
                         std::uint64_t /*n*/) override {
        return 0;
    }
};

Scenario two_nodes(const std::string& mode) {
    Scenario scenario;
    scenario.cluster.manager = "exec:" FORKYARD_POLICY_CHILD " " + mode;
    for (const char* name : {"w-1", "w-2"}) {
        NodeSpec& node = scenario.cluster.nodes.emplace_back();
        node.name = name;
        node.cores = 4;
        node.memory = Bytes{std::int64_t{8} << 30};
    }
    AppSpec& app = scenario.apps.emplace_back();
    app.name = "etl";
    app.conf.executor_cores = 2;
    return scenario;
}

std::unique_ptr<ClusterManager> started(const Scenario& scenario) {
    Result<std::unique_ptr<ClusterManager>> manager = make_manager(scenario, "");
    REQUIRE(manager);
    return std::move(*manager);
}

std::unique_ptr<ClusterManager> hosted(const Scenario& scenario, const char* library) {
    Result<std::unique_ptr<PluginManager>> manager = PluginManager::start(
        scenario, {.binary = FORKYARD_BINARY, .argv = {"forkyard", "policy-host", library}});
    REQUIRE(manager);
    return std::move(*manager);
}

Decisions told(ClusterManager& manager, SimTime now, const Event& event) {
    FirstOption chooser;
    Decisions decisions;
    Step step{now, decisions, chooser};
    manager.handle(step, event);
    return decisions;
}

constexpr SimTime start{};
const WorkerJoined first_node{NodeId{0}, 4, Bytes{std::int64_t{8} << 30}, "default"};

}  // namespace

TEST_SUITE("plug-ins: the host's side") {
    TEST_CASE("a policy that is loaded goes on as the one that was saved") {
        const Scenario scenario = two_nodes("state");
        const auto first = started(scenario);
        CHECK(told(*first, start, ExecutorsRequested{AppId{0}, 1}).actions.empty());
        StateWriter saved;
        first->save(saved);
        REQUIRE(first->failure() == nullptr);

        const auto second = started(scenario);
        StateReader reader{saved.bytes()};
        second->load(reader);
        CHECK(reader.at_end());
        REQUIRE(second->failure() == nullptr);
        CHECK(second->digest() == first->digest());
        for (ClusterManager* manager : {first.get(), second.get()}) {
            const Decisions decisions = told(*manager, start, first_node);
            REQUIRE(decisions.actions.size() == 1);
            CHECK(std::get<LaunchExecutor>(decisions.actions[0]).exec == ExecutorId{1});
        }
        CHECK(second->digest() == first->digest());
    }

    TEST_CASE("a library keeps its state by save() and load(), if it has them") {
        const Scenario scenario = two_nodes("fit");
        const auto first = hosted(scenario, FORKYARD_POLICY_LIBRARY);
        CHECK(first->name().starts_with("one node (exec:"));
        (void)told(*first, start, first_node);
        const auto launches = [](const Decisions& decisions) {
            return std::count_if(
                decisions.actions.begin(), decisions.actions.end(), [](const Action& action) {
                    return std::holds_alternative<LaunchExecutor>(action);
                });
        };
        CHECK(launches(told(*first, start, ExecutorsRequested{AppId{0}, 9})) == 1);
        StateWriter saved;
        first->save(saved);
        const auto second = hosted(scenario, FORKYARD_POLICY_LIBRARY);
        StateReader reader{saved.bytes()};
        second->load(reader);
        REQUIRE(second->failure() == nullptr);
        (void)told(*second, start, first_node);
        CHECK(launches(told(*second, start, ExecutorsRequested{AppId{0}, 9})) == 1);
        CHECK(launches(told(*second, start, ExecutorsRequested{AppId{0}, 9})) == 0);  // its third

        const auto other = hosted(scenario, FORKYARD_LEAST_LOADED);
        other->save(saved);
        REQUIRE(other->failure() != nullptr);
        CHECK(other->failure()->starts_with("gave up: it has no save() and load()"));
    }

    TEST_CASE("timers that were asked for are saved too, and are due once") {
        const Scenario scenario = two_nodes("state");
        const auto first = started(scenario);
        const Decisions decisions = told(*first, start, ExecutorsRequested{AppId{0}, 1});
        REQUIRE(decisions.timers.size() == 1);
        const TimerRequest& request = decisions.timers[0];
        CHECK(request.at == SimTime{std::chrono::milliseconds{700}});
        StateWriter saved;
        first->save(saved);
        const auto second = started(scenario);
        StateReader reader{saved.bytes()};
        second->load(reader);
        for (ClusterManager* manager : {first.get(), second.get()}) {
            CHECK(manager->due(request.at, request.timer));
            CHECK_FALSE(manager->due(start, request.timer));
            CHECK_FALSE(manager->due(request.at, TimerFired{TimerKind::policy, {}, NodeId{1}}));
            (void)told(*manager, request.at, request.timer);
            CHECK_FALSE(manager->due(request.at, request.timer));
        }
    }

    TEST_CASE("a policy that keeps no state fails when it is saved") {
        const Scenario scenario = two_nodes("fit");
        const auto manager = started(scenario);
        StateWriter saved;
        manager->save(saved);
        REQUIRE(manager->failure() != nullptr);
        CHECK(manager->failure()->starts_with("gave up: it keeps no state; it had been told"));
        CHECK(told(*manager, start, first_node).actions.empty());  // and is asked nothing more
    }

    TEST_CASE("it hears of nodes, applications and executors, and of nothing else") {
        const Scenario scenario = two_nodes("fit");
        const auto manager = started(scenario);
        const std::uint64_t before = manager->digest();
        (void)told(*manager, start, AppKilled{AppId{0}});
        (void)told(*manager, start, TaskFinished{});
        (void)told(*manager, start, TimerFired{TimerKind::driver_retry, AppId{0}, {}});
        CHECK(manager->digest() == before);
        (void)told(*manager, start, AppSubmitted{AppId{0}, {}});
        CHECK(manager->digest() != before);
    }
}

}  // namespace forkyard::sim::testing::plugin_manager_test
