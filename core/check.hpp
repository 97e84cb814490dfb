// CHECK: our own bugs abort loudly, in every build.
//
// The message names the condition and the place in the journal, so that the run
// can be replayed up to the fault. Errors of the world (files, processes) are
// Result<T>; failures of the simulated cluster are events. Neither uses CHECK.
#pragma once

#include <cstdint>
#include <string_view>

namespace forkyard {

// Where the journal stands: set by whoever feeds events, printed by a failed CHECK.
void set_check_position(std::uint64_t event_seq, std::int64_t time_us) noexcept;

[[noreturn]] void check_failed(const char* condition,
                               const char* file,
                               int line,
                               std::string_view message);

}  // namespace forkyard

#define FORKYARD_CHECK(condition, message)                                       \
    do {                                                                         \
        if (!(condition)) [[unlikely]] {                                         \
            ::forkyard::check_failed(#condition, __FILE__, __LINE__, (message)); \
        }                                                                        \
    } while (false)
