#include "tools/progress.hpp"

#include <cstdio>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "core/report/readable.hpp"

namespace forkyard::tools {

Progress::Progress(std::string name, bool wanted)
    : name_{std::move(name)},
      on_{wanted && isatty(STDERR_FILENO) == 1},
      next_{std::chrono::steady_clock::now() + std::chrono::seconds{1}} {}

void Progress::show(SimTime now, std::uint64_t events) {
    const auto wall = std::chrono::steady_clock::now();
    if (!on_ || wall < next_) {
        return;
    }
    next_ = wall + std::chrono::milliseconds{200};
    shown_ = true;
    fmt::print(
        stderr, "\r\033[K{}: {} events, at {}", name_, events, readable(now.time_since_epoch()));
    std::fflush(stderr);
}

void Progress::clear() {
    if (shown_) {
        fmt::print(stderr, "\r\033[K");
        std::fflush(stderr);
        shown_ = false;
    }
}

}  // namespace forkyard::tools
