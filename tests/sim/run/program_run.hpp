// Runs of driver programs within the test's process: what they hear, and what their jobs were.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/session/sdk/forkyard/session.hpp"
#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::testing {

using Texts = std::vector<std::string>;

// What programs have heard since the last run began.
inline Texts& heard() {
    static Texts lines;
    return lines;
}

inline void hear(const Value& value) {
    heard().push_back(to_text(value));
}

inline void hear_error(const std::function<void()>& action) {
    try {
        action();
        heard().emplace_back("no error");
    } catch (const SessionError& error) {
        heard().emplace_back(error.what());
    }
}

inline std::string program_scenario(const std::string& program,
                                    const std::string& faults = "",
                                    const std::string& arguments = "") {
    return "format = 1\n" + faults +
           "[[cluster.worker]]\nname = \"w\"\ncount = 2\ncores = 2\nmemory = \"4g\"\n[conf]\n"
           "\"spark.executor.memory\" = \"1g\"\n[[app]]\nname = \"a\"\n[app.program]\nname = \"" +
           program + "\"\n" + arguments;
}

inline InlineRun run_program(const std::string& program,
                             const std::string& faults = "",
                             const std::string& arguments = "") {
    heard().clear();
    return InlineRun{program_scenario(program, faults, arguments)};
}

inline std::string kill_at(const std::string& when) {
    return "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e2\"\nat = \"" + when + "\"\n";
}

// The names of jobs, in the order in which they were submitted.
inline Texts jobs_of(const InlineRun& run) {
    Texts names;
    for (const std::string& line : run.records.of(" job.submitted ")) {
        const std::size_t begin = line.find(" name=") + 6;
        const std::size_t end =
            line[begin] == '"' ? line.find('"', begin + 1) + 1 : line.find(' ', begin);
        names.push_back(line.substr(begin, end - begin));
        std::erase(names.back(), '"');
    }
    return names;
}

// The records of this kind from the n-th submission of a job, from 0 on, to the next.
inline Texts records_of(const InlineRun& run, std::size_t n, const std::string& kind) {
    Texts found;
    std::size_t submitted = 0;
    for (const std::string& line : run.records.lines) {
        submitted += line.find(" job.submitted ") != std::string::npos ? 1 : 0;
        if (submitted == n + 1 && line.find(" " + kind + " ") != std::string::npos) {
            found.push_back(line);
        }
    }
    return found;
}

// The tasks of each stage of a job that ran.
inline std::vector<int> stages_of(const InlineRun& run, std::size_t n) {
    std::vector<int> tasks;
    for (const std::string& line : records_of(run, n, "stage.submit")) {
        tasks.push_back(std::stoi(line.substr(line.find(" tasks=") + 7)));
    }
    return tasks;
}

inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace forkyard::sim::testing
