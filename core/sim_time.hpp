// Simulated time: whole microseconds since the start of the run.
//
// SimClock has no now(), so code in core/ cannot ask what time it is: each event
// brings its time along.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace forkyard {

struct SimClock {
    using rep = std::int64_t;
    using period = std::micro;
    using duration = std::chrono::duration<rep, period>;
    using time_point = std::chrono::time_point<SimClock>;
    static constexpr bool is_steady = true;
};

using SimDuration = SimClock::duration;
using SimTime = SimClock::time_point;

inline constexpr SimTime time_never{SimDuration{std::numeric_limits<std::int64_t>::max()}};
// The longest duration, 142 years: a thousand of them can be added up.
inline constexpr SimDuration duration_forever{std::int64_t{1} << 52U};

[[nodiscard]] constexpr std::int64_t micros(SimTime t) {
    return t.time_since_epoch().count();
}
[[nodiscard]] constexpr std::int64_t micros(SimDuration d) {
    return d.count();
}

// Whole multiples of a period, on which beats and polls fall: the first at or after an
// instant, the last before it.
[[nodiscard]] constexpr SimTime multiple_from(SimTime t, SimDuration period) {
    return SimTime{period * ((micros(t) + micros(period) - 1) / micros(period))};
}
[[nodiscard]] constexpr SimTime multiple_before(SimTime t, SimDuration period) {
    return SimTime{period * ((micros(t) - 1) / micros(period))};
}

}  // namespace forkyard
