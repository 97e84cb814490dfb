// One run: the next event, its record, the decisions, their records, their effects.
//
// The loop is the only place that acts. It takes the next entry of the agenda, makes
// an event of it, journals it, lets the control plane decide, journals the decisions,
// and hands them to the cluster. Summary, expectations and invariants fold over the
// same records.
//
// Under the virtual clock the next entry is due at once. Under the wall clock the loop
// sleeps until it is, and what executors have to tell meanwhile joins the agenda.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/driver/control_plane.hpp"
#include "core/journal/codec.hpp"
#include "core/model/scenario.hpp"
#include "core/report/console_progress.hpp"
#include "core/report/expectations.hpp"
#include "core/report/invariants/invariant_checker.hpp"
#include "core/report/job_result.hpp"
#include "core/report/summary.hpp"
#include "core/result.hpp"
#include "core/step.hpp"
#include "sim/cluster/cluster_model.hpp"
#include "sim/host/executor_host.hpp"
#include "sim/run/agenda.hpp"
#include "sim/run/control_view.hpp"
#include "sim/run/fault_injector.hpp"
#include "sim/run/record_sink.hpp"
#include "sim/run/user_programs.hpp"
#include "sim/run/wall_clock.hpp"

namespace forkyard::sim {

struct LoopOptions {
    std::string out_folder = ".";
    bool check_invariants = true;
    RecordSink* journal = nullptr;        // null: records are digested, not written
    ConsoleProgress* progress = nullptr;  // told of events and decisions; null: nobody
    LiveHost* live = nullptr;             // the host again, under the wall clock; null: virtual
    std::function<void(const std::string& text)> note{};  // what the user should know at once
    // Asked now and then; a signal number ends the run. May show progress.
    std::function<int(SimTime now, std::uint64_t events)> poll;
};

enum class Verdict {
    ended,        // every application has ended
    stuck,        // nothing can happen any more
    timed_out,    // time_limit
    interrupted,  // by a signal
};

struct LoopOutcome {
    Verdict verdict = Verdict::ended;
    int signal = 0;
    std::uint64_t events = 0;
    std::uint64_t digest = 0;
    bool fault_failed = false;  // one that is not optional took no effect
    Summary summary;
    std::vector<JobResult> results;
    std::vector<ExpectationResult> expectations;
    std::vector<Violation> violations;
    std::vector<std::string> waiting;  // who waits for what, when stuck or timed out
};

class EventLoop {
public:
    // `lines`: the scenario as the journal has it. All but the manager must outlive the loop.
    EventLoop(const Scenario& scenario,
              std::unique_ptr<ClusterManager> manager,
              const std::vector<std::string>& lines,
              ExecutorHost& host,
              LoopOptions options);
    ~EventLoop();

    // Once. An error is one of the world: a process that died by itself, a file.
    [[nodiscard]] Result<LoopOutcome> run();

private:
    class SeededChooser;

    [[nodiscard]] Result<Verdict> loop();
    [[nodiscard]] Result<std::optional<Verdict>> next_turn();
    [[nodiscard]] Result<std::optional<Verdict>> await_turn();
    [[nodiscard]] Result<void> await_news(SimTime until);
    [[nodiscard]] Result<void> look_outside();
    [[nodiscard]] Result<void> take(const Due& due);
    // Makes event_. False: there is none after all.
    [[nodiscard]] Result<bool> event_of(const Due& due);
    [[nodiscard]] Result<void> process(const Due& due);
    [[nodiscard]] Result<void> act_fault(const Due& due);
    [[nodiscard]] Result<void> carry_out(Moment at, const Action& action);
    void follow(Moment at, const Event& event);
    [[nodiscard]] Result<void> finish_event(Moment at);
    [[nodiscard]] Error refused(EventHead head, const Event& event);
    [[nodiscard]] Result<void> report_idle_faults();

    void record(EventHead head, const Event& event);
    void record(ActionHead head, SimTime time, const Action& action);
    void record(EventHead head, const FaultRecord& fault);
    void record(ActionHead head, SimTime time, const Violation& broken);

    const Scenario& scenario_;
    const std::vector<std::string>& lines_;
    ExecutorHost& host_;
    LoopOptions options_;
    Names names_;
    ControlPlane control_;
    Agenda agenda_;
    UserPrograms programs_;
    ClusterModel cluster_;
    FaultInjector faults_;
    SummaryFold summary_;
    ExpectationChecker expectations_;
    ControlView view_;
    InvariantChecker invariants_;
    RecordDigest digest_;
    std::unique_ptr<SeededChooser> chooser_;
    Event event_;  // the one at hand
    Decisions decisions_;
    std::vector<TimerRequest> timers_;
    std::vector<std::uint32_t> free_timers_;
    std::vector<Violation> violations_;
    std::string line_;
    WallClock clock_;
    SimTime now_;
    std::uint64_t turns_ = 0;
    std::uint64_t seq_ = 0;
    std::uint32_t sub_ = 0;
    int signal_ = 0;
};

}  // namespace forkyard::sim
