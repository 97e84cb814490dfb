#include "core/journal/match.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "core/journal/codec.hpp"

namespace forkyard::match_test {
namespace {

KeyPattern is(std::string key, std::vector<std::string> any_of) {
    return {std::move(key), {std::move(any_of), {}, {}}};
}

KeyPattern within(std::string key,
                  std::optional<std::int64_t> min,
                  std::optional<std::int64_t> max) {
    return {std::move(key), {{}, min, max}};
}

constexpr AppId etl{0};
constexpr AppId other{1};
constexpr ExecutorId e1{1};
constexpr NodeId w2{1};

// etl has job j0 (top words) of stages s0 (counts:4, writes h0) and s1 (counts).
struct World {
    World() {
        names.apps = {"etl", "other"};
        names.nodes = {"w-1", "w-2"};
        context = MatchContext{names};
        context.on(ActionHead{1, 1}, SimTime{}, LaunchExecutor{etl, e1, w2, 2, Bytes{1}});
        JobSubmitted job;
        job.app = etl;
        job.job = JobId{0};
        job.name = "top words";
        job.final_stage = StageId{1};
        job.stages = {StageId{0}, StageId{1}};
        context.on(EventHead{2}, job);
        SubmitStage stage;
        stage.app = etl;
        stage.stage = {StageId{0}, 0};
        stage.name = "counts:4";
        stage.shuffle = ShuffleId{0};
        context.on(ActionHead{2, 1}, SimTime{}, stage);
        stage.stage = {StageId{1}, 0};
        stage.name = "counts";
        stage.shuffle = ShuffleId{};
        context.on(ActionHead{2, 2}, SimTime{}, stage);
    }

    [[nodiscard]] bool launch_matches(std::vector<KeyPattern> keys) const {
        const LaunchTask launch{etl, {{StageId{0}, 1}, 3, 2}, e1, w2, Locality::node_local, false};
        return matches(std::move(keys),
                       to_record(names, ActionHead{5, 1}, SimTime{SimDuration{1500}}, launch));
    }
    [[nodiscard]] bool matches(std::vector<KeyPattern> keys, const Record& record) const {
        return context.matches(Pattern{std::move(keys)}, record);
    }

