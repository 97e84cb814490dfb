// The users' side of a run: each application's program, job by job.
//
// A program submits the jobs of each of its threads one after the other, collects
// their results, goes on or gives up when one fails, and ends. A driver program in C++ is one
// more thread, whose jobs become known while it runs. It is the source of the
// events app.submitted, dataset.defined, .unpersisted, .marked and .checkpointed,
// broadcast.created, .unpersisted and .destroyed, checkpoint.defined, job.defined, job.submitted,
// job.cancelled, app.killed and app.closed; it decides nothing about scheduling.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/data/range_bounds.hpp"
#include "core/data/value.hpp"
#include "core/driver/control_plane.hpp"
#include "core/event.hpp"
#include "core/model/scenario.hpp"
#include "core/plan/program.hpp"
#include "core/report/job_result.hpp"
#include "core/result.hpp"
#include "sim/host/executor_host.hpp"
#include "sim/run/agenda.hpp"
#include "sim/run/checkpoint_folders.hpp"
#include "sim/run/checkpoint_walk.hpp"
#include "sim/run/saved_outputs.hpp"
#include "sim/session/program_thread.hpp"

namespace forkyard::sim {

class UserPrograms {
public:
    // `out_folder`: where relative `save` paths go; empty: nothing is written.
    UserPrograms(const Scenario& scenario, const ControlPlane& control, std::string out_folder);

    // Puts the submissions on the agenda; input files are looked at here.
    [[nodiscard]] Result<void> start(Agenda& agenda);

    // The thread's turn: the next job as an event. None when it has nothing to submit now.
    [[nodiscard]] Result<std::optional<JobSubmitted>> submit(Agenda& agenda, const Due& due);
    // The driver program goes on until it asks for something: that as an event. None: it has
    // ended.
    [[nodiscard]] std::optional<Event> resume(Agenda& agenda, const Due& due);
    // An event that was known before is about to be recorded. False: it is outdated, drop it.
    [[nodiscard]] bool confirm(const Event& event) const;
    // The program may be over.
    [[nodiscard]] std::optional<AppClosed> close(AppId app, std::uint32_t attempt);

    // What is to come of itself after `now`, one line each.
    [[nodiscard]] std::vector<std::string> describe_waiting(SimTime now) const;

    // What follows from records.
    // Its driver is there: the program begins, from its first line each time.
    void begin(Agenda& agenda, SimTime now, std::uint64_t seq, AppId app);
    // Its driver is gone; what it submitted has ended, what it has yet to submit it never will.
    void stop(AppId app);
    // One of its own events: what comes next.
    void follow(Agenda& agenda, SimTime now, std::uint64_t seq, const Event& event);
    [[nodiscard]] Result<void> on(Agenda& agenda,
                                  SimTime now,
                                  std::uint64_t seq,
                                  const FinishJob& action);
    void on(const FinishApp& action);

    // The rows that a task returned to its driver.
    void keep(AppId app, JobId job, std::uint32_t partition, const TaskAnswer& answer);

    // Bounds of the range partitioner for a plan stage's shuffle, once sampled.
    [[nodiscard]] const std::vector<Value>* bounds(AppId app, PlanId writer) const;
    // Of a job that samples: the second time for the same bounds, of 2^32; the first time 0.
    [[nodiscard]] std::uint32_t sample_fraction(AppId app, JobId job) const;
    [[nodiscard]] const PlanJob& plan_job(AppId app, JobId job) const;
    [[nodiscard]] const std::vector<JobResult>& results() const { return results_; }
    [[nodiscard]] std::shared_ptr<const BroadcastValue> broadcast(AppId app, BroadcastId id) const {
        return programs_[app.index()].broadcasts[id.index()];
    }
    // Of a job that writes files; null: it does not.
    [[nodiscard]] std::shared_ptr<const SaveJob> save_of(AppId app, JobId job) const {
        return saved_.of(app, job);
    }
    // Where a checkpoint of that name lies.
    [[nodiscard]] const std::string& checkpoint_folder(AppId app, const std::string& path) const {
        return checkpoint_folders_.of(app, path);
    }

private:
    struct Thread {
        std::string name;
        std::vector<std::uint32_t> jobs;  // of the program, in order
        std::uint32_t next = 0;
    };
    struct Rows {
        std::string bytes;  // encoded
        std::uint64_t count = 0;
    };
    struct RunningJob {
        std::uint32_t thread = 0;
        std::uint32_t plan_job = 0;
        std::uint32_t from = 0;
        std::uint32_t until = 0;
        std::vector<Rows> rows;  // by partition of the final stage, if it is a real one
    };
    // Of the keys of a sort, where some partitions are to be sampled again.
    struct FirstSample {
        std::vector<KeySample> samples;
        Resample again;
    };
    struct AppProgram {
        std::vector<Thread> threads;
        // That in C++, if there is one: its thread is the last. What it is to hear next.
        std::unique_ptr<ProgramThread> session;
        ProgramThread::Reply reply;
        // Its broadcast variables, by number; null: it is destroyed.
        std::vector<std::shared_ptr<const BroadcastValue>> broadcasts;
        CheckpointWalk checkpoints;
        std::map<JobId, RunningJob> running;
        std::map<JobId, std::uint32_t> plan_jobs;
        std::map<std::uint32_t, std::vector<Value>> bounds;  // by plan stage
        std::map<std::uint32_t, FirstSample> sampled;        // by plan job, once it goes on
        std::uint32_t attempt = 0;   // of the program; what an older one had in mind is void
        std::uint32_t next_job = 0;  // over all attempts
        std::uint32_t threads_left = 0;
        std::string failure;
        bool closed = false;
        bool ended = false;
        // A take in several waves: what is left to scan.
        std::map<std::uint32_t, std::vector<Rows>> taken;  // so far, by plan job
    };

