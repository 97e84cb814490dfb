// forkyard reference and forkyard policies: what the program's own tables say.
#include <cstdio>
#include <string_view>

#include <fmt/format.h>

#include "core/data/functions.hpp"
#include "core/model/bug.hpp"
#include "core/policy/registry.hpp"
#include "sim/scenario/reference.hpp"
#include "sim/session/program_registry.hpp"
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

void print_programs() {
    for (const ProgramInfo* program : sim::programs()) {
        fmt::print("{:<18} {}\n", program->name, program->help);
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

constexpr std::string_view plugin_help = R"(
exec:COMMAND   a program of your own, such as exec:python3 policy.py
plugin:FILE    a shared library of your own, such as plugin:libpolicy.so

A program reads an event a line and writes an answer a line, as JSON:
    {"seq":0,"event":"begin","protocol":1,"seed":1,"nodes":[...],"apps":[...],"config":{...}}
    {"seq":7,"time":1500000,"event":"executor.requested","app":"etl","total":4}
and answers
    {"seq":7,"actions":[{"action":"executor.launch","app":"etl","node":"w-1","cores":2,
                         "memory":1073741824}]}
Events: worker.joined worker.lost worker.draining worker.files worker.heartbeat app.submitted
    app.ended executor.requested executor.registered executor.exited executor.lost
    executor.disconnected executor.decommissioning driver.started driver.lost timer, with the
    journal's keys (forkyard reference records).
Actions: executor.launch executor.kill executor.decommission app.remove driver.launch
    manager.note fault.inject, with the journal's keys; timer with `at` or `in`, in
    microseconds.
Chance: {"seq":7,"choose":{"label":"node for etl","n":3}} is answered {"seq":7,"pick":1}.

A library has a class with handle(Host&, const Event&) and FORKYARD_POLICY(Class, "name"), from
forkyard_policy.hpp; find_package(forkyard COMPONENTS policy) and forkyard_add_policy(NAME
SOURCE...) build it.

Both do the same for the same events. scenarios/plugins has an example of each, and a README
with all of it.
)";

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
    } else if (topic == "programs") {
        print_programs();
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
    fmt::print("{}", plugin_help);
    return 0;
}

}  // namespace forkyard::tools
