// How a driver tells an executor process where its slot is: one environment variable,
// so that the command line stays readable in `ps`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

namespace forkyard::sim {

struct Plumbing {
    static constexpr const char* name = "FORKYARD_SLOT";

    int memory_fd = -1;
    int doorbell_fd = -1;
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    pid_t driver = 0;

    [[nodiscard]] std::string environment() const;  // "FORKYARD_SLOT=..."
    // Takes it out of the environment, so that no grandchild inherits it.
    [[nodiscard]] static std::optional<Plumbing> take_from_environment();
};

}  // namespace forkyard::sim
