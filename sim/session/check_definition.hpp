// What a driver program asks for, before anybody believes it: whether it can be defined.
#pragma once

#include <string>

#include "core/event.hpp"
#include "core/plan/program.hpp"

namespace forkyard::sim {

// Empty: it can, whichever functions there are. The text is for who wrote the program.
[[nodiscard]] std::string why_undefinable(const Program& program, const DatasetDefined& event);
[[nodiscard]] std::string why_undefinable(const Program& program, const JobDefined& event);
[[nodiscard]] std::string why_undefinable(const Program& program, const DatasetUnpersisted& event);
[[nodiscard]] std::string why_undefinable(const Program& program, const DatasetMarked& event);
[[nodiscard]] std::string why_undefinable(const Program& program, const CheckpointDefined& event);
[[nodiscard]] std::string why_undefinable(const Program& program, const DatasetCheckpointed& event);
// Whether this binary has the function, if it names one, and that takes these arguments.
[[nodiscard]] std::string why_no_function(const DatasetDefined& event);
[[nodiscard]] std::string why_no_function(const JobDefined& event);

}  // namespace forkyard::sim