    Names names;
    MatchContext context{Names{}};
};

TEST_SUITE("match") {
    TEST_CASE("a star is any text, also none") {
        CHECK(glob_matches("*", ""));
        CHECK(glob_matches("task.*", "task.launch"));
        CHECK(glob_matches("a*b*c", "a1b2b3c"));
        CHECK(glob_matches("*b", "abab"));
        CHECK_FALSE(glob_matches("a*b", "abc"));
        CHECK_FALSE(glob_matches("a", "ab"));
        CHECK_FALSE(glob_matches("", "a"));
    }

    TEST_CASE("keys of the record are compared whole") {
        const World world;
        CHECK(world.launch_matches({is("kind", {"task.launch"}), is("exec", {"e1"})}));
        CHECK_FALSE(world.launch_matches({is("kind", {"task.launch"}), is("exec", {"e"})}));
        CHECK(world.launch_matches({is("loc", {"NODE_LOCAL"}), is("spec", {"0"})}));
        CHECK(world.launch_matches({is("task", {"s0.1/p3#2"})}));
        CHECK(world.launch_matches({is("exec", {"e7", "e1"})}));
        CHECK_FALSE(world.launch_matches({is("reason", {"*"})}));
    }

    TEST_CASE("a stage is meant by its name, its number or one attempt") {
        const World world;
        CHECK(world.launch_matches({is("stage", {"counts:4"})}));
        CHECK(world.launch_matches({is("stage", {"s0"})}));
        CHECK(world.launch_matches({is("stage", {"s0.1"})}));
        CHECK(world.launch_matches({is("stage", {"counts*"})}));
        CHECK_FALSE(world.launch_matches({is("stage", {"s0.0"})}));
        CHECK_FALSE(world.launch_matches({is("stage", {"counts"})}));
        CHECK_FALSE(world.launch_matches({is("stage", {"s1"})}));
        CHECK(world.context.means_stage("counts:4", etl, {StageId{0}, 7}));
        CHECK(world.context.means_stage("s0.7", etl, {StageId{0}, 7}));
        CHECK_FALSE(world.context.means_stage("counts:4", other, {StageId{0}, 7}));
    }

    TEST_CASE("names imply job, partition, attempt, node and time") {
        const World world;
        CHECK(world.launch_matches({is("job", {"top words"})}));
        CHECK(world.launch_matches({is("job", {"j0"})}));
        CHECK_FALSE(world.launch_matches({is("job", {"j1"})}));
        CHECK(world.launch_matches({is("partition", {"3"}), is("attempt", {"2"})}));
        CHECK_FALSE(world.launch_matches({is("attempt", {"1"})}));
        CHECK(world.launch_matches({within("time", 1000, 2000)}));
        CHECK_FALSE(world.launch_matches({within("time", std::nullopt, 1499)}));
        CHECK(world.launch_matches({within("partition", 3, std::nullopt)}));
        const Record lost = to_record(
            world.names, EventHead{9}, Event{ExecutorLost{etl, e1, LossReason::killed, 137}});
        CHECK(world.matches({is("node", {"w-2"})}, lost));
        CHECK_FALSE(world.matches({is("node", {"w-1"})}, lost));
        CHECK(world.matches({within("code", 100, 200)}, lost));
    }

    TEST_CASE("a shuffle implies the stage that writes it") {
        const World world;
        const Record output = to_record(world.names,
                                        ActionHead{9, 1},
                                        SimTime{},
                                        UnregisterMapOutput{etl, ShuffleId{0}, 4, e1});
        CHECK(world.matches({is("stage", {"counts:4"}), is("partition", {"4"})}, output));
        CHECK(world.matches({is("job", {"top words"})}, output));
        CHECK_FALSE(world.matches({is("stage", {"counts"})}, output));
    }

    TEST_CASE("the writer of a shuffle is also learnt from its first output") {
        World world;
        TaskFinished ended;
        ended.app = etl;
        ended.task = {{StageId{1}, 0}, 0, 0};
        world.context.on(EventHead{6}, ended);
        const Action output = RegisterMapOutput{etl, ShuffleId{3}, 0, e1};
        world.context.on(ActionHead{6, 1}, SimTime{}, output);
        CHECK(world.matches({is("stage", {"counts"})},
                            to_record(world.names, ActionHead{6, 1}, SimTime{}, output)));
    }

    TEST_CASE("faults match by kind and state, violations by invariant") {
        const World world;
        const Record fault = to_record(
            world.names, EventHead{9}, FaultRecord{.kind = FaultKind::kill_executor, .exec = e1});
        CHECK(world.matches({is("kind", {"kill-executor"}), is("state", {"applied"})}, fault));
        CHECK(world.matches({is("app", {"etl"}), is("node", {"w-2"})}, fault));
        CHECK_FALSE(world.matches({is("state", {"noeffect"})}, fault));
        CHECK(world.matches({is("task", {"-"})}, fault));
        const Record broken = to_record(ActionHead{9, 1}, SimTime{}, Violation{"I12", "lost"});
        CHECK(world.matches({is("kind", {"invariant"}), is("invariant", {"I12"})}, broken));
        CHECK_FALSE(world.matches({is("kind", {"invariant"}), is("invariant", {"I01"})}, broken));
    }

    TEST_CASE("only kinds of interest are made into texts") {
        const Pattern lost{{is("exec", {"e1"}), is("kind", {"executor.*"})}};
        CHECK(could_match(lost, "executor.lost"));
        CHECK_FALSE(could_match(lost, "task.launch"));
        CHECK(could_match(Pattern{{is("exec", {"e1"})}}, "task.launch"));
        KindFilter filter;
        CHECK_FALSE(filter.wants(Event{ExecutorLost{}}));
        filter.add(lost);
        CHECK(filter.wants(Event{ExecutorLost{}}));
        CHECK(filter.wants(Action{LaunchExecutor{}}));
        CHECK_FALSE(filter.wants(Action{LaunchTask{}}));
    }

    TEST_CASE("a pattern reads as a person would write it") {
        CHECK(to_text(Pattern{{is("exec", {"e1", "e2"}),
                               is("kind", {"task.launch"}),
                               within("time", 5, std::nullopt)}}) ==
              "task.launch exec=e1|e2 time=5..");
    }
}

}  // namespace
}  // namespace forkyard::match_test
