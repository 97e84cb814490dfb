// The progress bar of spark.ui.showConsoleProgress, as text for a console: what runs, on one line
// that is painted over itself.
//
//   [Stage 3:=====>      (12 + 4) / 40]      completed + running of all tasks
//
// A fold over a run's records that looks at them at fixed times: half a second after an application
// has started, then each interval. A stage is shown once it has run for more than half a second,
// three of them at most; the line is painted when it has changed, or after a minute, and wiped when
// a job ends. Time is that of the records and of advance(), so under the virtual clock it is
// virtual. Nothing is printed here: take() is what is to be printed.
//
// In Spark: ConsoleProgressBar, of which each driver has its own. Here all applications that want
// one share the line; with several a stage has its application's name before it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/action.hpp"
#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/journal/record.hpp"
#include "core/model/scenario.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

struct StageProgress {
    std::string name{};  // "Stage 3"
    std::uint32_t completed = 0;
    std::uint32_t running = 0;
    std::uint32_t total = 0;
};

// Side by side, each as wide as an equal part of the columns, or longer if its numbers are.
[[nodiscard]] std::string progress_line(const std::vector<StageProgress>& stages,
                                        std::uint32_t columns);

class ConsoleProgress {
public:
    static constexpr std::uint32_t columns_preset = 80;

    explicit ConsoleProgress(const Scenario& scenario, std::uint32_t columns = columns_preset);

    // Whether any application wants it.
    [[nodiscard]] bool wanted() const { return interval_ > SimDuration{0}; }

    void on(EventHead head, const Event& event);
    void on(ActionHead head, SimTime time, const Action& action);
    // All records before `now` are known.
    void advance(SimTime now);
    // Nobody is to see it for the moment: something else is printed, or the run is over.
    void wipe();

    // What is to be printed since the last call.
    [[nodiscard]] std::string take() { return std::exchange(text_, {}); }

private:
    struct App {
        std::string name;  // empty: it is the only one
        bool shows = false;
        SimTime quiet_until{};  // after a job's end
    };
    struct Stage {
        SimTime submitted{};
        StageProgress tasks{};
    };
    using Stages = std::map<std::pair<AppId, StageAttempt>, Stage>;

    template <class Record>
    void on(const Record& /*record*/) {}
    void on(const AppSubmitted& event);
    void on(const TaskFinished& event);
    void on(const DriverLost& event);
    void on(const SubmitStage& action);
    void on(const FinishStage& action);
    void on(const LaunchTask& action);
    void on(const FinishJob& action);

    // If it is one that is followed.
    [[nodiscard]] Stage* changed(AppId app, StageAttempt stage);
    // When the stage can first be seen.
    [[nodiscard]] SimTime opens(const Stages::value_type& stage) const;
    [[nodiscard]] SimTime next_look() const;
    void look(SimTime now);

    std::uint32_t columns_;
    SimDuration interval_{0};  // 0: nobody wants it
    std::vector<App> apps_{};
    Stages stages_{};             // that run, by application, then number
    SimTime first_ = time_never;  // look
    SimTime looked_{};            // last; before the first: the start
    SimTime now_{};               // of the record at hand
    SimTime painted_{};
    SimTime changed_at_ = time_never;  // first, since it was looked at
    std::string line_{};               // that is seen; empty: none
    std::string text_{};
};

}  // namespace forkyard
