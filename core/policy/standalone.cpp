#include "core/policy/standalone.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/event_text.hpp"
#include "core/model/cluster_rules.hpp"
#include "core/policy/drain.hpp"

namespace forkyard {

namespace {

// What counts as a failed try (CM-STA-21): not an end that was asked for, or with status 0, nor
// that of a lost worker.
bool failed_by_itself(const ExecutorLost& event) {
    const bool ended = event.reason == LossReason::exited || event.reason == LossReason::killed ||
                       event.reason == LossReason::launch_failed;
    return ended && event.code != 0;
}

}  // namespace

Standalone::Standalone(const Scenario& scenario)
    : scenario_{scenario},
      conf_{scenario.master},
      counts_resources_{counts_resources(scenario.cluster)},
      workers_(scenario.cluster.nodes.size()) {
    for (const AppSpec& spec : scenario.apps) {
        const std::uint32_t cores_max =
            spec.conf.cores_max == std::numeric_limits<std::uint32_t>::max() ? conf_.default_cores
                                                                             : spec.conf.cores_max;
        Application& app = apps_.emplace_back();
        app.cores_max = cores_max;
        if (counts_resources_) {
            app.wanted = executor_resources(spec.conf.resources);
            app.driver_wanted = spec.conf.driver_resources;
        }
    }
}

void Standalone::handle(Step& step, const Event& event) {
    std::visit([&](const auto& e) { on(step, e); }, event);
}

void Standalone::on(Step& step, const WorkerJoined& event) {
    Worker& worker = workers_[event.node.index()];
    for (const auto& [exec, grant] : grants_) {
        if (worker.forgotten && grant.node == event.node) {  // the master knows nothing of it
            step.act(KillExecutor{grant.app, exec, LossReason::killed, AskedBy::manager});
        }
    }
    if (worker.forgotten) {
        detach_grants_on(event.node);
    }
    worker = {true, event.cores, event.memory.count, time_never};
    worker.resources = AddressPool{scenario_.cluster.nodes[event.node.index()].resources};
    schedule(step);
}

void Standalone::on(Step& step, const WorkerLost& event) {
    workers_[event.node.index()].alive = false;
    detach_grants_on(event.node);
    lose_drivers_on(step, event.node);
    schedule(step);
}

// What ran on a worker that is gone gives nothing back, even if the worker returns.
void Standalone::detach_grants_on(NodeId node) {
    for (auto& [exec, grant] : grants_) {
        if (grant.node == node) {
            grant.node = NodeId{};
        }
    }
}

void Standalone::on(Step& step, const WorkerBeat& event) {
    Worker& worker = workers_[event.node.index()];
    if (event.state != BeatState::silent) {
        worker.silent_since = time_never;
        if (recovered_by_ != time_never && !awaits_workers()) {
            end_recovery(step);
        }
        return;
    }
    worker.silent_since = event.since;
    // The master looks at all its workers once a time-out (CM-STA-18), so it takes one to
    // two of them until it misses one.
    const SimDuration period = conf_.worker_timeout;
    const SimTime older{event.since.time_since_epoch() + period};
    const SimTime look{(older.time_since_epoch() / period + 1) * period};
    step.out.timers.push_back({look, TimerFired{TimerKind::worker_timeout, {}, event.node}});
}

// The master tells drivers that the host goes (CM-STA-29).
void Standalone::on(Step& step, const WorkerDraining& event) {
    workers_[event.node.index()].draining = true;
    for (const auto& [exec, grant] : grants_) {
        if (grant.node == event.node) {
            ask_to_leave(step, scenario_, grant.app, exec, event.node);
        }
    }
}

void Standalone::on(Step& step, const TimerFired& event) {
    if (event.what == TimerKind::driver_retry) {
        Driver& driver = drivers_.at(event.app);
        driver.retry_at = time_never;
        if (workers_[driver.node.index()].draining) {
            free_driver(event.app);
            restart_elsewhere(step, event.app);
        } else {
            launch_driver(step, event.app, driver.node);
        }
        return;
    }
    if (event.what == TimerKind::worker_timeout) {
        lose_worker(step, event.node);
        schedule(step);
    } else if (event.what == TimerKind::master_recovery) {
        end_recovery(step);
    }
}

// Its executors are lost to the master with it; their drivers hear of it from the master,
// which is an event of the same instant.
void Standalone::lose_worker(Step& step, NodeId node) {
    workers_[node.index()].alive = false;
    for (const auto& [exec, grant] : grants_) {
        if (grant.node == node) {
            step.act(KillExecutor{grant.app, exec, LossReason::worker_lost, AskedBy::manager});
        }
    }
    detach_grants_on(node);
    lose_drivers_on(step, node);
}

bool Standalone::due(SimTime now, const TimerFired& timer) const {
    if (timer.what == TimerKind::driver_retry) {
        const auto driver = drivers_.find(timer.app);
        return driver != drivers_.end() && driver->second.retry_at == now;
    }
    if (timer.what == TimerKind::master_recovery) {
        return recovering_ && recovered_by_ == now;
    }
    if (timer.what != TimerKind::worker_timeout) {
        return false;
    }
    const Worker& worker = workers_[timer.node.index()];
    return worker.alive && worker.silent_since != time_never &&
           now - worker.silent_since > conf_.worker_timeout;
}

void Standalone::on(Step& step, const ExecutorsRequested& event) {
    Application& app = apps_[event.app.index()];
    if (app.ended || app.forgotten) {
        return;
    }
    if (!app.registered) {
        app.registered = true;
        order_.push_back(event.app);
    }
    app.limit = event.total;
    schedule(step);
}

void Standalone::on(Step& /*step*/, const ExecutorRegistered& event) {
    Application& app = apps_[event.app.index()];
    app.running.insert(event.exec);
    app.retries = 0;
}

void Standalone::on(Step& step, const ExecutorExited& event) {
    apps_[event.app.index()].running.erase(event.exec);
    free_grant(step, event.exec);
}

void Standalone::on(Step& step, const ExecutorLost& event) {
    Application& app = apps_[event.app.index()];
    app.running.erase(event.exec);
    app.retries += failed_by_itself(event) ? 1 : 0;
    if (failed_by_itself(event) && !app.ended && app.running.empty() &&
        conf_.executor_retries_max && app.retries >= *conf_.executor_retries_max) {
        step.act(RemoveApplication{event.app, "Master removed our application: FAILED"});
        end_application(step, event.app);
    }
    free_grant(step, event.exec);
}

// Its cores and memory are there for the next; once, whoever tells.
void Standalone::free_grant(Step& step, ExecutorId exec) {
    const auto found = grants_.find(exec);
    if (found == grants_.end()) {
        return;
    }
    const Grant grant = found->second;
    grants_.erase(found);
    if (grant.node.valid()) {
        workers_[grant.node.index()].free_cores += grant.cores;
        workers_[grant.node.index()].free_memory += grant.memory;
        workers_[grant.node.index()].resources.give_back(grant.resources);
    }
    Application& app = apps_[grant.app.index()];
    app.cores_granted -= grant.cores;
    --app.executors;
    schedule(step);
}

void Standalone::end_application(Step& step, AppId app) {
    const bool had_driver = drivers_.contains(app);
    apps_[app.index()].registered = false;
    apps_[app.index()].ended = true;
    std::erase(order_, app);
    std::erase(waiting_drivers_, app);
    free_driver(app);
    drivers_.erase(app);
    if (had_driver) {
        schedule(step);
    }
}

void Standalone::schedule(Step& step) {
    if (recovering_) {
        return;
    }
    schedule_drivers(step);
    for (const AppId id : order_) {
        schedule(step, id);
    }
}

void Standalone::schedule(Step& step, AppId id) {
    const Application& app = apps_[id.index()];
    const std::uint32_t unit = conf_of(id).executor_cores.value_or(1);
    if (app.cores_max - app.cores_granted < unit) {  // CM-STA-10
        return;
    }
    const std::vector<NodeId> usable = usable_workers(id);
    const std::vector<std::uint32_t> assigned = assign(id, usable);
    for (std::size_t i = 0; i < usable.size(); ++i) {
        std::uint32_t left = assigned[i];
        const std::uint32_t size = conf_of(id).executor_cores.value_or(left);
        for (; left > 0; left -= size) {
            launch(step, id, usable[i], size);
        }
    }
}

// Alive, with room for one executor.
std::vector<NodeId> Standalone::usable_workers(AppId id) const {
    std::vector<NodeId> usable;
    const Room least = executor_room(scenario_.cluster, conf_of(id));
    for (std::uint32_t n = 0; n < workers_.size(); ++n) {
        if (workers_[n].takes_more() && workers_[n].free_cores >= least.cores &&
            workers_[n].free_memory >= least.memory.count &&
            workers_[n].resources.holds(apps_[id.index()].wanted)) {
            usable.emplace_back(n);
        }
    }
    std::stable_sort(
        usable.begin(), usable.end(), [&](NodeId a, NodeId b) { return before(a, b); });
    return usable;
}

// Ties go by number (CM-STA-08).
bool Standalone::before(NodeId a, NodeId b) const {
    const Worker& first = workers_[a.index()];
    const Worker& second = workers_[b.index()];
    switch (conf_.selection) {
        case WorkerSelection::cores_free_desc:
            return first.free_cores > second.free_cores;
        case WorkerSelection::cores_free_asc:
            return first.free_cores < second.free_cores;
        case WorkerSelection::memory_free_desc:
            return first.free_memory > second.free_memory;
        case WorkerSelection::memory_free_asc:
            return first.free_memory < second.free_memory;
        case WorkerSelection::worker_id:
            return a < b;
    }
    return false;
}

// Cores for each usable worker: a whole executor's at a time (CM-STA-06); with
// spark.executor.cores unset, all cores on a worker make one executor.
std::vector<std::uint32_t> Standalone::assign(AppId id, const std::vector<NodeId>& usable) const {
    const Application& app = apps_[id.index()];
    const bool one_each = !conf_of(id).executor_cores.has_value();
    const std::uint32_t unit = conf_of(id).executor_cores.value_or(1);
    const std::int64_t memory = executor_room(scenario_.cluster, conf_of(id)).memory.count;
    std::uint64_t free = 0;
    for (const NodeId node : usable) {
        free += workers_[node.index()].free_cores;
    }
    std::uint64_t budget = std::min<std::uint64_t>(app.cores_max - app.cores_granted, free);
    std::vector<std::uint32_t> cores(usable.size());
    std::vector<std::uint32_t> executors(usable.size());
    std::uint32_t opened = 0;
    const auto can_take = [&](std::size_t i) {
        const Worker& worker = workers_[usable[i].index()];
        if (budget < unit || worker.free_cores - cores[i] < unit) {
            return false;
        }
        if (one_each && executors[i] > 0) {
            return true;
        }
        return worker.free_memory - memory * executors[i] >= memory &&
               worker.resources.holds(app.wanted, executors[i] + 1) &&
               app.executors + opened < app.limit;
    };
    const auto take = [&](std::size_t i) {
        budget -= unit;
        cores[i] += unit;
        if (!one_each || executors[i] == 0) {
            ++executors[i];
            ++opened;
        }
    };
    for (bool progress = true; progress;) {
        progress = false;
        for (std::size_t i = 0; i < usable.size(); ++i) {
            while (can_take(i)) {
                take(i);
                progress = true;
                if (conf_.spread_out) {
                    break;
                }
            }
        }
    }
    return cores;
}

void Standalone::launch(Step& step, AppId id, NodeId node, std::uint32_t cores) {
    Application& app = apps_[id.index()];
    Worker& worker = workers_[node.index()];
    const Room room = executor_room(scenario_.cluster, conf_of(id), cores);
    const Grant grant{id, node, cores, room.memory.count, worker.resources.take(app.wanted)};
    const ExecutorId exec{next_executor_++};
    worker.free_cores -= cores;
    worker.free_memory -= grant.memory;
    app.cores_granted += cores;
    ++app.executors;
    grants_.emplace(exec, grant);
    step.act(LaunchExecutor{id, exec, node, cores, Bytes{grant.memory}});
    tell_resources(step, id, node, to_text(exec), grant.resources);
}

void Standalone::tell_resources(Step& step,
                                AppId app,
                                NodeId node,
                                std::string_view who,
                                const AddressPool::Addresses& resources) const {
    if (!resources.empty()) {
        step.act(Explain{app, node, fmt::format("{} has {}", who, AddressPool::text(resources))});
    }
}

std::vector<std::string> Standalone::describe_waiting() const {
    std::vector<std::string> lines;
    for (const AppId id : order_) {
        const Application& app = apps_[id.index()];
        if (app.executors > 0) {
            continue;
        }
        const std::string& name = scenario_.apps[id.index()].name;
        const AppConf& conf = conf_of(id);
        const std::uint32_t unit = conf.executor_cores.value_or(1);
        if (app.cores_max < unit) {
            lines.push_back(
                fmt::format("{} has no executor: spark.cores.max = {} is less than "
                            "spark.executor.cores = {}",
                            name,
                            app.cores_max,
                            unit));
            continue;
        }
        const std::string size = conf.executor_cores
                                     ? fmt::format("{} cores and ", *conf.executor_cores)
                                     : std::string{};
        lines.push_back(
            fmt::format("{} has no executor: no worker has {}{} bytes of memory{} free; check "
                        "spark.executor.cores, spark.executor.memory{} and [[cluster.worker]]",
                        name,
                        size,
                        conf.executor_memory.count,
                        app.wanted.empty() ? "" : " and the resources",
                        app.wanted.empty() ? "" : ", spark.executor.resource"));
    }
    return lines;
}

}  // namespace forkyard
