// Which attempt of a task may commit its output: the first that asks, until it fails.
//
// A partition's lock goes to one attempt of one stage attempt; only that attempt's own
// failure takes it back, and an attempt that has failed is never given it. The stages it
// knows are those that run, or will be tried again: asking for others is answered with no.
// What is written where is nothing that it knows of, nor who really commits.
//
// In Spark: OutputCommitCoordinator.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "core/event_tasks.hpp"
#include "core/ids.hpp"

namespace forkyard {

class CommitCoordinator {
public:
    // An attempt of the stage starts; what is known from earlier attempts stays.
    void start_stage(StageId stage, std::uint32_t partitions);
    // It ends and will not be tried again.
    void end_stage(StageId stage) { stages_.erase(stage); }
    void end_task(const TaskAttempt& task, TaskStatus status);
    // Whether the attempt may commit; if so no other may.
    [[nodiscard]] bool ask(const TaskAttempt& task);

private:
    // Attempts of one task have the same numbers in each attempt of its stage (SCH-OCC-03).
    struct Committer {
        std::uint32_t stage_attempt = 0;
        std::uint32_t task_attempt = 0;
        auto operator<=>(const Committer&) const = default;
    };
    struct Partition {
        std::optional<Committer> committer{};
        std::set<Committer> failed{};
    };
    struct Stage {
        std::uint32_t partitions = 0;
        std::map<std::uint32_t, Partition> known{};  // that asked, or failed
    };
    [[nodiscard]] Partition* find(const TaskAttempt& task);

    std::map<StageId, Stage> stages_{};
};

}  // namespace forkyard
