#include "core/report/invariants/books.hpp"

#include <utility>

#include "core/model/cluster_rules.hpp"

namespace forkyard::invariants {

Books::Books(const Scenario& scenario)
    : apps(scenario.apps.size()),
      nodes(scenario.cluster.nodes.size()),
      counts_cores{forkyard::counts_cores(scenario)},
      grants_are_wanted_{grants_are_wanted(scenario.cluster)} {
    constexpr std::uint32_t unlimited = std::numeric_limits<std::uint32_t>::max();
    for (std::size_t i = 0; i < apps.size(); ++i) {
        const AppConf& conf = scenario.apps[i].conf;
        if (!grants_are_wanted_) {
            apps[i].wanted = std::numeric_limits<std::uint32_t>::max();
        }
        apps[i].task_cpus = conf.task_cpus;
        apps[i].borrows = conf.mesos.fine_grained;
        apps[i].shuffle_service = conf.shuffle_service;
        const std::uint32_t cores =
            conf.cores_max == unlimited ? scenario.master.default_cores : conf.cores_max;
        if (is_standalone(scenario.cluster) && cores != unlimited) {
            apps[i].cores_max = cores;
        }
        apps[i].older_outputs_void = conf.compat != Compat::spark_3_0;
        make_plans(scenario.apps[i], apps[i]);
        for (const DatasetSpec& dataset : scenario.apps[i].datasets) {
            for (const StepSpec& each : dataset.steps) {
                apps[i].caches_datasets = apps[i].caches_datasets || each.kind == StepKind::cache;
            }
        }
    }
}

void Books::make_plans(const AppSpec& spec, AppBook& entry) {
    std::map<std::string_view, std::size_t> by_name;
    for (const StageSpec& stage : spec.stages) {
        by_name.emplace(stage.name, entry.plans.size());
        entry.plans.push_back({.tasks = stage.tasks, .indeterminate = !stage.deterministic});
    }
    for (bool changed = true; std::exchange(changed, false);) {
        for (std::size_t s = 0; s < spec.stages.size(); ++s) {
            for (const std::string& parent : spec.stages[s].parents) {
                if (entry.plans[by_name.at(parent)].indeterminate &&
                    !std::exchange(entry.plans[s].indeterminate, true)) {
                    changed = true;
                }
            }
        }
    }
}

// ---- nodes and executors

void Books::apply(const WorkerJoined& event) {
    NodeBook& entry = node(event.node);
    entry.joined = true;
    entry.cores = event.cores;
    entry.memory = event.memory.count;
}

void Books::apply(const WorkerLost& event) {
    node(event.node).joined = false;
    release_all(event.node);
}

void Books::apply(const ExecutorsRequested& event) {
    if (grants_are_wanted_) {
        app(event.app).wanted = event.total;
    }
}

void Books::apply(const LaunchExecutor& action) {
    ExecutorBook& entry = executor(action.exec);
    entry.app = action.app;
    entry.node = action.node;
    entry.cores = action.cores;
    entry.usable = app(action.app).borrows ? 0 : action.cores;
    entry.memory = action.memory.count;
    entry.granted = true;
    NodeBook& on = node(action.node);
    on.used_cores += action.cores;
    on.used_memory += action.memory.count;
    ++app(action.app).granted;
    app(action.app).granted_cores += action.cores;
}

void Books::apply(const LaunchDriver& action) {
    release_driver(action.app);
    app(action.app).driver = DriverBook{action.node, action.cores, action.memory.count};
    NodeBook& on = node(action.node);
    on.used_cores += action.cores;
    on.used_memory += action.memory.count;
}

void Books::release_driver(AppId id) {
    if (const auto driver = std::exchange(app(id).driver, {})) {
        NodeBook& on = node(driver->node);
        on.used_cores -= driver->cores;
        on.used_memory -= driver->memory;
    }
}

void Books::apply(const ExecutorRegistered& event) {
    ExecutorBook& entry = executor(event.exec);
    entry.app = event.app;
    entry.registered = true;
    touch(event.exec);
}

void Books::apply(const ExecutorLost& event) {
    ExecutorBook& entry = executor(event.exec);
    entry.lost = true;
    release(event.exec);
    for (PlanBook& plan : app(event.app).plans) {
        for (auto at = plan.cached.begin(); at != plan.cached.end();) {
            at->second.erase(event.exec);
            at = at->second.empty() ? plan.cached.erase(at) : std::next(at);
        }
    }
    // A shuffle service keeps what it wrote, as long as its node is there.
    const bool files_lost =
        !app(event.app).shuffle_service ||
        (event.reason == LossReason::worker_lost && !node(entry.node).files_kept);
    if (files_lost) {
        dirty.lost.push_back(event.exec);
    }
    touch(event.exec);
}

// ---- cores that are lent: on the node from the offer on, for the driver from its arrival on

void Books::apply(const OfferCores& action) {
    ExecutorBook& entry = executor(action.exec);
    if (entry.granted && !entry.released) {
        entry.lent += action.cores;
        node(entry.node).used_cores += action.cores;
    }
}

void Books::apply(const CoresOffered& event) {
    executor(event.exec).usable += event.cores;
    touch(event.exec);
}

void Books::apply(const ReturnCores& action) {
    executor(action.exec).usable -= action.cores;
    touch(action.exec);
}

void Books::apply(const CoresReturned& event) {
    ExecutorBook& entry = executor(event.exec);
    if (!entry.released) {
        entry.lent -= event.cores;
        node(entry.node).used_cores -= event.cores;
    }
}

// What a driver decides holds for it at once.
void Books::apply(const DecommissionExecutor& action) {
    executor(action.exec).leaving |= action.by == AskedBy::driver;
}

void Books::apply(const DriverLost& event) {
    release_driver(event.app);
    for (ExecutorBook& entry : executors) {
        entry.orphaned = entry.orphaned || (entry.granted && entry.app == event.app);
    }
}

void Books::apply(const FaultRecord& fault) {
    if (fault.state != FaultState::applied) {
        return;
    }
    const bool ends_process =
        fault.kind == FaultKind::kill_executor || fault.kind == FaultKind::exit_executor;
    if (ends_process && fault.exec.valid()) {
        release(fault.exec);
    } else if (fault.kind == FaultKind::lose_worker && fault.node.valid()) {
        release_all(fault.node);
    }
}

void Books::release(ExecutorId id) {
    ExecutorBook& entry = executor(id);
    if (!entry.granted || entry.released) {
        return;
    }
    entry.released = true;
    NodeBook& on = node(entry.node);
    on.used_cores -= entry.cores + std::exchange(entry.lent, 0);
    on.used_memory -= entry.memory;
    --app(entry.app).granted;
    app(entry.app).granted_cores -= entry.cores;
}

void Books::release_all(NodeId id) {
    for (std::uint32_t i = 0; i < executors.size(); ++i) {
        if (executors[i].granted && executors[i].node == id) {
            release(ExecutorId{i});
        }
    }
    for (std::uint32_t i = 0; i < apps.size(); ++i) {
        if (apps[i].driver && apps[i].driver->node == id) {
            release_driver(AppId{i});
        }
    }
}

// ---- jobs and stages

void Books::apply(const JobSubmitted& event) {
    JobBook& entry = job(event.app, event.job);
    entry.submitted = true;
    entry.from = event.from;
    entry.map_stage = event.map_stage;
    entry.accepted.assign(event.until - event.from, 0);
    entries_ += entry.accepted.size();
    apply(NumberStages{event.app, event.job, event.final_stage, event.stages});
}

void Books::apply(const NumberStages& action) {
    JobBook& entry = job(action.app, action.job);
    entry.final_stage = action.final_stage;
    entry.stages = action.stages;
    for (const StageId id : action.stages) {
        ++stage(action.app, id).jobs;
    }
    if (action.final_stage.valid()) {
        stage(action.app, action.final_stage).result_of = action.job;
    }
}

void Books::apply(const SubmitStage& action) {
    StageBook& entry = stage(action.app, action.stage.stage);
    entry.submitted = true;
    entry.running = true;
    entry.shuffle = action.shuffle;
    entry.plan = action.plan;
    attempt(action.app, action.stage).submitted = true;
    if (!action.shuffle.valid()) {
        if (entry.result_of.valid()) {
            const JobBook& whose = job(action.app, entry.result_of);
            make_tasks(action, whose.from + whose.accepted.size());
        }
        return;
    }
    ShuffleBook& written = shuffle(action.app, action.shuffle);
    if (written.holders.empty()) {  // its first stage makes all of it
        written.holders.resize(action.tasks);
        written.invalid.resize(action.tasks);
        entries_ += std::uint64_t{2} * action.tasks;
    }
    make_tasks(action, written.holders.size());
    entry.pending.assign(written.holders.size(), 0);
    entry.pending_count = 0;
    for (std::uint32_t p = 0; p < written.holders.size(); ++p) {
        const bool missing = !written.holders[p].valid();
        if (missing) {
            set_pending(entry, p, true);
        }
        written.invalid[p] = missing ? 1 : 0;  // it runs, though the output may be passed on late
    }
}

// Room for every task at once, so that a launch need not make it.
void Books::make_tasks(const SubmitStage& action, std::size_t partitions) {
    attempt(action.app, action.stage).tasks.resize(partitions);
    entries_ += partitions;
}

void Books::apply(const FinishStage& action) {
    stage(action.app, action.stage.stage).running = false;
    attempt(action.app, action.stage).finished = true;
}

void Books::apply(const SkipStage& action) {
    stage(action.app, action.stage).skipped = true;
}

void Books::apply(const SkipPartitions& action) {
    JobBook& entry = job(action.app, action.job);
    for (const std::uint32_t partition : action.partitions) {
        const std::uint32_t index = partition - entry.from;
        if (index < entry.accepted.size() && std::exchange(entry.accepted[index], 1) == 0) {
            ++entry.accepted_count;
        }
    }
}

void Books::apply(const FinishJob& action) {
    JobBook& entry = job(action.app, action.job);
    if (std::exchange(entry.ended, true)) {
        return;
    }
    for (const StageId id : entry.stages) {
        StageBook& used = stage(action.app, id);
        used.jobs -= used.jobs > 0 ? 1 : 0;
        used.running = used.running && used.jobs > 0;
    }
}

void Books::apply(const FinishApp& action) {
    release_driver(action.app);
    app(action.app).finished = true;
    app(action.app).wanted = 0;
}

void Books::set_pending(StageBook& stage, std::uint32_t partition, bool pending) {
    if (partition >= stage.pending.size() || (stage.pending[partition] != 0) == pending) {
        return;
    }
    stage.pending[partition] = pending ? 1 : 0;
    pending ? ++stage.pending_count : --stage.pending_count;
}

void Books::end_event() {
    for (const ExecutorId id : dirty.executors) {
        executors[id.index()].touched = false;
    }
    dirty.executors.clear();
    dirty.lost.clear();
    dirty.stages.clear();
    dirty.unseen.clear();
}

}  // namespace forkyard::invariants
