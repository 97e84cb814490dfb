// Which running tasks of one task set deserve a second copy.
//
// Told of durations of the set's own successes; asked, for a running attempt, from when
// on it is slow. Spark looks every spark.speculation.interval; here the instant is
// computed, so that nobody has to look in vain. Launching copies is the task set's.
//
// In Spark: the speculation check of TaskSetManager, with its MedianHeap and
// TaskProcessRateCalculator.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/model/conf.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// The middle one of a growing collection of durations.
class RunningMedian {
public:
    explicit RunningMedian(bool upper) : upper_{upper} {}

    void add(SimDuration duration);
    [[nodiscard]] std::uint64_t count() const { return low_.size() + high_.size(); }
    // Of an even number the upper of the two in the middle, or their mean; not of none.
    [[nodiscard]] SimDuration value() const;

private:
    bool upper_;
    std::vector<SimDuration> low_;   // max-heap: the lower half, rounded down
    std::vector<SimDuration> high_;  // min-heap
};

// How far an attempt has come, as it reported last.
struct TaskProgress {
    std::int64_t records = 0;
    SimDuration run{0};
};

class Speculation {
public:
    // `tasks` of the set; `slots`: tasks that one executor runs at once.
    Speculation(const SpeculationConf& conf, std::uint32_t tasks, std::uint32_t slots);

    void add_success(SimDuration duration, std::int64_t records, SimDuration run);
    [[nodiscard]] std::uint64_t successes() const { return durations_.count(); }

    // What the set's attempts are held against at present; none: nothing yet.
    struct Limit {
        SimDuration threshold{0};           // slow beyond this
        SimDuration regardless{0};          // and beyond this whatever the progress
        std::optional<SimDuration> median;  // none: the fixed threshold of a tiny stage
    };
    [[nodiscard]] std::optional<Limit> limit() const;
    // Whether so many tasks done are enough to hold the others against them.
    [[nodiscard]] bool enough(std::uint64_t done) const;

    // The first instant at which an attempt with this progress counts as slow.
    [[nodiscard]] SimTime slow_from(const Limit& limit,
                                    SimTime launched,
                                    const TaskProgress& progress) const;

    // The first look at or after this instant.
    [[nodiscard]] SimTime next_look(SimTime from) const;

private:
    [[nodiscard]] bool lags(const TaskProgress& progress) const;

    SpeculationConf conf_;
    std::uint32_t tasks_;
    std::uint32_t slots_;
    RunningMedian durations_;
    std::int64_t records_ = 0;  // of successes
    SimDuration run_{0};
};

}  // namespace forkyard
