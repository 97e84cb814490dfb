#include "core/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace forkyard {

namespace {

// The one piece of mutable global state: where a failed CHECK says it happened.
// It decides nothing; it is only ever printed.
struct Position {
    std::uint64_t event_seq = 0;
    std::int64_t time_us = 0;
};
thread_local Position position;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

}  // namespace

void set_check_position(std::uint64_t event_seq, std::int64_t time_us) noexcept {
    position = {event_seq, time_us};
}

void check_failed(const char* condition, const char* file, int line, std::string_view message) {
    std::fprintf(stderr,
                 "forkyard: %s:%d: internal error: %.*s (%s) at journal event %llu, time %lld us\n"
                 "this is a bug in forkyard: please report it with the scenario and the journal\n",
                 file,
                 line,
                 static_cast<int>(message.size()),
                 message.data(),
                 condition,
                 static_cast<unsigned long long>(position.event_seq),
                 static_cast<long long>(position.time_us));
    std::fflush(stderr);
    std::abort();
}

}  // namespace forkyard
