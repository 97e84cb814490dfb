// The second half of the summary: counters to the readable form.
#include <algorithm>
#include <array>

#include "core/event_text.hpp"
#include "core/report/summary.hpp"

namespace forkyard {

AppSummary SummaryFold::summary_of(const App& app) const {
    AppSummary out = app.summary;
    for (std::uint32_t i = 0; i < app.stages.size(); ++i) {
        const Stage& stage = app.stages[i];
        if (stage.summary.attempts == 0 && !stage.skipped) {
            continue;  // never came to run
        }
        StageSummary& entry = out.stages.emplace_back(stage.summary);
        entry.id = StageId{i};
        if (entry.attempts == 0) {
            entry.status = StageStatus::skipped;
        }
    }
    for (const Job& job : app.jobs) {
        if (!job.summary.id.valid()) {
            continue;
        }
        JobSummary& entry = out.jobs.emplace_back(job.summary);
        entry.stages = static_cast<std::uint32_t>(job.stages.size());
        for (const StageId id : job.stages) {
            if (id.index() >= app.stages.size()) {
                continue;
            }
            const Stage& stage = app.stages[id.index()];
            if (stage.summary.attempts > 0) {
                entry.tasks += stage.summary.tasks;
            } else if (stage.skipped) {
                ++entry.skipped;
            }
        }
    }
    return out;
}

Summary SummaryFold::summary() const {
    Summary out = totals_;
    for (const App& app : apps_) {
        const AppSummary& entry = out.apps.emplace_back(summary_of(app));
        out.outcome = std::max(out.outcome, entry.outcome);
        out.makespan = std::max(out.makespan, entry.ended.value_or(now_).time_since_epoch());
        for (const auto& [reason, failure] : app.failures) {
            out.failures.push_back(failure);
        }
    }
    std::stable_sort(out.failures.begin(), out.failures.end(), [](const auto& a, const auto& b) {
        return a.count > b.count;
    });
    for (const Executor& entry : executors_) {
        if (entry.summary.id.valid()) {
            out.executors.push_back(entry.summary);
        }
    }
    for (std::size_t i = 0; i < fault_states_.size(); ++i) {
        out.faults.applied += fault_states_[i] == FaultState::applied ? 1 : 0;
        if (fault_states_[i] == FaultState::noeffect) {
            ++out.faults.noeffect;
            out.faults.without_effect.push_back(faults_[i]);
        }
    }
    return out;
}

std::string_view to_text(Outcome outcome) {
    static constexpr std::array<std::string_view, 4> words{
        "succeeded", "failed", "killed", "timed-out"};
    return words.at(static_cast<std::size_t>(outcome));
}

std::string_view to_text(StageStatus status) {
    static constexpr std::array<std::string_view, 5> words{
        "running", "skipped", "succeeded", "failed", "killed"};
    return words.at(static_cast<std::size_t>(status));
}

std::string_view to_text(std::optional<EndStatus> status) {
    return status ? to_text(*status) : "running";
}

}  // namespace forkyard
