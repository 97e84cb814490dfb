// forkyard bench policy: how many events a second a policy of the user's own answers.
#pragma once

#include <string>

#include "core/result.hpp"
#include "tools/bench_figures.hpp"

namespace forkyard::tools {

// `policy`: as in cluster.manager, seen from the working directory.
[[nodiscard]] Result<void> bench_policy(Figures& figures, const std::string& policy);

}  // namespace forkyard::tools
