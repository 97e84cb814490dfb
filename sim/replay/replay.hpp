// Feeds a journal's inputs to fresh schedulers and compares every decision.
//
// Events, recorded choices and faults are the inputs; actions, state digests and broken
// invariants are computed anew and must be the same. The first difference is kept with
// what is needed to understand it. No executor, clock or file of the scenario is needed, but
// for a policy of the user's own, which is asked again if it is there: a journal stands alone.
// Results of jobs are not in it, so they are not judged here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/launch_witness.hpp"
#include "core/report/run_report.hpp"
#include "core/result.hpp"
#include "sim/journal/journal_reader.hpp"

namespace forkyard::sim {

struct Divergence {
    std::uint64_t seq = 0;
    SimTime time;
    std::string event;      // the line of the event at which it shows
    std::string event_now;  // as the schedulers complete it now, if that differs
    struct Pair {
        std::string recorded;  // empty: none
        std::string now;
        // A recorded line may have keys that this version does not know.
        bool agrees = false;
        [[nodiscard]] bool same() const { return agrees || recorded == now; }
    };
    std::vector<Pair> decisions;   // of the event, in order; or its broken invariants
    std::optional<Pair> state;     // its S line, if it has one
    std::uint64_t state_same = 0;  // the last event after which digests agreed; 0: none
    std::string last_choice;       // the last one before, if there was one
    std::string note;              // what else to know
};

struct ReplayReport {
    std::uint64_t records = 0;  // that agreed
    std::uint64_t events = 0;
    std::uint64_t digest = 0;
    std::optional<Divergence> divergence;
    std::vector<std::string> warnings;
    std::optional<std::string> verdict;  // recorded
    int exit = 0;                        // recorded
    RunReport report;                    // the summary of what was replayed; no results of jobs
};

// Told of every record as it is replayed, in order: for folds beside summary and
// invariants, which replay has by itself. Decisions are those made now.
class ReplayObserver {
public:
    virtual ~ReplayObserver() = default;
    virtual void on(EventHead head, const Event& event) = 0;
    virtual void on(ActionHead head, SimTime time, const Action& action) = 0;
    virtual void on(EventHead head, const FaultRecord& fault) = 0;
    virtual void on(ActionHead head, SimTime time, const Violation& broken) = 0;
    // Who is told what the launches of this event were chosen from; null: nobody.
    [[nodiscard]] virtual LaunchWitness* witness(EventHead /*head*/) { return nullptr; }
};

// `policy_folder`: where a plug-in is looked for; where it is not there, or the folder is "-",
// its actions are taken as given.
[[nodiscard]] Result<ReplayReport> replay(const JournalFile& journal,
                                          ReplayObserver* observer = nullptr,
                                          const std::string& policy_folder = ".");

// The divergence, recorded and now side by side where that fits; empty if there is none.
[[nodiscard]] std::string to_text(const ReplayReport& report);

}  // namespace forkyard::sim
