#include "sim/run/fault_injector.hpp"

#include <algorithm>
#include <utility>

#include "core/journal/codec.hpp"
#include "core/journal/field_text.hpp"

namespace forkyard::sim {

namespace {

bool hits_tasks(FaultKind kind) {
    return kind == FaultKind::slow_task || kind == FaultKind::fail_task;
}

bool hits_nodes(FaultKind kind) {
    return kind == FaultKind::slow_worker || kind == FaultKind::lose_worker;
}

template <class T>
std::vector<T> picked(Step& step, Pick pick, const std::string& label, std::vector<T> found) {
    if (found.size() <= 1 || pick == Pick::all) {
        return found;
    }
    std::size_t index = 0;
    if (pick == Pick::any) {
        index = static_cast<std::size_t>(step.choose("fault.pick", label, found.size()));
    }
    return {found[index]};
}

}  // namespace

FaultInjector::FaultInjector(const Scenario& scenario, ClusterModel& cluster, Agenda& agenda)
    : scenario_{scenario},
      cluster_{cluster},
      agenda_{agenda},
      context_{Names{scenario}},
      states_(scenario.faults.size()) {
    for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
        const FaultSpec& fault = scenario.faults[i];
        if (fault.when) {
            filter_.add(*fault.when);
        }
        task_faults_ = task_faults_ || hits_tasks(fault.kind);
        states_[i].active = hits_tasks(fault.kind) && !fault.at && !fault.when;
    }
}

void FaultInjector::start() {
    for (std::uint32_t i = 0; i < scenario_.faults.size(); ++i) {
        if (scenario_.faults[i].at) {
            arm(*scenario_.faults[i].at,
                0,
                {.fault = i, .app = {}, .exec = {}, .node = {}, .task = {}});
        }
    }
}

void FaultInjector::arm(SimTime when, std::uint64_t cause, Armed armed) {
    agenda_.add({.time = when,
                 .order_class = DueClass::fault,
                 .kind = DueKind::fault,
                 .entity = armed.fault,
                 .index = static_cast<std::uint32_t>(armed_.size()),
                 .cause = cause});
    armed_.push_back(std::move(armed));
}

// ---- triggers

void FaultInjector::on(EventHead head, const Event& event) {
    if (scenario_.faults.empty()) {
        return;
    }
    context_.on(head, event);
    if (filter_.wants(event)) {
        match(to_record(context_.names(), head, event), {head.time, head.seq});
    }
}

void FaultInjector::on(ActionHead head, SimTime time, const Action& action) {
    if (scenario_.faults.empty()) {
        return;
    }
    context_.on(head, time, action);
    if (filter_.wants(action)) {
        match(to_record(context_.names(), head, time, action), {time, head.seq});
    }
}

void FaultInjector::match(const Record& record, Moment at) {
    const ValueReader reader{context_.names()};
    const auto read = [&](std::string_view key, auto& value) {
        const std::string* text = record.find(key);
        if (text != nullptr) {
            (void)reader.read(*text, value);
        }
    };
    for (std::uint32_t i = 0; i < scenario_.faults.size(); ++i) {
        const FaultSpec& fault = scenario_.faults[i];
        State& state = states_[i];
        if (!fault.when || state.used >= fault.times || !context_.matches(*fault.when, record)) {
            continue;
        }
        if (++state.matches < fault.nth) {
            continue;
        }
        ++state.used;
        Armed armed{.fault = i, .app = {}, .exec = {}, .node = {}, .task = {}};
        read("app", armed.app);
        read("exec", armed.exec);
        read("node", armed.node);
        read("task", armed.task);
        if (!armed.node.valid() && armed.exec.valid()) {
            armed.node = context_.node_of(armed.exec);
        }
        arm(at.now + fault.delay, at.seq, armed);
    }
}

TaskFault FaultInjector::on_launch(Moment at, const LaunchTask& action) {
    TaskFault effect;
    if (!task_faults_) {
        return effect;
    }
    for (std::uint32_t i = 0; i < scenario_.faults.size(); ++i) {
        const FaultSpec& fault = scenario_.faults[i];
        State& state = states_[i];
        if (!state.active || !is_target(fault, action.app, action.task)) {
            continue;
        }
        const bool unlimited = !fault.task.attempt && !fault.times_given;
        if (!unlimited && state.applied >= fault.times) {
            continue;
        }
        ++state.applied;
        if (fault.kind == FaultKind::slow_task) {
            effect.factor.count = effect.factor.count * fault.factor.count / one.count;
        } else {
            effect.fail_at_percent = std::max(1U, fault.progress);
            effect.reason = fault.reason;
        }
        arm(at.now,
            at.seq,
            {.fault = i,
             .report = true,
             .app = action.app,
             .exec = action.exec,
             .node = action.node,
             .task = action.task});
    }
    return effect;
}

