#include "tools/caught_signal.hpp"

#include <atomic>
#include <csignal>

namespace forkyard::tools {

namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a handler has no other way
std::atomic<int> caught{0};

void take(int number) {
    caught = number;
}

}  // namespace

void catch_signals() {
    struct sigaction action {};
    action.sa_handler = take;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

int caught_signal() {
    return caught.load();
}

}  // namespace forkyard::tools
