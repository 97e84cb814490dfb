#include "sim/run/event_loop.hpp"

#include <map>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/digest.hpp"

namespace forkyard::sim {

namespace {

constexpr std::uint64_t state_period = 64;   // events between two state digests
constexpr std::uint64_t poll_period = 1024;  // events between two looks at the outside

}  // namespace

// Draws from the seed what a run leaves to chance. Keyed by meaning and by how often the
// same question was asked, so that a new question elsewhere changes no answer here.
class EventLoop::SeededChooser final : public Chooser {
public:
    explicit SeededChooser(std::uint64_t seed) : seed_{seed} {}

    std::uint64_t choose(std::string_view point, std::string_view label, std::uint64_t n) override {
        const std::uint64_t key = digest_of(seed_, digest_of(point), digest_of(label));
        return n <= 1 ? 0 : digest_of(key, ++asked_[key]) % n;
    }

private:
    std::uint64_t seed_;
    std::map<std::uint64_t, std::uint64_t> asked_;
};

EventLoop::EventLoop(const Scenario& scenario,
                     std::unique_ptr<ClusterManager> manager,
                     const std::vector<std::string>& lines,
                     ExecutorHost& host,
                     LoopOptions options)
    : scenario_{scenario},
      lines_{lines},
      host_{host},
      options_{std::move(options)},
      names_{scenario},
      control_{scenario, std::move(manager)},
      programs_{scenario, control_, options_.out_folder},
      cluster_{scenario, control_, programs_, host, options_.live, agenda_},
      faults_{scenario, cluster_, agenda_},
      summary_{scenario},
      expectations_{scenario},
      view_{control_},
      invariants_{scenario, &view_},
      digest_{names_},
      chooser_{std::make_unique<SeededChooser>(scenario.seed)} {}

EventLoop::~EventLoop() = default;

Result<LoopOutcome> EventLoop::run() {
    clock_ = WallClock{};
    for (const std::string& line : lines_) {
        digest_.add_line(line);
    }
    cluster_.start();
    faults_.start();
    Result<void> started = programs_.start(agenda_);
    if (!started) {
        return fail(started.error());
    }
    Result<Verdict> verdict = loop();
    if (!verdict) {
        return fail(verdict.error());
    }
    if (Result<void> reported = report_idle_faults(); !reported) {
        return fail(reported.error());
    }
    LoopOutcome outcome;
    outcome.verdict = *verdict;
    outcome.signal = signal_;
    outcome.events = seq_;
    outcome.digest = digest_.value();
    outcome.fault_failed = faults_.any_failed();
    outcome.summary = summary_.summary();
    outcome.results = programs_.results();
    outcome.expectations = expectations_.finish(outcome.summary, outcome.results, violations_);
    outcome.violations = violations_;
    if (*verdict != Verdict::ended) {
        outcome.waiting = control_.describe_waiting();
        for (std::string& line : programs_.describe_waiting(now_)) {
            outcome.waiting.push_back(std::move(line));
        }
        cluster_.describe_hanging(outcome.waiting);
        outcome.summary.makespan = now_.time_since_epoch();
    }
    return outcome;
}

Result<Verdict> EventLoop::loop() {
    while (!control_.finished() || !cluster_.quiet()) {
        Result<std::optional<Verdict>> over = options_.live == nullptr ? next_turn() : await_turn();
        if (!over) {
            return fail(over.error());
        }
        if (signal_ != 0) {
            return Verdict::interrupted;
        }
        if (*over) {
            return **over;
        }
        Result<void> taken = take(agenda_.pop());
        if (!taken) {
            (void)look_outside();  // an interruption may be what it failed by
            return signal_ != 0 ? Result<Verdict>{Verdict::interrupted} : fail(taken.error());
        }
    }
    return Verdict::ended;
}

// Whether the run is over before the next entry of the agenda.
Result<std::optional<Verdict>> EventLoop::next_turn() {
    const SimTime limit{scenario_.time_limit};
    if (agenda_.empty()) {
        return Verdict::stuck;
    }
    if (agenda_.next().time > limit) {
        now_ = limit;
        return Verdict::timed_out;
    }
    if (++turns_ % poll_period == 0) {
        Result<void> looked = look_outside();
        if (!looked) {
            return fail(looked.error());
        }
    }
    return std::optional<Verdict>{};
}

Result<void> EventLoop::look_outside() {
    if (options_.poll) {
        signal_ = options_.poll(now_, seq_);
    }
    Result<void> looked = host_.look();
    if (signal_ == 0) {
        signal_ = host_.signal();
    }
    return looked;
}

Result<void> EventLoop::take(const Due& due) {
    FORKYARD_CHECK(due.time >= now_, "time never goes back");
    now_ = due.time;
    if (due.kind == DueKind::fault) {
        return act_fault(due);
    }
    const Result<bool> made = event_of(due);
    if (!made) {
        return fail(made.error());
    }
    return *made ? process(due) : Result<void>{};
}

Result<bool> EventLoop::event_of(const Due& due) {
    const auto is = [this](auto known) {
        if (known) {
            event_ = std::move(*known);
        }
        return known.has_value();
    };
    switch (due.kind) {
        case DueKind::event:
            event_ = agenda_.take(due.index);
            return cluster_.confirm(event_) && programs_.confirm(event_);
        case DueKind::job:
            return programs_.submit(agenda_, due).map(is);
        case DueKind::program:
            return is(programs_.resume(agenda_, due));
        case DueKind::close:
            return is(programs_.close(AppId{due.app}, due.generation));
        case DueKind::timer: {
            const TimerRequest asked = timers_[due.index];
            if (is_managers(asked.timer.what) && cluster_.manager_back_at() > due.time) {
                Due later = due;  // nobody is there to be woken
                later.time = cluster_.manager_back_at();
                agenda_.add(later);
                return false;
            }
            free_timers_.push_back(due.index);
            event_ = asked.timer;
            return control_.due(asked.at, asked.timer);
        }
        default:
            return cluster_.come_up(due, event_);
    }
}

Result<void> EventLoop::process(const Due& due) {
    Event& event = event_;
    const Moment at{due.time, ++seq_};
    set_check_position(seq_, micros(due.time));
    const EventHead head{seq_, due.time, due.cause};
    control_.prepare(event);
    if (auto* ended = std::get_if<TaskFinished>(&event)) {
        if (due.kind == DueKind::event) {
            cluster_.complete(due.time, *ended);
        }
    } else if (auto* lost = std::get_if<ExecutorLost>(&event)) {
        cluster_.complete(*lost);
    }
    record(head, event);
    sub_ = 0;
    decisions_.clear();
    Step step{due.time, decisions_, *chooser_};
    control_.handle(step, event);
    if (Result<void> settled = cluster_.settle(at, event); !settled) {
        return settled;
    }
    for (const Action& action : decisions_.actions) {
        record(ActionHead{seq_, ++sub_}, due.time, action);
    }
    if (control_.refusal()) {
        return fail(refused(head, event));
    }
    follow(at, event);
    for (TaskFinished& consequence : decisions_.consequences) {
        const AppId app = consequence.app;
        const std::uint32_t exec = consequence.exec.value;
        // Part of the loss: before an executor that replaces it can register, as Spark
        // puts the tasks of a lost executor back before it makes offers.
        agenda_.add({.time = due.time,
                     .order_class = DueClass::executor_lost,
                     .kind = DueKind::event,
                     .app = app.value,
                     .entity = exec,
                     .index = agenda_.store(std::move(consequence)),
                     .cause = seq_});
    }
    for (const TimerRequest& request : decisions_.timers) {
        std::uint32_t index = static_cast<std::uint32_t>(timers_.size());
        if (free_timers_.empty()) {
            timers_.push_back(request);
        } else {
            index = free_timers_.back();
            free_timers_.pop_back();
            timers_[index] = request;
        }
        agenda_.add({.time = request.at,
                     .order_class = DueClass::timer,
                     .kind = DueKind::timer,
                     .app = request.timer.app.value,
                     .entity = static_cast<std::uint32_t>(request.timer.what),
                     .index = index,
                     .cause = seq_});
    }
    for (const Action& action : decisions_.actions) {
        Result<void> done = carry_out(at, action);
        if (!done) {
            return done;
        }
    }
    return finish_event(at);
}

// A manager that does what it may not do, or fails itself, is at fault, and the run is over.
Error EventLoop::refused(EventHead head, const Event& event) {
    line_.clear();
    write_record(line_, names_, head, event);
    line_.pop_back();
    return Error{fmt::format("the cluster manager {} {}; the event was `{}`",
                             control_.manager().name(),
                             *control_.refusal(),
                             line_),
                 {},
                 {},
                 Exit::internal};
}

// What the users' programs and the results learn from an event.
void EventLoop::follow(Moment at, const Event& event) {
    if (const auto* ended = std::get_if<TaskFinished>(&event)) {
        const TaskAnswer* answer = cluster_.answer();
        if (answer != nullptr && ended->status == TaskStatus::success) {
            const StageEntry& stage = cluster_.stages().at(ended->app, ended->task.stage.stage);
            if (!stage.output.valid()) {
                programs_.keep(ended->app, stage.job, ended->task.partition, *answer);
            }
        }
    } else if (const auto* app = std::get_if<AppSubmitted>(&event)) {
        if (!scenario_.apps[app->app.index()].cluster_mode) {
            programs_.begin(agenda_, at.now, at.seq, app->app);
        }
    } else if (const auto* started = std::get_if<DriverStarted>(&event)) {
        programs_.begin(agenda_, at.now, at.seq, started->app);
    } else if (const auto* lost = std::get_if<DriverLost>(&event)) {
        programs_.stop(lost->app);
    } else {
        programs_.follow(agenda_, at.now, at.seq, event);
    }
}

Result<void> EventLoop::carry_out(Moment at, const Action& action) {
    if (const auto* launch = std::get_if<LaunchTask>(&action)) {
        return cluster_.launch_task(at, *launch, faults_.on_launch(at, *launch));
    }
    if (const auto* executor = std::get_if<LaunchExecutor>(&action)) {
        faults_.on_start(at, *executor);
        return cluster_.launch_executor(at, *executor);
    }
    if (const auto* kill = std::get_if<KillExecutor>(&action)) {
        return cluster_.kill_executor(at, *kill);
    }
    if (const auto* fault = std::get_if<InjectFault>(&action)) {
        faults_.ask(at, *fault);
    } else if (const auto* told = std::get_if<ExplainLoss>(&action)) {
        cluster_.explain_loss(at, *told);
    } else if (const auto* leave = std::get_if<DecommissionExecutor>(&action)) {
        cluster_.decommission_executor(at, *leave);
    } else if (const auto* driver = std::get_if<LaunchDriver>(&action)) {
        cluster_.launch_driver(at, *driver);
    } else if (const auto* stage = std::get_if<SubmitStage>(&action)) {
        cluster_.submit_stage(*stage);
    } else if (const auto* task = std::get_if<KillTask>(&action)) {
        cluster_.kill_task(at, *task);
    } else if (const auto* commit = std::get_if<AnswerCommit>(&action)) {
        cluster_.answer_commit(at, *commit);
    } else if (const auto* added = std::get_if<RegisterMapOutput>(&action)) {
        cluster_.register_output(*added);
    } else if (const auto* removed = std::get_if<UnregisterMapOutput>(&action)) {
        cluster_.unregister_output(*removed);
    } else if (const auto* job = std::get_if<FinishJob>(&action)) {
        return programs_.on(agenda_, at.now, at.seq, *job);
    } else if (const auto* app = std::get_if<FinishApp>(&action)) {
        programs_.on(*app);
        cluster_.end_application(at, app->app);
    } else {
        cluster_.send(at, action);
    }
    return {};
}

Result<void> EventLoop::act_fault(const Due& due) {
    sub_ = 0;
    decisions_.clear();
    Step step{due.time, decisions_, *chooser_};
    Result<std::vector<FaultRecord>> records = faults_.act(step, due, seq_ + 1);
    if (!records) {
        return fail(records.error());
    }
    for (const FaultRecord& fault : *records) {
        const Moment at{due.time, ++seq_};
        set_check_position(seq_, micros(due.time));
        record(EventHead{seq_, due.time, due.cause}, fault);
        sub_ = 0;
        for (const Action& choice : decisions_.actions) {
            record(ActionHead{seq_, ++sub_}, due.time, choice);
        }
        decisions_.clear();
        Result<void> ended = finish_event(at);
        if (!ended) {
            return ended;
        }
    }
    return {};
}

Result<void> EventLoop::report_idle_faults() {
    for (const FaultRecord& fault : faults_.without_effect()) {
        const Moment at{now_, ++seq_};
        sub_ = 0;
        record(EventHead{seq_, now_, 0}, fault);
        Result<void> ended = finish_event(at);
        if (!ended) {
            return ended;
        }
    }
    if (options_.check_invariants) {
        for (const Violation& broken : invariants_.finish()) {
            record(ActionHead{seq_, ++sub_}, now_, broken);
        }
    }
    return options_.journal == nullptr ? Result<void>{}
                                       : options_.journal->end_event(seq_, digest_.value());
}

Result<void> EventLoop::finish_event(Moment at) {
    if (options_.check_invariants) {
        for (const Violation& broken : invariants_.check()) {
            record(ActionHead{seq_, ++sub_}, at.now, broken);
        }
    }
    if (options_.journal == nullptr) {
        return {};
    }
    if (at.seq % state_period == 0) {
        options_.journal->state(at.seq, control_.digests());
    }
    return options_.journal->end_event(at.seq, digest_.value());
}

}  // namespace forkyard::sim
