// One task set alone: the test plays the task scheduler. What an offer leads to reads
// like a specification:
//
//   set.offer(exec1, Locality::any) == "0 ANY"     index 0 is launched, at this level
//   set.offer(exec1, Locality::any) == "1 ANY copy"     a second copy of task 1
//   set.offer(exec1, Locality::any) == "reject"    left unused, for the sake of locality
//   set.offer(exec1, Locality::any) == "nothing"   nothing that could run there
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/driver/task_set_manager.hpp"
#include "core/event_text.hpp"
#include "tests/builders/choosers.hpp"
#include "tests/builders/lines.hpp"

namespace forkyard {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// What the preferences of tasks are written with.
inline Place on_host(NodeId node) {
    return {node, ExecutorId{}, false};
}
inline Place on_exec(NodeId node, ExecutorId exec) {
    return {node, exec, false};
}
inline Place in_memory_of(NodeId node) {
    return {node, ExecutorId{}, true};
}

// A cluster of twenty nodes; `racks[n]` is the rack of node n, empty for none known.
inline ClusterSpec cluster_with_racks(const std::vector<std::string>& racks) {
    ClusterSpec cluster;
    cluster.nodes.resize(20);
    for (std::size_t n = 0; n < cluster.nodes.size(); ++n) {
        cluster.nodes[n].name = fmt::format("w{}", n);
        if (n < racks.size() && !racks[n].empty()) {
            cluster.nodes[n].rack = racks[n];
        }
    }
    return cluster;
}

// Tasks 0 .. n-1 of stage s0.0, without preferences or with those given, by index.
inline TaskSet task_set_of(std::uint32_t tasks) {
    TaskSet set;
    set.stage = {StageId{0}, 0};
    set.priority = JobId{0};
    for (std::uint32_t p = 0; p < tasks; ++p) {
        set.partitions.push_back(p);
    }
    return set;
}
inline TaskSet task_set_of(const std::vector<std::vector<Place>>& places) {
    TaskSet set = task_set_of(static_cast<std::uint32_t>(places.size()));
    for (const std::vector<Place>& of_task : places) {
        set.places.add(of_task);
    }
    return set;
}

class TaskSetWorld {
public:
    explicit TaskSetWorld(const AppConf& conf = {}, const std::vector<std::string>& racks = {})
        : conf_{std::make_unique<AppConf>(conf)},
          executors_{std::make_unique<ExecutorTable>(cluster_with_racks(racks), 1)} {}

    // ---- executors and time

    void live(ExecutorId exec, NodeId node) {
        executors_->add(exec, node, 8);
        if (set_) {
            set_->recompute_levels();
        }
    }
    void gone(ExecutorId exec) {
        executors_->remove(exec);
        set_->recompute_levels();
    }
    void decommission(ExecutorId exec) {
        executors_->decommission(exec, now_);
        set_->recompute_levels();
    }
    void advance(SimDuration by) { now_ += by; }

    // ---- the set

    void submit(TaskSet set) {
        set_ =
            std::make_unique<TaskSetManager>(AppId{0}, std::move(set), *conf_, *executors_, now_);
    }
    [[nodiscard]] TaskSetManager& set() { return *set_; }
    // "P N NP R A", as in the catalogue.
    [[nodiscard]] std::string levels() const {
        std::string text;
        for (const Locality level : set_->levels()) {
            text += fmt::format("{}{}", text.empty() ? "" : " ", short_of(level));
        }
        return text;
    }

    std::string offer(ExecutorId exec, Locality max) {
        const TaskSetManager::Answer answer = set_->offer(now_, exec, max);
        if (!answer.pick) {
            return answer.reject ? "reject" : "nothing";
        }
        last_ = set_->launch(now_, exec, *answer.pick);
        return fmt::format("{} {}{}",
                           answer.pick->index,
                           to_text(answer.pick->loc),
                           answer.pick->spec ? " copy" : "");
    }
    // The attempt that the last accepted offer launched.
    [[nodiscard]] TaskAttempt last() const { return last_; }

    // ---- ends; `decided` has what they led to

    TaskSetManager::End success(std::uint32_t index, ExecutorId exec, std::uint32_t attempt = 0) {
        return end(event_of(index, exec, attempt, TaskStatus::success), false);
    }
    // A failure of the task itself: it counts.
    TaskSetManager::End failure(std::uint32_t index, ExecutorId exec, std::uint32_t attempt = 0) {
        return end(event_of(index, exec, attempt, TaskStatus::failed), true);
    }
    // An end that does not count.
    TaskSetManager::End ended(std::uint32_t index,
                              ExecutorId exec,
                              TaskStatus status,
                              std::uint32_t attempt = 0) {
        return end(event_of(index, exec, attempt, status), false);
    }
    TaskSetManager::End end(const TaskFinished& event, bool counts) {
        Decisions decisions;
        Step step{now_, decisions, chooser_};
        TaskSetManager::End end = set_->end(step, event, counts);
        decided_ = lines_of(decisions.actions);
        return end;
    }
    [[nodiscard]] static TaskFinished event_of(std::uint32_t index,
                                               ExecutorId exec,
                                               std::uint32_t attempt,
                                               TaskStatus status) {
        TaskFinished event;
        event.app = AppId{0};
        event.task = {{StageId{0}, 0}, index, attempt};
        event.exec = exec;
        event.status = status;
        event.reason = status == TaskStatus::success ? "" : "out of luck";
        return event;
    }
    // The speculation check of now.
    Lines speculate() {
        Decisions decisions;
        Step step{now_, decisions, chooser_};
        (void)set_->speculate(step);
        return lines_of(decisions.actions);
    }
    void progress(std::uint32_t index, ExecutorId exec, std::int64_t records, SimDuration run) {
        set_->on_progress({AppId{0}, {{StageId{0}, 0}, index, 0}, exec, records, run});
    }
    // When the check will find something, in milliseconds; -1: never, as things are.
    [[nodiscard]] std::int64_t next_look_ms() const {
        const auto look = set_->next_speculation(now_);
        return look ? micros(*look) / 1000 : -1;
    }
    [[nodiscard]] const Lines& decided() const { return decided_; }

private:
    static std::string_view short_of(Locality level) {
        switch (level) {
            case Locality::process_local:
                return "P";
            case Locality::node_local:
                return "N";
            case Locality::no_pref:
                return "NP";
            case Locality::rack_local:
                return "R";
            default:
                return "A";
        }
    }

    // The set refers to both; so that a world can be returned by a function.
    std::unique_ptr<AppConf> conf_;
    std::unique_ptr<ExecutorTable> executors_;
    std::unique_ptr<TaskSetManager> set_{};
    BoringChooser chooser_{};
    SimTime now_{};
    TaskAttempt last_{};
    Lines decided_{};
};

inline constexpr NodeId host0{0};
inline constexpr NodeId host1{1};
inline constexpr NodeId host2{2};
inline constexpr NodeId host3{3};
inline constexpr NodeId host4{4};

}  // namespace forkyard
