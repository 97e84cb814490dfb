// Starts executor processes, says how they ended, and binds them to their driver.
//
// Boost.Process does the vfork and exec; the handle is given up at once, so that no
// destructor of Boost's ever kills or waits. Reaping is ours, and of known pids only:
// other children of this process are nobody's business here. There is no descriptor a
// child, so a thousand fit into the default limit on open files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "core/result.hpp"

namespace forkyard::sim {

struct ChildExit {
    enum class Kind : std::uint8_t {
        exited,  // code: the exit status
        killed,  // code: the signal
    };
    Kind kind = Kind::exited;
    int code = 0;

    friend bool operator==(const ChildExit&, const ChildExit&) = default;
    // "exited with status 3", "killed by SIGKILL (9)"
    [[nodiscard]] std::string text() const;
};

struct ChildCommand {
    std::string binary = {};             // a path
    std::vector<std::string> argv = {};  // as `ps` shows it, the name of the program first
    // "NAME=value", each replacing what this process has under that name.
    std::vector<std::string> added_environment = {};
    std::vector<int> inherited_fds = {};  // every other descriptor must be close-on-exec
    pid_t group = 0;                      // the process group to join; 0 makes one of its own
    std::string folder = {};              // to work in; empty: this process's own
    int standard_input = -1;              // of this process's descriptors; -1: its own
    int standard_output = -1;
    bool dies_with_driver = false;  // SIGKILL, for a program that does not bind itself
};

// Errors: the binary cannot be run, limits on processes and memory. Call it from a
// thread that lives as long as the driver: the child dies with the thread.
[[nodiscard]] Result<pid_t> start_child(const ChildCommand& command);

// How the child ended, once; nothing while it runs. Also nothing for a strange pid.
[[nodiscard]] std::optional<ChildExit> reap(pid_t pid) noexcept;
// The pid of some child that has ended and is not reaped yet, be it ours or not.
[[nodiscard]] std::optional<pid_t> peek_ended_child() noexcept;
// Waits for the end of a child that has been killed.
ChildExit reap_killed(pid_t pid) noexcept;

// In the child's main: from now on it dies with its driver (SIGKILL). False if the
// driver was gone already, and then the child must end.
[[nodiscard]] bool bind_to_driver(pid_t expected_ppid) noexcept;

}  // namespace forkyard::sim
