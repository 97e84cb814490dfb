#include "core/report/console_progress.hpp"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

namespace forkyard {

namespace {

constexpr SimDuration first_delay = std::chrono::milliseconds{500};
// A line that stands still is painted again, lest an idle connection be closed.
constexpr SimDuration repaint_after = std::chrono::minutes{1};
constexpr std::size_t stages_max = 3;
// Spark asks for more than a delay, not for as much.
constexpr SimDuration more{1};

}  // namespace

std::string progress_line(const std::vector<StageProgress>& stages, std::uint32_t columns) {
    std::string line;
    for (const StageProgress& stage : stages) {
        const std::string head = fmt::format("[{}:", stage.name);
        const std::string tail =
            fmt::format("({} + {}) / {}]", stage.completed, stage.running, stage.total);
        const std::size_t width = columns / stages.size();
        const std::size_t taken = head.size() + tail.size();
        std::string bar(width > taken ? width - taken : 0, ' ');
        const std::size_t filled =
            stage.total == 0 ? 0 : bar.size() * stage.completed / stage.total;
        std::fill_n(bar.begin(), std::min(filled, bar.size()), '=');
        if (filled < bar.size()) {
            bar[filled] = '>';
        }
        line += head + bar + tail;
    }
    return line;
}

ConsoleProgress::ConsoleProgress(const Scenario& scenario, std::uint32_t columns)
    : columns_{columns} {
    for (const AppSpec& spec : scenario.apps) {
        const ConsoleProgressConf& conf = spec.conf.console_progress;
        apps_.push_back({scenario.apps.size() > 1 ? spec.name + " " : "", conf.shown, {}});
        if (conf.shown) {
            interval_ = wanted() ? std::min(interval_, conf.interval) : conf.interval;
        }
    }
}

void ConsoleProgress::on(EventHead head, const Event& event) {
    if (wanted()) {
        advance(head.time);
        std::visit([&](const auto& e) { on(e); }, event);
    }
}

void ConsoleProgress::on(ActionHead /*head*/, SimTime /*time*/, const Action& action) {
    if (wanted()) {
        std::visit([&](const auto& a) { on(a); }, action);
    }
}

ConsoleProgress::Stage* ConsoleProgress::changed(AppId app, StageAttempt stage) {
    const auto found = stages_.find({app, stage});
    if (found == stages_.end()) {
        return nullptr;
    }
    changed_at_ = std::min(changed_at_, now_);
    return &found->second;
}

void ConsoleProgress::on(const AppSubmitted& event) {
    if (apps_[event.app.index()].shows && first_ == time_never) {
        first_ = now_ + first_delay;
        looked_ = now_;
    }
}

void ConsoleProgress::on(const SubmitStage& action) {
    const App& app = apps_[action.app.index()];
    if (app.shows) {
        std::string name = fmt::format("{}Stage {}", app.name, action.stage.stage.value);
        stages_[{action.app, action.stage}] = {now_, {std::move(name), 0, 0, action.tasks}};
        changed_at_ = std::min(changed_at_, now_);
    }
}

void ConsoleProgress::on(const LaunchTask& action) {
    if (Stage* stage = changed(action.app, action.task.stage)) {
        ++stage->tasks.running;
    }
}

void ConsoleProgress::on(const TaskFinished& event) {
    Stage* stage = changed(event.app, event.task.stage);
    if (stage != nullptr && event.status != TaskStatus::resubmitted) {  // no attempt's end
        --stage->tasks.running;
        stage->tasks.completed += event.status == TaskStatus::success ? 1 : 0;
    }
}

void ConsoleProgress::on(const FinishStage& action) {
    (void)changed(action.app, action.stage);
    stages_.erase({action.app, action.stage});
}

void ConsoleProgress::on(const FinishJob& action) {
    App& app = apps_[action.app.index()];
    if (app.shows) {
        wipe();
        app.quiet_until = now_ + first_delay;
    }
}

// Its stages end with it, and are not told of.
void ConsoleProgress::on(const DriverLost& event) {
    if (apps_[event.app.index()].shows) {
        wipe();
        std::erase_if(stages_, [&](const auto& entry) { return entry.first.first == event.app; });
    }
}

void ConsoleProgress::wipe() {
    if (!line_.empty()) {
        text_ += "\r" + std::string(columns_, ' ') + "\r";
        line_.clear();
        changed_at_ = std::min(changed_at_, now_);
    }
}

SimTime ConsoleProgress::opens(const Stages::value_type& stage) const {
    return std::max(stage.second.submitted + first_delay + more,
                    apps_[stage.first.first.index()].quiet_until);
}

// The first of the fixed times at which there may be something else to see: with hours between
// two records not each of them is looked at.
SimTime ConsoleProgress::next_look() const {
    // Under the wall clock a record may come after a look that was later.
    SimTime earliest = std::max(changed_at_, looked_ + more);
    const auto consider = [&](SimTime time) {
        if (time > looked_) {
            earliest = std::min(earliest, time);
        }
    };
    for (const auto& stage : stages_) {
        consider(opens(stage));
    }
    if (!line_.empty()) {
        consider(painted_ + repaint_after + more);
    }
    if (earliest == time_never || first_ == time_never || earliest <= first_) {
        return earliest == time_never ? time_never : first_;
    }
    return first_ + (multiple_from(SimTime{earliest - first_}, interval_) - SimTime{});
}

void ConsoleProgress::advance(SimTime now) {
    now_ = now;
    for (SimTime next = next_look(); next < now; next = next_look()) {
        look(next);
    }
}

void ConsoleProgress::look(SimTime now) {
    looked_ = now;
    changed_at_ = time_never;
    std::vector<StageProgress> stages;
    for (const auto& stage : stages_) {
        if (stages.size() < stages_max && opens(stage) <= now) {
            stages.push_back(stage.second.tasks);
        }
    }
    if (stages.empty()) {
        return;  // what is seen stays until the job's end
    }
    std::string line = progress_line(stages, columns_);
    if (line != line_ || now - painted_ > repaint_after) {
        text_ += "\r" + line + "\r";
        painted_ = now;
    }
    line_ = std::move(line);
}

}  // namespace forkyard
