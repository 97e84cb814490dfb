// The texts of `forkyard reference`, made from the tables that the program itself
// uses, so that they cannot say anything else than what it does.
#pragma once

#include <string>

namespace forkyard::sim {

[[nodiscard]] std::string reference_scenario();  // every key of a scenario file
[[nodiscard]] std::string reference_conf();      // every property
[[nodiscard]] std::string reference_faults();    // every kind of fault
[[nodiscard]] std::string reference_records();   // every kind of journal record

}  // namespace forkyard::sim
