#include "tools/progress.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "core/report/readable.hpp"

namespace forkyard::tools {

namespace {

// Of the terminal, as the shell says.
std::uint32_t columns() {
    constexpr std::uint32_t columns_max = 1000;
    const char* given = std::getenv("COLUMNS");
    const std::string_view text = given == nullptr ? "" : given;
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const bool is_count = error == std::errc{} && end == text.data() + text.size() && count > 0;
    return is_count ? std::min(count, columns_max) : ConsoleProgress::columns_preset;
}

}  // namespace

Progress::Progress(const Scenario& scenario, bool line)
    : bar_{scenario, columns()},
      name_{scenario.name},
      on_{line && !bar_.wanted() && isatty(STDERR_FILENO) == 1},
      next_{std::chrono::steady_clock::now() + std::chrono::seconds{1}} {}

void Progress::print_bar() {
    const std::string text = bar_.take();
    if (!text.empty()) {
        fmt::print(stderr, "{}", text);
        std::fflush(stderr);
    }
}

void Progress::show(SimTime now, std::uint64_t events) {
    if (bar_.wanted()) {
        bar_.advance(now);
        print_bar();
    }
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
    bar_.wipe();
    print_bar();
    if (shown_) {
        fmt::print(stderr, "\r\033[K");
        std::fflush(stderr);
        shown_ = false;
    }
}

}  // namespace forkyard::tools
