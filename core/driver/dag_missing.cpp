// The part of the DAG scheduler that looks for what a stage still lacks: outputs of its parents,
// and partitions of its own.
#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "core/driver/dag_scheduler.hpp"

namespace forkyard {

std::vector<StageId> DagScheduler::missing_parents(const Stage& stage) {
    std::vector<StageId> missing;
    for (const StageId parent : stage.parents) {
        if (!available(stages_.at(parent))) {
            missing.push_back(parent);
        }
    }
    if (missing.empty()) {
        return missing;
    }
    // Nothing is read from those behind what is cached as a whole (SCH-DAG-04).
    const PlanStage& plan = plan_of(stage);
    const auto all_cached = [&](RddId rdd, std::uint32_t partitions) {
        return cache_.complete(rdd, partitions);
    };
    if (plan.synthetic) {
        return plan.kept && all_cached(*plan.kept, plan.tasks) ? std::vector<StageId>{} : missing;
    }
    std::set<StageId> needed;
    for (const std::uint32_t shuffle : program_.lineage().shuffles_before(plan.root, all_cached)) {
        needed.insert(map_stages_[shuffles_[program_.writer_of(shuffle).index()].index()]);
    }
    std::erase_if(missing, [&](StageId parent) { return !needed.contains(parent); });
    return missing;
}

std::vector<std::uint32_t> DagScheduler::missing_partitions(const Stage& stage) const {
    std::vector<std::uint32_t> partitions;
    if (stage.is_map()) {
        partitions = outputs_.missing(stage.shuffle);
        if (const auto held = held_back_.find(stage.id); held != held_back_.end()) {
            std::erase_if(partitions, [&](std::uint32_t p) { return held->second.contains(p); });
        }
        return partitions;
    }
    const auto job = jobs_.find(*stage.jobs.begin());
    if (job != jobs_.end()) {
        for (std::uint32_t i = 0; i < job->second.finished.size(); ++i) {
            if (job->second.finished[i] == 0) {
                partitions.push_back(job->second.from + i);
            }
        }
    }
    return partitions;
}

}  // namespace forkyard
