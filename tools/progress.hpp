// What a run shows of itself on standard error while it goes on, on one line that is wiped at the
// end: the progress bar of applications that ask for one (spark.ui.showConsoleProgress), on a
// terminal or not; else, on a terminal and after a second, a line of forkyard's own.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/model/scenario.hpp"
#include "core/report/console_progress.hpp"
#include "core/sim_time.hpp"

namespace forkyard::tools {

class Progress {
public:
    // `line`: whether its own is wanted.
    Progress(const Scenario& scenario, bool line);
    // To be told of the records; null: nobody wants to be.
    [[nodiscard]] ConsoleProgress* bar() { return bar_.wanted() ? &bar_ : nullptr; }
    void show(SimTime now, std::uint64_t events);
    void clear();

private:
    void print_bar();

    ConsoleProgress bar_;
    std::string name_;
    bool on_ = false;
    bool shown_ = false;
    std::chrono::steady_clock::time_point next_;
};

}  // namespace forkyard::tools
