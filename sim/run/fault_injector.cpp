#include "sim/run/fault_injector.hpp"

#include <algorithm>
#include <utility>

#include "core/journal/codec.hpp"
#include "core/journal/field_text.hpp"

namespace forkyard::sim {

namespace {

bool hampers_commits(FaultKind kind) {
    return kind == FaultKind::deny_commit || kind == FaultKind::delay_commit;
}

bool hits_tasks(FaultKind kind) {
    return kind == FaultKind::slow_task || kind == FaultKind::fail_task ||
           kind == FaultKind::hang_task || kind == FaultKind::hold_completion ||
           hampers_commits(kind);
}

bool hits_starts(FaultKind kind) {
    return kind == FaultKind::fail_executor_start;
}

// Whether `times` is a maximum; "all" attempts or partitions need none.
bool bounded(const FaultSpec& fault) {
    return (fault.task.attempt.has_value() && !fault.task.all_partitions) || fault.times_given;
}

bool hits_nodes(FaultKind kind) {
    return kind == FaultKind::slow_worker || kind == FaultKind::lose_worker ||
           kind == FaultKind::drain_worker || kind == FaultKind::stop_shuffle_service;
}

}  // namespace

FaultInjector::FaultInjector(const Scenario& scenario, ClusterModel& cluster, Agenda& agenda)
    : scenario_{scenario},
      cluster_{cluster},
      agenda_{agenda},
      context_{Names{scenario}},
      states_(scenario.faults.size()),
      may_act_{!scenario.faults.empty() || scenario.cluster.policy_faults} {
    for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
        const FaultSpec& fault = scenario.faults[i];
        if (fault.when) {
            filter_.add(*fault.when);
        }
        task_faults_ = task_faults_ || hits_tasks(fault.kind);
        states_[i].active =
            (hits_tasks(fault.kind) || hits_starts(fault.kind)) && !fault.at && !fault.when;
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

const FaultSpec& FaultInjector::spec(std::uint32_t fault) const {
    const std::size_t listed = scenario_.faults.size();
    return fault < listed ? scenario_.faults[fault] : asked_[fault - listed];
}

void FaultInjector::ask(Moment at, const InjectFault& action) {
    FaultSpec fault;
    fault.kind = action.fault;
    if (action.exec.valid()) {
        fault.executor.named = {action.exec};
        fault.notice = SimDuration{0};
    }
    if (action.node.valid()) {
        fault.workers = {context_.names().nodes[action.node.index()]};
        fault.factor = Millionths{std::int64_t{action.percent} * one.count / 100};
    }
    if (action.lasts > SimDuration{0}) {
        fault.lasts = action.lasts;
    }
    asked_.push_back(std::move(fault));
    states_.emplace_back();
    arm(at.now,
        at.seq,
        {.fault = static_cast<std::uint32_t>(scenario_.faults.size() + asked_.size() - 1),
         .app = {},
         .exec = {},
         .node = {},
         .task = {}});
}

void FaultInjector::arm(SimTime when, std::uint64_t cause, const Armed& armed) {
    agenda_.add({.time = when,
                 .order_class = DueClass::fault,
                 .kind = DueKind::fault,
                 .entity = armed.fault,
                 .index = static_cast<std::uint32_t>(armed_.size()),
                 .cause = cause});
    armed_.push_back(armed);
}

// ---- triggers

void FaultInjector::on(EventHead head, const Event& event) {
    if (!may_act_) {
        return;
    }
    context_.on(head, event);
    if (filter_.wants(event)) {
        match(to_record(context_.names(), head, event), {head.time, head.seq});
    }
}

void FaultInjector::on(ActionHead head, SimTime time, const Action& action) {
    if (!may_act_) {
        return;
    }
    context_.on(head, time, action);
    if (filter_.wants(action)) {
        match(to_record(context_.names(), head, time, action), {time, head.seq});
    }
}

void FaultInjector::on(EventHead head, const FaultRecord& fault) {
    if (filter_.wants(fault)) {
        match(to_record(context_.names(), head, fault), {head.time, head.seq});
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
        if (!state.active || !is_target(fault, action.app, action.task) ||
            !concerns(fault.kind, action)) {
            continue;
        }
        if (bounded(fault) && state.applied >= fault.times) {
            continue;
        }
        Armed armed{.fault = i,
                    .app = action.app,
                    .exec = action.exec,
                    .node = action.node,
                    .task = action.task};
        if (fault.probability != one) {
            arm(at.now, at.seq, armed);  // whether it acts is drawn at its own turn
            continue;
        }
        ++state.applied;
        if (fault.kind == FaultKind::slow_task) {
            effect.factor = compounded(effect.factor, fault.factor);
        } else if (fault.kind == FaultKind::hang_task) {
            effect.hangs = true;
        } else if (fault.kind == FaultKind::hold_completion) {
            effect.held = fault.lasts.value_or(never_sent);
        } else if (hampers_commits(fault.kind)) {
            effect.denied = effect.denied || fault.kind == FaultKind::deny_commit;
            effect.commits_later += fault.late;
        } else {
            effect.fail_at_percent = fault.progress;
            effect.reason = fault.reason;
        }
        armed.report = true;
        arm(at.now, at.seq, armed);
        end_later(at, fault, armed);
    }
    return effect;
}

void FaultInjector::on_start(Moment at, const LaunchExecutor& action) {
    for (std::uint32_t i = 0; i < scenario_.faults.size(); ++i) {
        const FaultSpec& fault = scenario_.faults[i];
        const auto is = [&](const std::string& name) {
            return name == context_.names().nodes[action.node.index()];
        };
        if (hits_starts(fault.kind) && states_[i].active && states_[i].applied < fault.times &&
            (!fault.executor.app ||
             *fault.executor.app == context_.names().apps[action.app.index()]) &&
            (fault.workers.empty() ||
             std::any_of(fault.workers.begin(), fault.workers.end(), is))) {
            arm(at.now,
                at.seq,
                {.fault = i,
                 .starting = true,
                 .app = action.app,
                 .exec = action.exec,
                 .node = action.node,
                 .task = {}});
        }
    }
}

bool FaultInjector::is_target(const FaultSpec& fault, AppId app, const TaskAttempt& task) const {
    const TaskTarget& target = fault.task;
    return (!target.app || context_.names().apps[app.index()] == *target.app) &&
           (!target.stage || context_.means_stage(*target.stage, app, task.stage)) &&
           (!target.partition || *target.partition == task.partition) &&
           (!target.attempt || *target.attempt == task.attempt);
}

// Whether the task will do what the fault changes: those of few jobs commit anything.
bool FaultInjector::concerns(FaultKind kind, const LaunchTask& launch) const {
    if (!hampers_commits(kind)) {
        return true;
    }
    const auto& save = cluster_.stages().at(launch.app, launch.task.stage.stage).save;
    return save != nullptr && (kind == FaultKind::delay_commit || save->conf.coordinated);
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
    return {.kind = spec(armed.fault).kind,
            .state = state,
            .fault = armed.fault,
            .app = armed.app,
            .exec = armed.exec,
            .node = armed.node,
            .task = armed.task};
}

Result<std::vector<FaultRecord>> FaultInjector::act(Step& step, const Due& due, std::uint64_t seq) {
    const Armed armed = armed_[due.index];
    const FaultSpec& fault = spec(armed.fault);
    State& state = states_[armed.fault];
    const Moment at{step.now, seq};
    if (armed.ending) {
        return end(at, armed);
    }
    if (armed.report) {
        return std::vector<FaultRecord>{record(armed, FaultState::applied)};
    }
    if (hits_starts(fault.kind) && !armed.starting) {
        state.active = true;  // from now on
        return std::vector<FaultRecord>{};
    }
    if (armed.starting && state.applied >= fault.times) {
        return std::vector<FaultRecord>{};
    }
    if (!drawn(step, fault)) {
        if (fault.when && !armed.starting) {
            --state.used;  // given back: `times` counts applications
        }
        return std::vector<FaultRecord>{record(armed, FaultState::noeffect)};  // the draw's record
    }
    if (hits_tasks(fault.kind)) {
        state.active =
            state.active || !fault.when || fault.task.stage || fault.task.partition.has_value();
    }
    std::vector<FaultRecord> records;
    for (const Armed& target : targets_of(step, fault, armed)) {
        if (hits_tasks(fault.kind) && bounded(fault) && state.applied >= fault.times) {
            break;
        }
        const Result<bool> effect = hit(at, fault, target);
        if (!effect) {
            return fail(effect.error());
        }
        if (*effect) {
            ++state.applied;
            records.push_back(record(target, FaultState::applied));
            end_later(at, fault, target);
        } else if (is_asked(armed)) {
            records.push_back(record(target, FaultState::noeffect));
        }
    }
    if (records.empty() && is_asked(armed)) {
        records.push_back(record(armed, FaultState::noeffect));
    }
    return records;
}

std::vector<FaultInjector::Armed> FaultInjector::targets_of(Step& step,
                                                            const FaultSpec& fault,
                                                            const Armed& armed) const {
    std::vector<Armed> targets;
    if (hits_tasks(fault.kind)) {
        for (const RunningTaskView& task : tasks_of(fault, armed)) {
            targets.push_back({.fault = armed.fault,
                               .app = task.app,
                               .exec = task.exec,
                               .node = context_.node_of(task.exec),
                               .task = task.task});
        }
    } else if (fault.kind == FaultKind::kill_driver) {
        for (const AppId app : cluster_.drivers()) {
            const std::string& name = context_.names().apps[app.index()];
            if (fault.executor.app ? *fault.executor.app == name
                                   : !armed.app.valid() || armed.app == app) {
                targets.push_back(
                    {.fault = armed.fault, .app = app, .exec = {}, .node = {}, .task = {}});
            }
        }
    } else if (armed.starting || fault.kind == FaultKind::restart_manager) {
        targets.push_back(armed);
    } else if (hits_nodes(fault.kind)) {
        for (const NodeId node : nodes_of(step, fault, armed)) {
            targets.push_back(
                {.fault = armed.fault, .app = {}, .exec = {}, .node = node, .task = {}});
        }
    } else {
        for (const ExecutorId exec : executors_of(step, fault, armed)) {
            targets.push_back({.fault = armed.fault,
                               .app = context_.app_of(exec),
                               .exec = exec,
                               .node = context_.node_of(exec),
                               .task = {}});
        }
    }
    return targets;
}

void FaultInjector::end_later(Moment at, const FaultSpec& fault, Armed armed) {
    if (fault.lasts && fault.kind != FaultKind::hold_completion) {  // which does not heal
        armed.ending = true;
        arm(at.now + *fault.lasts, at.seq, armed);
    }
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
    for (std::size_t i = 0; i < scenario_.faults.size(); ++i) {
        if (states_[i].applied == 0 && !scenario_.faults[i].optional) {
            return true;
        }
    }
    return false;
}

}  // namespace forkyard::sim
