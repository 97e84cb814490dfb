// Why a record of a journal is there: the reason it carries, what its task waited for, the
// candidates of a launch, and the chain of what led to it, back to the scenario.
//
// Reasons and waits stand in the journal; candidates come from the schedulers themselves,
// which are replayed up to the decision.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sim/journal/journal_reader.hpp"

namespace forkyard::sim {

// `record`: an event (15), a decision (15.3), or a task attempt (s1.0/p0#0, with several
// applications etl:s1.0/p0#0), whose launch is meant. 64: there is no such record.
[[nodiscard]] Result<std::string> explain_record(const JournalFile& journal,
                                                 std::string_view record,
                                                 const std::string& policy_folder = ".");

}  // namespace forkyard::sim