    void make_threads(AppId app, AppProgram& program) const;
    [[nodiscard]] bool is_session(const AppProgram& program, std::uint32_t thread) const {
        return program.session != nullptr && thread + 1 == program.threads.size();
    }
    [[nodiscard]] tl::expected<Event, std::string> defined(AppId app,
                                                           const DatasetSpec& dataset) const;
    [[nodiscard]] tl::expected<Event, std::string> defined(AppId app, const JobSpec& job) const;
    [[nodiscard]] tl::expected<Event, std::string> defined(
        AppId app, const ProgramThread::Unpersist& asked) const;
    [[nodiscard]] tl::expected<Event, std::string> defined(
        AppId app, const ProgramThread::BroadcastOrder& order);
    [[nodiscard]] tl::expected<Event, std::string> defined(
        AppId app, const ProgramThread::DropBroadcast& order);
    [[nodiscard]] tl::expected<Event, std::string> defined(
        AppId app, const ProgramThread::CheckpointOrder& asked) const;
    [[nodiscard]] ProgramThread::Reply lineage_of(AppId app, const std::string& dataset) const;
    void reply_to_session(AppProgram& program,
                          const PlanJob& plan,
                          const FinishJob& action,
                          const std::string& failure);
    [[nodiscard]] const JobSpec& spec_of(AppId app, const PlanJob& job) const {
        return control_.driver(app).program().job_spec(job);
    }
    void next_turn(
        Agenda& agenda, AppId app, std::uint32_t thread, SimTime now, std::uint64_t cause);
    [[nodiscard]] bool gives_up(Agenda& agenda,
                                AppId app,
                                const JobSpec& job,
                                SimTime now,
                                std::uint64_t cause,
                                const std::string& reason);
    void on(Agenda& agenda, SimTime now, std::uint64_t seq, const JobSubmitted& event);
    // A change of what it has, after which it goes on.
    template <class Changed>
    requires std::same_as<Changed, DatasetDefined> || std::same_as<Changed, DatasetUnpersisted> ||
        std::same_as<Changed, BroadcastCreated> || std::same_as<Changed, BroadcastUnpersisted> ||
        std::same_as<Changed, BroadcastDestroyed>
    void on(Agenda& agenda, SimTime now, std::uint64_t seq, const Changed& event) {
        go_on(agenda, now, seq, event.app);
    }
    void go_on(Agenda& agenda, SimTime now, std::uint64_t seq, AppId app);
    void on(Agenda& agenda, SimTime now, std::uint64_t seq, const JobDefined& event) {
        add_jobs(agenda, now, seq, event.app);
    }
    void on(Agenda& agenda, SimTime now, std::uint64_t seq, const CheckpointDefined& event) {
        add_jobs(agenda, now, seq, event.app);
    }
    void add_jobs(Agenda& agenda, SimTime now, std::uint64_t seq, AppId app);
    [[nodiscard]] std::optional<Event> checkpoint(AppId app, AppProgram& program) const;
    void on(Agenda& agenda, SimTime now, std::uint64_t seq, const DatasetMarked& event);
    void on(Agenda& agenda, SimTime now, std::uint64_t seq, const DatasetCheckpointed& event);
    void follow_job(AppId app, const PlanJob& plan, EndStatus status);
    static void abandon_action(AppProgram& program);
    void close_later(Agenda& agenda, AppId app, SimTime when, std::uint64_t cause) const;
    [[nodiscard]] Result<bool> finish(AppId app, AppProgram& program, JobId id, RunningJob& job);
    // True when the bounds are known; false when partitions are to be sampled again.
    [[nodiscard]] static bool finish_sample(AppProgram& program,
                                            const RunningJob& job,
                                            PlanId bounds_for,
                                            std::uint32_t partitions);
    [[nodiscard]] std::uint32_t scan_until(const AppProgram& program,
                                           const PlanJob& job,
                                           std::uint32_t plan_job,
                                           AppId app,
                                           std::uint32_t from) const;

    const Scenario& scenario_;
    const ControlPlane& control_;
    CheckpointFolders checkpoint_folders_;
    SavedOutputs saved_;
    std::vector<AppProgram> programs_;
    std::vector<JobResult> results_;
};

}  // namespace forkyard::sim
