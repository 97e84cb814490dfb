// Feeds a journal's inputs to fresh schedulers and compares every decision.
//
// Events, recorded choices and faults are the inputs; actions, state digests and broken
// invariants are computed anew and must be the same. The first difference is kept with
// what is needed to understand it. No executor, clock or file of the scenario is needed:
// a journal stands alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/report/run_report.hpp"
#include "core/result.hpp"
#include "sim/journal/journal_reader.hpp"

namespace forkyard::sim {

struct Divergence {
    std::uint64_t seq = 0;
    SimTime time;
    std::string event;  // the line of the event at which it shows
    struct Pair {
        std::string recorded;  // empty: none
        std::string now;
        [[nodiscard]] bool same() const { return recorded == now; }
    };
    std::vector<Pair> decisions;  // of the event, in order
    std::optional<Pair> state;    // the digests that differ
    std::string last_choice;      // the last one before, if there was one
    std::string note;             // what else to know
};

struct ReplayReport {
    std::uint64_t records = 0;  // that agreed
    std::uint64_t events = 0;
    std::uint64_t digest = 0;
    std::optional<Divergence> divergence;
    std::vector<std::string> warnings;
    std::optional<std::string> verdict;  // recorded
    RunReport report;                    // the summary of what was replayed; no results of jobs
};

[[nodiscard]] Result<ReplayReport> replay(const JournalFile& journal);

[[nodiscard]] std::string to_text(const Divergence& divergence, std::uint64_t records);

}  // namespace forkyard::sim
