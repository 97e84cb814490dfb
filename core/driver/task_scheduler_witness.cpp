// What a launch was chosen from. Reads, and changes nothing.
#include <utility>

#include <fmt/format.h>

#include "core/driver/task_scheduler.hpp"

namespace forkyard {

// The offer at `position` of the round is about to be taken.
LaunchStory TaskScheduler::story_of(const Round& round,
                                    std::uint32_t position,
                                    const TaskSetManager& set,
                                    const TaskSetManager::Pick& pick) const {
    LaunchStory story;
    story.allowed = set.level();
    story.waiting = set.waiting() + 1;  // the picked one is taken already
    std::map<ExecutorId, std::uint32_t> positions;
    for (std::uint32_t i = 0; i < round.size; ++i) {
        positions.emplace(round.at(i), i);
    }
    for (std::uint32_t number = 0; number < executors_.all().size(); ++number) {
        const ExecutorId exec{number};
        if (!executors_.alive(exec)) {
            continue;
        }
        const ExecutorTable::Executor& entry = executors_.at(exec);
        const auto found = positions.find(exec);
        Candidate candidate{.exec = exec,
                            .node = entry.node,
                            .free = executors_.free_slots(exec),
                            .slots = executors_.slots_of(exec),
                            .loc = set.locality_at(pick.index, exec)};
        if (found != positions.end() && found->second == position) {
            candidate.verdict = Verdict::chosen;
            candidate.loc = pick.loc;
        } else if (entry.decommissioning || (entry.to_go && !executors_.has_room(exec))) {
            candidate.verdict = Verdict::leaving;
        } else if (!executors_.has_room(exec)) {
            candidate.verdict = Verdict::no_room;
        } else if (!usable(exec) || !set.may_run(pick, exec)) {
            candidate.verdict = Verdict::excluded;
        } else if (found == positions.end()) {
            candidate.verdict = Verdict::not_offered;
        } else {
            candidate.verdict =
                found->second > position ? Verdict::offered_later : Verdict::left_unused;
        }
        story.candidates.push_back(candidate);
    }
    return story;
}

}  // namespace forkyard
