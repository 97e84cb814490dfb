// forkyard reference and forkyard policies: what the program's own tables say.
#include <cstdio>

#include <fmt/format.h>

#include "core/data/functions.hpp"
#include "core/model/bug.hpp"
#include "core/policy/registry.hpp"
#include "sim/scenario/reference.hpp"
#include "tools/commands.hpp"

namespace forkyard::tools {

namespace {

struct ExitRow {
    Exit exit;
    const char* help;
};

constexpr ExitRow exit_rows[] = {
    {Exit::ok, "all as expected, also a failure that [expect] wants"},
    {Exit::failed,
     "an application or an expectation failed, an invariant broke, a fault took no effect"},
    {Exit::inconclusive, "a time limit or budget was reached, or nothing can happen any more"},
    {Exit::divergence,
     "divergence, nondeterminism, or an executor process that died by itself under the virtual "
     "clock"},
    {Exit::stale, "a stale journal, or one of a newer schema"},
    {Exit::usage, "wrong usage"},
    {Exit::bad_input, "bad input file"},
    {Exit::missing_input, "an input file is missing or cannot be read"},
    {Exit::unavailable, "a needed component is missing"},
    {Exit::internal, "internal error"},
    {Exit::cannot_write, "a journal or report cannot be written"},
    {Exit::interrupted, "interrupted (SIGINT); cleaned up, the journal is readable"},
    {Exit::terminated, "terminated (SIGTERM); cleaned up, the journal is readable"},
};

void print_functions() {
    for (const std::string_view name : function_names()) {
        fmt::print("{:<18} {}\n", name, find_function(name)->help);
    }
}

void print_bugs() {
    for (const BugEntry& entry : bugs()) {
        fmt::print("{:<12} {}\n", to_text(entry.bug), entry.effect);
    }
}

void print_exits() {
    for (const ExitRow& row : exit_rows) {
        fmt::print("{:>4}  {}\n", static_cast<int>(row.exit), row.help);
    }
}

}  // namespace

int reference_command(const std::string& topic) {
    if (topic == "scenario") {
        fmt::print("{}", sim::reference_scenario());
    } else if (topic == "conf") {
        fmt::print("{}", sim::reference_conf());
    } else if (topic == "faults") {
        fmt::print("{}", sim::reference_faults());
    } else if (topic == "records") {
        fmt::print("{}", sim::reference_records());
    } else if (topic == "functions") {
        print_functions();
    } else if (topic == "bugs") {
        print_bugs();
    } else {
        print_exits();
    }
    return 0;
}

int policies_command() {
    for (const PolicyInfo& policy : policies()) {
        fmt::print("{:<14} {}\n", policy.name, policy.help);
    }
    return 0;
}

}  // namespace forkyard::tools
