// Hand-made traces of TPC-H queries for the tests of the import.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

namespace forkyard::sim::testing {

// One executor count of a stage; the lists as JSON without their brackets.
struct Measured {
    std::string executors;
    std::string first;
    std::string rest;
    std::string fresh;
};

inline std::string stage_of(int id, int tasks, const std::vector<Measured>& measured) {
    std::string counts;
    for (const Measured& one : measured) {
        counts += fmt::format(R"({}"{}":{{"first":[{}],"rest":[{}],"fresh":[{}]}})",
                              counts.empty() ? "" : ",",
                              one.executors,
                              one.first,
                              one.rest,
                              one.fresh);
    }
    return fmt::format(R"({{"id":{},"spark_stage_id":{},"tasks":{},"durations_ms":{{{}}}}})",
                       id,
                       id,
                       tasks,
                       counts);
}

inline std::string trace_of(const std::string& edges,
                            const std::vector<std::string>& stages,
                            int query = 3,
                            const std::string& size = "2g") {
    return fmt::format(R"({{"format":"tpch-trace/1","query":{},"size":"{}",)"
                       "\"executor_counts\":[5],\"edges\":[{}],\"stages\":[\n{}\n]}}\n",
                       query,
                       size,
                       edges,
                       fmt::join(stages, ",\n"));
}

// Two maps, then a reduce of one task.
inline std::string small_trace(int query = 3, const std::string& size = "2g") {
    return trace_of("[0,2],[1,2]",
                    {stage_of(0, 3, {{"5", "30,20", "10", ""}}),
                     stage_of(1, 2, {{"5", "7,7", "", ""}}),
                     stage_of(2, 1, {{"5", "1000", "", ""}})},
                    query,
                    size);
}

}  // namespace forkyard::sim::testing
