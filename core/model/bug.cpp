#include "core/model/bug.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace forkyard {
namespace {

constexpr std::array entries{
    BugEntry{Bug::spark_2931, "with fewer levels of locality a task set is given nothing more"},
    BugEntry{Bug::spark_4939, "a level of locality without tasks is waited for all the same"},
    BugEntry{Bug::spark_5259,
             "a child stage starts before all outputs of its parent are registered"},
    BugEntry{Bug::spark_6880, "a task set runs with the properties of a job that has ended"},
    BugEntry{Bug::spark_8119, "an executor given up by its heartbeats is not replaced"},
    BugEntry{Bug::spark_13931,
             "a task set of the past reports lost outputs, and its stage never ends"},
    BugEntry{Bug::spark_15262, "cached blocks of a lost executor are taken for real"},
    BugEntry{Bug::spark_15865, "a task set that is excluded everywhere waits for ever"},
    BugEntry{Bug::spark_17644,
             "after a stage was given up, fetch failures of later jobs resubmit nothing"},
    BugEntry{Bug::spark_18886,
             "each local launch sets the wait back, so that other executors idle"},
    BugEntry{Bug::spark_19868,
             "a stage is submitted again before its task set knows that it is done, and fails"},
    BugEntry{Bug::spark_22074, "a task is run again for the loss of a copy that had been beaten"},
    BugEntry{Bug::spark_22148,
             "a task set that is excluded everywhere is given up though an executor is idle"},
    BugEntry{Bug::spark_23207, "of an indeterminate stage only what is missing is run again"},
    BugEntry{Bug::spark_23433,
             "an older attempt ends a stage whose newer task set is still active, and it fails"},
    BugEntry{Bug::spark_23811, "a stage found complete does not wake its children"},
    BugEntry{Bug::spark_24677,
             "the look for slow tasks breaks when all that is done was done elsewhere"},
    BugEntry{Bug::spark_24755,
             "an output that went with the winner of two copies is not made again at once"},
    BugEntry{Bug::spark_26755, "a second copy is launched where the first runs"},
    BugEntry{Bug::spark_27348, "an executor given up by its heartbeats is still offered"},
    BugEntry{Bug::spark_30388, "map stages that run when their job ends are left to run"},
    BugEntry{Bug::spark_31485, "a barrier stage that got too few places keeps them for ever"},
    BugEntry{Bug::spark_31837, "executors on better nodes do not make a task set strict again"},
    BugEntry{Bug::spark_37580, "failures before a success count when the task is run again"},
    BugEntry{Bug::spark_39955, "launches that never reached a dying executor count as failures"},
    BugEntry{Bug::spark_42577, "nothing limits how often a stage is run again"},
    BugEntry{Bug::spark_45182,
             "an older attempt of an indeterminate stage still registers its outputs"},
    BugEntry{Bug::spark_50648, "tasks of a waiting stage survive the end of its job"},
    BugEntry{Bug::spark_51272, "results of before a new try of an indeterminate stage are kept"},
};

}  // namespace

std::span<const BugEntry> bugs() {
    return entries;
}

std::string to_text(Bug bug) {
    return fmt::format("SPARK-{}", static_cast<std::uint32_t>(bug));
}

Bug bug_named(std::string_view ticket) {
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const BugEntry& entry) {
        return to_text(entry.bug) == ticket;
    });
    return found == entries.end() ? Bug::none : found->bug;
}

}  // namespace forkyard