bool FaultInjector::is_target(const FaultSpec& fault, AppId app, const TaskAttempt& task) const {
    const TaskTarget& target = fault.task;
    return (!target.app || context_.names().apps[app.index()] == *target.app) &&
           (!target.stage || context_.means_stage(*target.stage, app, task.stage)) &&
           (!target.partition || *target.partition == task.partition) &&
           (!target.attempt || *target.attempt == task.attempt);
}

// ---- effects

bool FaultInjector::drawn(Step& step, const FaultSpec& fault) const {
    if (fault.probability == one) {
        return true;
    }
    const auto n = static_cast<std::uint64_t>(one.count);
    const std::uint64_t pick = step.choose("fault.probability", fault.name, n);
    return pick >= n - static_cast<std::uint64_t>(fault.probability.count);  // 0: it does not act
}

FaultRecord FaultInjector::record(const Armed& armed, FaultState state) const {
    return {.kind = scenario_.faults[armed.fault].kind,
            .state = state,
            .fault = armed.fault,
            .app = armed.app,
            .exec = armed.exec,
            .node = armed.node,
            .task = armed.task};
}

Result<std::vector<FaultRecord>> FaultInjector::act(Step& step, const Due& due, std::uint64_t seq) {
    Armed armed = armed_[due.index];
    const FaultSpec& fault = scenario_.faults[armed.fault];
    State& state = states_[armed.fault];
    const Moment at{step.now, seq};
    std::vector<FaultRecord> records;
    if (armed.report) {
        return std::vector<FaultRecord>{record(armed, FaultState::applied)};
    }
    if (armed.ending) {
        return end(at, armed);
    }
    if (!drawn(step, fault)) {
        return records;
    }
    const auto note = [&](const Armed& target, bool effect) {
        if (effect) {
            ++state.applied;
            records.push_back(record(target, FaultState::applied));
            end_later(at, fault, target);
        }
    };
    if (hits_tasks(fault.kind)) {
        state.active = !fault.when || fault.task.stage || fault.task.partition;
        for (const RunningTaskView& task : tasks_of(fault, armed)) {
            const Result<bool> effect =
                fault.kind == FaultKind::slow_task
                    ? cluster_.slow_task(at, task, fault.factor)
                    : cluster_.fail_task(at, task, fault.progress, fault.reason);
            if (!effect) {
                return fail(effect.error());
            }
            note({.fault = armed.fault,
                  .app = task.app,
                  .exec = task.exec,
                  .node = context_.node_of(task.exec),
                  .task = task.task},
                 *effect);
        }
        return records;
    }
    if (hits_nodes(fault.kind)) {
        for (const NodeId node : nodes_of(step, fault, armed)) {
            const Result<bool> effect = hit(at, fault, node);
            if (!effect) {
                return fail(effect.error());
            }
            note({.fault = armed.fault, .app = {}, .exec = {}, .node = node, .task = {}}, *effect);
        }
        return records;
    }
    for (const ExecutorId exec : executors_of(step, fault, armed)) {
        const Result<bool> effect = hit(at, fault, exec);
        if (!effect) {
            return fail(effect.error());
        }
        note({.fault = armed.fault,
              .app = context_.app_of(exec),
              .exec = exec,
              .node = context_.node_of(exec),
              .task = {}},
             *effect);
    }
    return records;
}

Result<bool> FaultInjector::hit(Moment at, const FaultSpec& fault, ExecutorId exec) {
    switch (fault.kind) {
        case FaultKind::kill_executor:
            return cluster_.lose_executor(at, exec, {LossReason::killed, 137, fault.notice});
        case FaultKind::exit_executor:
            return cluster_.lose_executor(
                at, exec, {LossReason::exited, fault.code.value_or(1), fault.notice});
        default:
            return cluster_.freeze_executor(at, exec);
    }
}

Result<bool> FaultInjector::hit(Moment at, const FaultSpec& fault, NodeId node) {
    if (fault.kind == FaultKind::slow_worker) {
        return cluster_.slow_node(node, fault.factor);
    }
    return cluster_.lose_node(at, node, fault.notice);
}

