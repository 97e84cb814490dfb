#include "sim/session/program_registry.hpp"

#include <algorithm>
#include <array>
#include <span>

extern "C" {
// The linker's: where the section begins and ends. Null where nobody has added any.
[[gnu::weak]] extern const forkyard::ProgramInfo* const __start_forkyard_programs[];
[[gnu::weak]] extern const forkyard::ProgramInfo* const __stop_forkyard_programs[];
}

namespace forkyard::sim {

namespace {

constexpr std::array own_programs{
    ProgramInfo{"kmeans", "W6: rounds of assigning 900 points to 4 centres", kmeans},
    ProgramInfo{"pagerank", "W3: ranks of a star, round by round", pagerank},
};

}  // namespace

std::vector<const ProgramInfo*> added_programs() {
    return {__start_forkyard_programs, __stop_forkyard_programs};
}

std::vector<const ProgramInfo*> programs() {
    std::vector<const ProgramInfo*> all = added_programs();
    for (const ProgramInfo& own : own_programs) {
        all.push_back(&own);
    }
    std::sort(all.begin(), all.end(), [](const ProgramInfo* a, const ProgramInfo* b) {
        return a->name < b->name;
    });
    return all;
}

const ProgramInfo* find_program(std::string_view name) {
    for (const ProgramInfo* program : programs()) {
        if (program->name == name) {
            return program;
        }
    }
    return nullptr;
}

}  // namespace forkyard::sim
