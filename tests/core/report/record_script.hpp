// Records by hand: a scenario of two nodes and one application, and short ways to write
// what happened. Each event gives its actions the same number; folds are told in order.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/action.hpp"
#include "core/event.hpp"
#include "core/journal/record.hpp"
#include "core/model/scenario.hpp"

namespace forkyard::script {

inline const AppId etl{0};
inline const NodeId w1{0};
inline const NodeId w2{1};
inline const ExecutorId e1{1};
inline const ExecutorId e2{2};
inline const ExecutorId e3{3};
inline const ShuffleId h0{0};
inline const JobId j0{0};
inline const StageId map_stage{0};
inline const StageId result_stage{1};

[[nodiscard]] inline SimTime at_ms(std::int64_t ms) {
    return SimTime{std::chrono::milliseconds{ms}};
}

// s<stage>.<attempt>/p<partition>#<try>
[[nodiscard]] inline TaskAttempt task(std::uint32_t stage,
                                      std::uint32_t attempt,
                                      std::uint32_t partition,
                                      std::uint32_t tried = 0) {
    return {{StageId{stage}, attempt}, partition, tried};
}

[[nodiscard]] inline Scenario two_nodes() {
    Scenario scenario;
    scenario.name = "two nodes";
    for (const char* name : {"w-1", "w-2"}) {
        NodeSpec& node = scenario.cluster.nodes.emplace_back();
        node.name = name;
        node.cores = 2;
        node.memory = Bytes{1000};
    }
    AppSpec app;
    app.name = "etl";
    scenario.apps.push_back(std::move(app));
    return scenario;
}

// Feeds one or several folds.
template <class... Folds>
class Script {
public:
    explicit Script(Folds&... folds) : folds_{folds...} {}

    Script& event(std::int64_t ms, Event event) {
        head_ = {++seq_, at_ms(ms), 0};
        sub_ = 0;
        std::apply([&](auto&... fold) { (fold.on(head_, event), ...); }, folds_);
        return *this;
    }
    Script& fault(std::int64_t ms, FaultRecord fault) {
        head_ = {++seq_, at_ms(ms), 0};
        sub_ = 0;
        std::apply([&](auto&... fold) { (fold.on(head_, fault), ...); }, folds_);
        return *this;
    }
    Script& act(Action action) {
        const ActionHead head{seq_, ++sub_};
        std::apply([&](auto&... fold) { (fold.on(head, head_.time, action), ...); }, folds_);
        return *this;
    }
    [[nodiscard]] ActionHead next_sub() { return {seq_, ++sub_}; }
    [[nodiscard]] SimTime now() const { return head_.time; }

    // ---- whole steps

    // Two nodes, one executor with two cores on each; e3 is not granted.
    Script& cluster() {
        event(0, WorkerJoined{w1, 2, Bytes{1000}, "default"});
        event(0, WorkerJoined{w2, 2, Bytes{1000}, "default"});
        event(0, AppSubmitted{etl, {}});
        act(RequestExecutors{etl, 2});
        event(0, ExecutorsRequested{etl, RequestExecutors::unlimited});
        act(LaunchExecutor{etl, e1, w1, 2, Bytes{500}});
        act(LaunchExecutor{etl, e2, w2, 2, Bytes{500}});
        event(0, registered(e1, w1));
        event(0, registered(e2, w2));
        return *this;
    }
    // j0: two maps (h0), then two results; the maps are launched on e1 and e2.
    Script& job() {
        event(10, submitted());
        act(submit_maps(0, 2));
        launch(task(0, 0, 0), e1, w1);
        launch(task(0, 0, 1), e2, w2);
        return *this;
    }
    // Both maps end; the results are launched on e1 and e2.
    Script& maps_done() {
        ends(100, task(0, 0, 0), e1);
        act(RegisterMapOutput{etl, h0, 0, e1});
        ends(110, task(0, 0, 1), e2);
        act(RegisterMapOutput{etl, h0, 1, e2});
        act(FinishStage{etl, {map_stage, 0}, EndStatus::succeeded});
        act(submit_results(0, 2));
        launch(task(1, 0, 0), e1, w1);
        launch(task(1, 0, 1), e2, w2);
        return *this;
    }
    Script& results_done() {
        ends(200, task(1, 0, 0), e1);
        ends(210, task(1, 0, 1), e2);
        act(FinishStage{etl, {result_stage, 0}, EndStatus::succeeded});
        act(FinishJob{etl, j0, EndStatus::succeeded, ""});
        return *this;
    }
    Script& app_done(std::int64_t ms = 220) {
        event(ms, AppClosed{etl, ""});
        act(FinishApp{etl, EndStatus::succeeded, ""});
        return *this;
    }

    Script& launch(TaskAttempt attempt, ExecutorId exec, NodeId node, bool spec = false) {
        launched_[{attempt, exec}] = now();
        return act(LaunchTask{etl, attempt, exec, node, Locality::process_local, spec});
    }
    Script& ends(std::int64_t ms,
                 TaskAttempt attempt,
                 ExecutorId exec,
                 TaskStatus status = TaskStatus::success,
                 std::string reason = "",
                 ExecutorId from = ExecutorId{}) {
        TaskFinished event;
        event.app = etl;
        event.task = attempt;
        event.exec = exec;
        event.status = status;
        const auto launched = launched_.find({attempt, exec});
        event.run = launched == launched_.end() ? SimDuration{0} : at_ms(ms) - launched->second;
        event.reason = std::move(reason);
        event.shuffle = from.valid() ? h0 : ShuffleId{};
        event.from = from;
        return this->event(ms, std::move(event));
    }
    Script& lost(std::int64_t ms, ExecutorId exec, LossReason reason = LossReason::killed) {
        return event(ms, ExecutorLost{etl, exec, reason, 137});
    }

    [[nodiscard]] static Event registered(ExecutorId exec, NodeId node) {
        return ExecutorRegistered{etl, exec, node, 2, Bytes{500}};
    }
    [[nodiscard]] static Event submitted() {
        JobSubmitted job;
        job.app = etl;
        job.job = j0;
        job.name = "total";
        job.final_stage = result_stage;
        job.stages = {map_stage, result_stage};
        job.until = 2;
        return job;
    }
    [[nodiscard]] static Action submit_maps(std::uint32_t attempt, std::uint32_t tasks) {
        SubmitStage stage;
        stage.app = etl;
        stage.stage = {map_stage, attempt};
        stage.name = "counts:4";
        stage.tasks = tasks;
        stage.shuffle = h0;
        return stage;
    }
    [[nodiscard]] static Action submit_results(std::uint32_t attempt, std::uint32_t tasks) {
        SubmitStage stage;
        stage.app = etl;
        stage.stage = {result_stage, attempt};
        stage.name = "counts";
        stage.tasks = tasks;
        stage.parents = {map_stage};
        return stage;
    }

private:
    std::tuple<Folds&...> folds_;
    std::uint64_t seq_ = 0;
    std::uint32_t sub_ = 0;
    EventHead head_{};
    std::map<std::pair<TaskAttempt, ExecutorId>, SimTime> launched_;
};

}  // namespace forkyard::script