void FaultInjector::end_later(Moment at, const FaultSpec& fault, Armed armed) {
    if (fault.lasts) {
        armed.ending = true;
        arm(at.now + *fault.lasts, at.seq, armed);
    }
}

std::vector<FaultRecord> FaultInjector::end(Moment at, const Armed& armed) {
    bool ended = false;
    switch (scenario_.faults[armed.fault].kind) {
        case FaultKind::freeze_executor:
            ended = cluster_.thaw_executor(at, armed.exec);
            break;
        case FaultKind::slow_worker:
            ended = cluster_.slow_node(armed.node, one);
            break;
        case FaultKind::lose_worker:
            ended = cluster_.rejoin_node(at, armed.node);
            break;
        default:
            break;
    }
    return ended ? std::vector<FaultRecord>{record(armed, FaultState::ended)}
                 : std::vector<FaultRecord>{};
}

// ---- targets

bool FaultInjector::fits(const ExecutorTarget& target, const ExecutorView& view) const {
    const auto runs = [&](const std::string& stage) {
        for (const RunningTaskView& task : cluster_.running_tasks()) {
            if (task.exec == view.exec && context_.means_stage(stage, task.app, task.task.stage)) {
                return true;
            }
        }
        return false;
    };
    return (!target.app || context_.names().apps[view.app.index()] == *target.app) &&
           (!target.node || context_.names().nodes[view.node.index()] == *target.node) &&
           (!target.idle || *target.idle == view.idle) &&
           (!target.running || runs(*target.running)) &&
           (!target.holding || cluster_.holds_output(view.exec, view.app, *target.holding));
}

std::vector<ExecutorId> FaultInjector::executors_of(Step& step,
                                                    const FaultSpec& fault,
                                                    const Armed& armed) const {
    if (fault.executor.matched) {
        return armed.exec.valid() ? std::vector{armed.exec} : std::vector<ExecutorId>{};
    }
    if (!fault.executor.numbers.empty()) {
        std::vector<ExecutorId> named;
        for (const std::uint32_t number : fault.executor.numbers) {
            named.emplace_back(number);
        }
        return named;
    }
    std::vector<ExecutorId> found;
    for (const ExecutorView& view : cluster_.executors()) {
        if (fits(fault.executor, view)) {
            found.push_back(view.exec);
        }
    }
    return picked(step, fault.executor.pick, fault.name, std::move(found));
}

std::vector<NodeId> FaultInjector::nodes_of(Step& step,
                                            const FaultSpec& fault,
                                            const Armed& armed) const {
    std::vector<NodeId> found;
    for (const std::string& name : fault.workers) {
        found.push_back(context_.names().node(name));
    }
    if (!found.empty()) {
        return found;
    }
    if (fault.worker_matched) {
        return armed.node.valid() ? std::vector{armed.node} : std::vector<NodeId>{};
    }
    for (std::uint32_t n = 0; n < context_.names().nodes.size(); ++n) {
        if (cluster_.node_up(NodeId{n})) {
            found.emplace_back(n);
        }
    }
    return picked(step, fault.worker_pick, fault.name, std::move(found));
}

std::vector<RunningTaskView> FaultInjector::tasks_of(const FaultSpec& fault,
                                                     const Armed& armed) const {
    const bool named = fault.task.stage || fault.task.partition;
    std::vector<RunningTaskView> found;
    for (const RunningTaskView& task : cluster_.running_tasks()) {
        const bool wanted = fault.when && !named ? armed.task == task.task && armed.app == task.app
                                                 : fault.kind == FaultKind::fail_task &&
                                                       is_target(fault, task.app, task.task);
        if (wanted) {
            found.push_back(task);
        }
    }
    return found;
}

// ---- the end

std::vector<FaultRecord> FaultInjector::without_effect() const {
    std::vector<FaultRecord> records;
    for (std::uint32_t i = 0; i < scenario_.faults.size(); ++i) {
        if (states_[i].applied == 0) {
            records.push_back(record({.fault = i, .app = {}, .exec = {}, .node = {}, .task = {}},
                                     FaultState::noeffect));
        }
    }
    return records;
}

bool FaultInjector::any_failed() const {
    for (std::size_t i = 0; i < states_.size(); ++i) {
        if (states_[i].applied == 0 && !scenario_.faults[i].optional) {
            return true;
        }
    }
    return false;
}

}  // namespace forkyard::sim
