// The driver program of an application: its name, and what it is given.
#include <utility>
#include <vector>

#include "sim/scenario/builders.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/session/program_registry.hpp"

namespace forkyard::sim {

void build_program(const TableReader& app, DataFiles files, AppSpec& out, Diagnostics& problems) {
    if (!app.has("program")) {
        return;
    }
    const TableReader table = app.table("program");
    ProgramSpec spec;
    spec.name = table.text("name");
    // A journal has what it asked for: nobody needs the program.
    if (files == DataFiles::look && table.has("name") && find_program(spec.name) == nullptr) {
        std::vector<std::string> known;
        for (const ProgramInfo* program : programs()) {
            known.emplace_back(program->name);
        }
        report_unknown("program", spec.name, table.at("name"), known, problems);
    }
    for (const TreeMember& member : table.self()->members) {
        if (member.key == "name") {
            continue;
        }
        if (!member.value.is_value() || member.value.is(TreeKind::other) ||
            member.value.is(TreeKind::boolean)) {
            problems.error(member.value.at,
                           "an argument of a program is a number or a text",
                           "write several as a text, for the program to take apart");
            continue;
        }
        spec.args.emplace(member.key, argument_of(member.value));
    }
    out.program = std::move(spec);
}

}  // namespace forkyard::sim
