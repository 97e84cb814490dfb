#include "core/driver/task_demand.hpp"

namespace forkyard {

void TaskDemand::on(const SubmitStage& action) {
    Stage& stage = stages_[action.stage];
    stage.open = true;
    stage.tasks = action.tasks;
    pending_ += action.tasks;
    ++open_;
}

void TaskDemand::on(const FinishStage& action) {
    const auto found = stages_.find(action.stage);
    if (found == stages_.end() || !found->second.open) {
        return;
    }
    Stage& stage = found->second;
    pending_ -= stage.waiting();
    copies_ -= static_cast<std::uint32_t>(stage.copies.size());
    --open_;
    stage.open = false;
    stage.copies.clear();
    if (stage.running == 0) {
        stages_.erase(found);
    }
}

void TaskDemand::on(const LaunchTask& action) {
    const auto found = stages_.find(action.task.stage);
    if (found == stages_.end()) {
        return;
    }
    Stage& stage = found->second;
    ++stage.running;
    ++running_;
    if (action.spec) {
        copies_ -= static_cast<std::uint32_t>(stage.copies.erase(action.task.partition));
        stage.running_copies.insert(action.task);
    } else {
        pending_ -= stage.waiting();
        stage.started.insert(action.task.partition);
        pending_ += stage.waiting();
    }
}

void TaskDemand::on(const SpeculateTask& action) {
    const auto found = stages_.find(action.task.stage);
    if (found != stages_.end() && found->second.open &&
        found->second.copies.insert(action.task.partition).second) {
        ++copies_;
    }
}

bool TaskDemand::on(const TaskFinished& event) {
    const auto found = stages_.find(event.task.stage);
    if (found == stages_.end()) {
        return false;
    }
    Stage& stage = found->second;
    const bool copy = stage.running_copies.erase(event.task) > 0;
    if (event.status != TaskStatus::resubmitted) {  // that one ended long ago
        --stage.running;
        --running_;
    }
    bool again = false;
    if (event.status == TaskStatus::success) {
        copies_ -= static_cast<std::uint32_t>(stage.copies.erase(event.task.partition));
    } else if (event.status != TaskStatus::killed) {
        again = true;
        if (!copy) {
            pending_ -= stage.waiting();
            stage.started.erase(event.task.partition);
            pending_ += stage.waiting();
        }
    }
    if (!stage.open && stage.running == 0) {
        stages_.erase(found);
    }
    return again;
}

}  // namespace forkyard
