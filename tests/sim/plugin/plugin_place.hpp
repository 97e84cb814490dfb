// Scenarios with a policy of the user's own, and the policies of tests/plugins beside them.
#pragma once

#include <filesystem>
#include <string>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing {

inline std::string scenario_with(const std::string& manager, const std::string& more = "") {
    return "format = 1\n[cluster]\nmanager = \"" + manager + "\"\nexecutor_start = \"100ms\"\n" +
           more + R"(
[[cluster.worker]]
name = "w"
count = 3
cores = 4
memory = "8g"
[conf]
"spark.executor.cores" = 2
"spark.cores.max" = 8
[[app]]
name = "etl"
conf = { "spark.dynamicAllocation.enabled" = true, "spark.dynamicAllocation.maxExecutors" = 4 }
[[app.stage]]
name = "map"
tasks = 40
duration = "300ms"
shuffle_write = "1m"
[[app.stage]]
name = "reduce"
tasks = 8
parents = ["map"]
duration = "200ms"
)";
}

// `file` is libpolicy.so or policy_child.
inline void put(const Workplace& place, const char* built, const std::string& file) {
    std::filesystem::create_directories(place.path(file).parent_path());
    std::filesystem::copy_file(built, place.path(file));
}

// tests/plugins/policy_child.cpp, where it was built.
inline std::string child(const std::string& mode) {
    return "exec:" FORKYARD_POLICY_CHILD " " + mode;
}

}  // namespace forkyard::cli_testing
