// Names of the journal, for the texts of findings: s1.0, s1.0/p3#0.
#pragma once

#include <string>

#include "core/ids.hpp"

namespace forkyard::invariants {

[[nodiscard]] std::string name_of(StageAttempt stage);
[[nodiscard]] std::string name_of(TaskAttempt task);

}  // namespace forkyard::invariants
