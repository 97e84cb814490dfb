// One function for each verb: takes the flags, prints, answers the exit status.
#pragma once

#include <string>
#include <vector>

#include "sim/session/sdk/forkyard/session.hpp"
#include "tools/options.hpp"

namespace forkyard::tools {

int run_command(const RunFlags& flags);
int check_command(const RunFlags& flags);
int verify_command(const RunFlags& flags);
int replay_command(const std::string& journal,
                   const std::string& policy_folder,
                   bool unsealed,
                   bool quiet);
int why_command(const std::string& journal,
                const std::string& record,
                const std::string& policy_folder);
int bench_command(const BenchFlags& flags);
int program_command(const ProgramInfo& program);
int policies_command();
int reference_command(const std::string& topic);

}  // namespace forkyard::tools
