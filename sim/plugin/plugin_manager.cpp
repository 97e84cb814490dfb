#include "sim/plugin/plugin_manager.hpp"

#include <utility>
#include <variant>

#include <fmt/format.h>

namespace forkyard::sim {

namespace {

constexpr std::size_t told_max = 160;  // characters of a line in a message
constexpr std::uint32_t choices_max = 1'000'000;

}  // namespace

PluginManager::PluginManager(const Scenario& scenario)
    : scenario_{scenario},
      names_{scenario},
      name_{scenario.cluster.manager},
      process_{std::make_unique<PolicyProcess>()},
      reader_{names_},
      trace_{names_} {}

Result<std::unique_ptr<PluginManager>> PluginManager::start(const Scenario& scenario,
                                                            const ChildCommand& command) {
    std::unique_ptr<PluginManager> manager{new PluginManager{scenario}};
    const Result<void> begun = manager->begin(command);
    if (!begun) {
        return fail(begun.error());
    }
    return manager;
}

Result<void> PluginManager::begin(const ChildCommand& command) {
    Result<void> started = process_->start(command);
    if (!started) {
        return started;
    }
    const std::optional<PolicyAnswer> answer =
        ask(begin_line(scenario_), PolicyAsked::begin, 0, SimTime{});
    if (!answer) {
        return fail({fmt::format("the cluster manager {} did not begin: {}", name_, *failure_),
                     {},
                     "scenarios/plugins/README.md says what it is told and what it answers",
                     Exit::unavailable});
    }
    if (!answer->name.empty()) {
        name_ = fmt::format("{} ({})", answer->name, name_);
    }
    return {};
}

void PluginManager::handle(Step& step, const Event& event) {
    if (const auto* timer = std::get_if<TimerFired>(&event)) {
        wakes_.erase({step.now, timer->app, timer->node});
        count_wake(step.now);
    }
    tell(step, trace_.tell(step.now, event));
}

void PluginManager::end_application(Step& step, AppId app) {
    tell(step, trace_.tell_end(step.now, app));
}

bool PluginManager::due(SimTime now, const TimerFired& timer) const {
    return wakes_.contains({now, timer.app, timer.node});
}

// As often as a standalone worker.
SimDuration PluginManager::beat_interval() const {
    return scenario_.master.worker_timeout / 4;
}

std::optional<PolicyAnswer> PluginManager::ask(std::string_view line,
                                               PolicyAsked asked,
                                               std::uint64_t seq,
                                               SimTime now) const {
    const auto heard = process_->ask(line, scenario_.cluster.policy_time_limit);
    auto answer = heard ? reader_.read(*heard, asked, seq, now) : tl::unexpected{heard.error()};
    if (answer && !answer->error) {
        return std::move(*answer);
    }
    process_->kill();
    if (asked == PolicyAsked::begin) {
        failure_ = answer ? *answer->error : "it " + answer.error();
    } else {
        give_up(answer ? "gave up: " + *answer->error : answer.error(), line);
    }
    return std::nullopt;
}

void PluginManager::give_up(std::string_view problem, std::string_view line) const {
    failure_ = fmt::format("{}; it had been told {}{}",
                           problem,
                           line.substr(0, told_max),
                           line.size() > told_max ? "..." : "");
}

void PluginManager::tell(Step& step, std::string line) {
    if (line.empty() || failure_) {
        return;
    }
    for (std::uint32_t choices = 0;; ++choices) {
        std::optional<PolicyAnswer> answer = ask(line, PolicyAsked::event, trace_.seq(), step.now);
        if (!answer) {
            return;
        }
        if (!answer->choose) {
            carry_over(step, std::move(*answer));
            return;
        }
        if (choices == choices_max) {
            give_up(fmt::format("asked for more than {} choices for one event", choices_max), line);
            return;
        }
        const std::uint64_t pick =
            step.choose(choice_point, std::move(answer->choose->label), answer->choose->n);
        line = fmt::format(R"({{"seq":{},"pick":{}}})", trace_.seq(), pick);
    }
}

void PluginManager::carry_over(Step& step, PolicyAnswer answer) {
    for (Action& action : answer.actions) {
        number(action);
        trace_.did(action);
        step.act(std::move(action));
    }
    for (const TimerRequest& request : answer.timers) {
        wake(step, request);
    }
}

// Executors over the run, and a driver's attempts by application.
void PluginManager::number(Action& action) {
    if (auto* launch = std::get_if<LaunchExecutor>(&action)) {
        if (!launch->exec.valid()) {
            launch->exec = ExecutorId{last_executor_ + 1};
        }
        last_executor_ = launch->exec.value;
    } else if (auto* driver = std::get_if<LaunchDriver>(&action)) {
        driver->attempt = ++attempts_[driver->app];
    }
}

// One that asks for a wake at the very instant of each would never see the next.
void PluginManager::count_wake(SimTime now) {
    woken_times_ = woken_at_ == now ? woken_times_ + 1 : 1;
    woken_at_ = now;
    if (woken_times_ > wakes_at_once_max && !failure_) {
        process_->kill();
        failure_ =
            fmt::format("has itself woken again and again at one instant, more than {} times",
                        wakes_at_once_max);
    }
}

void PluginManager::wake(Step& step, const TimerRequest& request) {
    // Asked for twice it comes once.
    if (wakes_.emplace(request.at, request.timer.app, request.timer.node).second) {
        step.out.timers.push_back(request);
    }
}

void PluginManager::save(StateWriter& out) const {
    if (failure_) {
        out.text("null");
        return;  // there is nobody to ask, and nothing to go on with
    }
    const std::string line = fmt::format(R"({{"seq":{},"event":"save"}})", trace_.seq());
    const std::optional<PolicyAnswer> answer =
        ask(line, PolicyAsked::save, trace_.seq(), SimTime{});
    out.text(answer ? answer->state : "null");
    out(trace_, last_executor_, attempts_, woken_at_, woken_times_);
    out.number(wakes_.size());
    for (const auto& [at, app, node] : wakes_) {
        out(at, app, node);
    }
}

void PluginManager::load(StateReader& in) {
    if (failure_) {
        return;
    }
    std::string state;
    in.text(state);
    in(trace_, last_executor_, attempts_, woken_at_, woken_times_);
    std::uint64_t count = 0;
    in.number(count);
    for (wakes_.clear(); count > 0 && in.ok(); --count) {
        SimTime at;
        AppId app;
        NodeId node;
        in(at, app, node);
        wakes_.emplace(at, app, node);
    }
    const std::string line =
        fmt::format(R"({{"seq":{},"event":"load","state":{}}})", trace_.seq(), state);
    (void)ask(line, PolicyAsked::load, trace_.seq(), SimTime{});
}

}  // namespace forkyard::sim
