#include "core/driver/driver.hpp"

#include <limits>
#include <memory>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/digest.hpp"

namespace forkyard {

Driver::Driver(AppId id, const Scenario& scenario, DagScheduler::Numbers first)
    : id_{id},
      scenario_{scenario},
      app_{scenario.apps[id.index()]},
      first_{first},
      tasks_{id, app_, scenario.cluster},
      heartbeats_{id, app_.conf},
      barriers_{id, app_.conf.barrier_sync_timeout},
      failures_{app_.conf},
      requests_{id} {}

Driver::~Driver() = default;

void Driver::prepare(JobSubmitted& event) {
    dag_->number_stages(event);
}

void Driver::handle(Step& step, const Event& event) {
    const bool begins =
        std::holds_alternative<AppSubmitted>(event) || std::holds_alternative<AppKilled>(event);
    if (finished_ || (!started() && !begins)) {
        return;
    }
    std::visit(
        [&](const auto& e) {
            if constexpr (requires { e.app; }) {
                if (e.app != id_) {
                    return;
                }
            }
            tasks_.catch_up(step.now);
            const std::size_t decided_before = step.out.actions.size();
            on(step, e);
            if (!finished_ && started()) {
                begin_decided_leaves(step, decided_before);
                give_up_sets(step);
                end_barriers(step);
                revive_offers(step);
                if (allocation_) {
                    tell_allocation(step, event, decided_before);
                }
                tasks_.arm_timers(step);
                dag_->arm_barrier_checks(step);
                // With consequences to come, what waits is known after the last of them.
                if (step.out.consequences.empty()) {
                    tasks_.say_waits(step, may_offer(step.now));
                }
            }
        },
        event);
}

void Driver::expect_executor(Step& step, ExecutorId exec) {
    tasks_.expect_executor(exec);
    if (!finished_ && started()) {
        tasks_.say_waits(step, may_offer(step.now));
    }
}

void Driver::remove(Step& step, const std::string& reason) {
    if (started()) {
        tasks_.give_up_all(reason);
        give_up_sets(step);
    }
    finish(step, EndStatus::failed, reason);
}

void Driver::on(Step& step, const AppSubmitted& event) {
    submitted_at_ = step.now;
    program_ = std::make_unique<Program>(app_, event.inputs, scenario_.clock);
    dag_ = std::make_unique<DagScheduler>(id_, scenario_, *program_, tasks_.executors(), first_);
    start_allocation(step.now);
    if (!app_.conf.runs_in_driver) {
        requests_.begin(
            step, allocation_ ? std::optional{allocation_->target()} : app_.conf.executors_static);
    }
    if (app_.conf.registered_ratio_min.count > 0) {
        step.out.timers.push_back({step.now + app_.conf.registered_wait_max,
                                   TimerFired{TimerKind::registration_wait, id_, {}}});
    }
}

void Driver::on(Step& step, const JobSubmitted& event) {
    dag_->on(step, event);
    carry_out_orders(step);
}

void Driver::on(Step& step, const AppKilled& /*event*/) {
    finish(step, EndStatus::killed, "killed by its user");
}

void Driver::on(Step& step, const AppClosed& event) {
    finish(step, event.reason.empty() ? EndStatus::succeeded : EndStatus::failed, event.reason);
}

void Driver::on(Step& step, const ExecutorRegistered& event) {
    const bool was_open = may_offer(step.now);
    tasks_.add_executor(event.exec, event.node, borrows() ? 0 : event.cores);
    dag_->on_executor_added(event.exec);
    if (borrows()) {
        begin_borrowing(step, event.exec);
        return;
    }
    if (!may_offer(step.now)) {
        return;
    }
    if (was_open) {  // the new one alone (SCH-BE-01)
        tasks_.offer(step, event.exec);
    } else {
        tasks_.offer_all(step);
    }
}

void Driver::on(Step& step, const ExecutorLost& event) {
    heartbeats_.forget(event.exec);
    const bool failure = tasks_.remove_executor(step, event, [&](const TaskAttempt& task) {
        return dag_->output_elsewhere(task, event.exec);
    });
    dag_->on(step, event);
    carry_out_orders(step);
    if (failure && failures_.add(step.now)) {  // SCH-BE-11, CM-K8S-15
        finish(step,
               EndStatus::failed,
               fmt::format("Max number of executor failures ({}) reached",
                           *app_.conf.executor_failures_max));
    } else if (step.out.consequences.empty()) {  // else with the last of them
        offer_all(step);
    }
}

void Driver::on(Step& /*step*/, const ExecutorDisconnected& event) {
    tasks_.disconnect_executor(event.exec);
}

void Driver::on(Step& step, const TaskFinished& event) {
    const TaskScheduler::TaskEnd end = tasks_.end_task(step, event);
    if (borrows()) {
        return_freed(step, event.exec);
    }
    if (!end.known) {
        return;
    }
    dag_->on(step, event, end.status, end.epoch, end.set_failed);
    carry_out_orders(step);
    // After a success Spark offers just the executor that became free; after anything
    // else, all of them (SCH-BE-01).
    if (event.status != TaskStatus::success) {
        offer_all(step);
    } else if (may_offer(step.now)) {
        tasks_.offer(step, event.exec);
    }
}

void Driver::on(Step& step, const WorkerLost& event) {
    // Without an external shuffle service the files went with the executors.
    if (started() && app_.conf.shuffle_service) {
        dag_->on_worker_removed(step, event.node);
    }
}

void Driver::on(Step& /*step*/, const WorkerFilesKept& event) {
    if (started() && app_.conf.shuffle_service) {
        dag_->on_files_kept(event.node, event.kept);
    }
}

void Driver::on(Step& /*step*/, const TaskProgressed& event) {
    tasks_.on_progress(event);
}

void Driver::on(Step& step, const HeartbeatChanged& event) {
    // One that is unknown or gone is told to register again, and not watched (SCH-BE-07). One
    // whose loss nobody explains is lost by its silence (CM-K8S-17).
    if (tasks_.executors().alive(event.exec) || tasks_.is_disconnected(event.exec)) {
        heartbeats_.on(step, event);
    }
}

void Driver::on(Step& step, const BarrierRequested& event) {
    barriers_.on(step, event);
}

void Driver::on(Step& step, const TimerFired& event) {
    switch (event.what) {
        case TimerKind::resubmit_stages:
            dag_->on_resubmit_timer(step);
            carry_out_orders(step);
            break;
        case TimerKind::expire_executors:
            for (const ExecutorId exec : heartbeats_.expire(step.now)) {
                if (app_.conf.bug == Bug::spark_8119) {  // the target goes down with it
                    requests_.set(step, tasks_.executors().alive_count() - 1, hints());
                }
                step.act(KillExecutor{id_, exec, LossReason::heartbeat_timeout, AskedBy::driver});
                if (app_.conf.bug != Bug::spark_27348) {
                    tasks_.retire_executor(exec, LossReason::heartbeat_timeout);
                }
            }
            break;
        case TimerKind::registration_wait:
            offer_all(step);
            break;
        case TimerKind::revive_offers:
            tasks_.revive(step);
            break;
        case TimerKind::speculation:
            tasks_.speculate(step);
            revives_ = true;
            break;
        case TimerKind::unschedulable:
            tasks_.expire_unschedulable(step.now);
            break;
        case TimerKind::barrier_check:
            dag_->on_barrier_timer(step);
            carry_out_orders(step);
            break;
        case TimerKind::barrier_sync:
            barriers_.expire(step);
            break;
        case TimerKind::starvation:
            step.act(Warn{id_,
                          "Initial job has not accepted any resources; check your cluster UI to "
                          "ensure that workers are registered and have sufficient resources"});
            break;
        case TimerKind::allocation:
            allocate(step);
            break;
        case TimerKind::leave_timeout:
            end_overdue_leaves(step);
            break;
        default:
            break;  // the manager's
    }
}

bool Driver::due(SimTime now, const TimerFired& timer) const {
    if (finished_ || !started()) {
        return false;
    }
    switch (timer.what) {
        case TimerKind::resubmit_stages:
            return dag_->resubmit_due(now);
        case TimerKind::expire_executors:
            return heartbeats_.due(now);
        case TimerKind::registration_wait:
            return now == submitted_at_ + app_.conf.registered_wait_max &&
                   tasks_.has_waiting_tasks() && tasks_.executors().registered_cores() > 0;
        case TimerKind::revive_offers:
        case TimerKind::speculation:
        case TimerKind::unschedulable:
            return may_offer(now) && tasks_.due(now, timer.what);
        case TimerKind::barrier_check:
            return dag_->barrier_check_due(now);
        case TimerKind::barrier_sync:
            return barriers_.due(now);
        case TimerKind::starvation:
            return tasks_.starved(now);
        case TimerKind::allocation:
            return allocation_ && allocation_->next_look(now) == now;
        case TimerKind::leave_timeout:
            return any_overdue(now);
        default:
            return false;
    }
    return false;
}

void Driver::finish(Step& step, EndStatus status, const std::string& reason) {
    stop_jobs(step,
              status == EndStatus::killed ? EndStatus::killed : EndStatus::failed,
              "SparkContext was shut down");
    finished_ = true;
    step.act(FinishApp{id_, status, reason});
}

void Driver::abandon(Step& step) {
    stop_jobs(step, EndStatus::failed, "the driver was lost");
    finished_ = true;
}

void Driver::stop_jobs(Step& step, EndStatus status, std::string_view reason) {
    if (dag_ != nullptr) {
        dag_->stop_all_jobs(step, status, std::string{reason});
        (void)dag_->take_orders();  // the executors end with the application
    }
}

// Submitting tasks makes offers only when something new may run.
void Driver::carry_out_orders(Step& step) {
    if (!dag_->has_orders()) {
        return;
    }
    DagScheduler::Orders orders = dag_->take_orders();
    for (const DagScheduler::Orders::Done& done : orders.done) {
        tasks_.partition_done(step, done.stage, done.partition);
    }
    for (const DagScheduler::Orders::Stop& stop : orders.stop) {
        tasks_.kill_stage(step, stop.stage, stop.reason);
    }
    if (orders.submit.empty()) {
        return;
    }
    for (TaskSet& set : orders.submit) {
        if (allocation_) {
            local_.begin(set);
        }
        tasks_.submit(step, std::move(set));
    }
    offer_all(step);
}

void Driver::offer_all(Step& step) {
    revives_ = true;
    if (may_offer(step.now)) {
        tasks_.offer_all(step);
    }
}

// Sets that may run nowhere; what follows may show others.
void Driver::give_up_sets(Step& step) {
    while (tasks_.has_aborts()) {
        for (const TaskScheduler::Abort& abort : tasks_.take_aborts()) {
            dag_->give_up(step, abort.stage, abort.reason);
        }
        carry_out_orders(step);
    }
}

// Stage attempts that ended with this event, as Spark's listener hears of them.
void Driver::end_barriers(const Step& step) {
    if (barriers_.idle()) {
        return;
    }
    for (const Action& action : step.out.actions) {
        const auto* ended = std::get_if<FinishStage>(&action);
        if (ended != nullptr && ended->app == id_) {
            barriers_.end_stage(ended->stage);
        }
    }
}

// The start gate (SCH-BE-03): a part of the executors asked for, or of spark.cores.max.
bool Driver::may_offer(SimTime now) const {
    const AppConf& conf = app_.conf;
    if (conf.registered_ratio_min.count == 0 || now - submitted_at_ >= conf.registered_wait_max) {
        return true;
    }
    const auto enough = [&](std::uint64_t there, std::uint64_t expected) {
        return there * 1'000'000U >=
               expected * static_cast<std::uint64_t>(conf.registered_ratio_min.count);
    };
    if (conf.gate_by_executors) {
        return enough(tasks_.executors().alive_count(), conf.executors_static.value_or(0));
    }
    return conf.cores_max == std::numeric_limits<std::uint32_t>::max() ||
           enough(tasks_.executors().registered_cores(), conf.cores_max);
}

std::uint64_t Driver::digest() const {
    return dag_ == nullptr
               ? 0
               : digest_of(
                     tasks_.digest(), dag_->digest(), allocation_ ? allocation_->digest() : 0);
}

std::vector<std::string> Driver::describe_waiting() const {
    std::vector<std::string> lines;
    if (!started() || finished_) {
        return lines;
    }
    tasks_.describe_waiting(lines);
    dag_->describe_waiting(lines);
    return lines;
}

}  // namespace forkyard
