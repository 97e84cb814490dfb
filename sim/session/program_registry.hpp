// The driver programs that this binary has: those of forkyard, and those that FORKYARD_PROGRAM
// has added.
#pragma once

#include <string_view>
#include <vector>

#include "sim/session/sdk/forkyard/session.hpp"

namespace forkyard::sim {

[[nodiscard]] std::vector<const ProgramInfo*> programs();  // by name
[[nodiscard]] std::vector<const ProgramInfo*> added_programs();
[[nodiscard]] const ProgramInfo* find_program(std::string_view name);  // null: none

// Those of forkyard: sim/session/programs.
void kmeans(Session& session);
void pagerank(Session& session);

}  // namespace forkyard::sim
