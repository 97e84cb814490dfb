#include "core/driver/speculation.hpp"

#include <algorithm>
#include <functional>

#include "core/check.hpp"
#include "core/int128.hpp"

namespace forkyard {

namespace {

// Whole microseconds, rounded down: what is compared is strictly longer.
SimDuration times(SimDuration duration, Millionths factor) {
    return SimDuration{
        static_cast<std::int64_t>(int128{duration.count()} * factor.count / one.count)};
}

}  // namespace

void RunningMedian::add(SimDuration duration) {
    if (high_.empty() || duration >= high_.front()) {
        high_.push_back(duration);
        std::push_heap(high_.begin(), high_.end(), std::greater{});
    } else {
        low_.push_back(duration);
        std::push_heap(low_.begin(), low_.end());
    }
    if (high_.size() > low_.size() + 1) {
        std::pop_heap(high_.begin(), high_.end(), std::greater{});
        low_.push_back(high_.back());
        high_.pop_back();
        std::push_heap(low_.begin(), low_.end());
    } else if (low_.size() > high_.size()) {
        std::pop_heap(low_.begin(), low_.end());
        high_.push_back(low_.back());
        low_.pop_back();
        std::push_heap(high_.begin(), high_.end(), std::greater{});
    }
}

SimDuration RunningMedian::value() const {
    FORKYARD_CHECK(!high_.empty(), "the median of something");
    if (upper_ || high_.size() > low_.size()) {
        return high_.front();
    }
    return (low_.front() + high_.front()) / 2;
}

Speculation::Speculation(const SpeculationConf& conf, std::uint32_t tasks, std::uint32_t slots)
    : conf_{conf}, tasks_{tasks}, slots_{slots}, durations_{conf.upper_median} {}

void Speculation::add_success(SimDuration duration, std::int64_t records, SimDuration run) {
    durations_.add(duration);
    records_ += records;
    run_ += run;
}

bool Speculation::enough(std::uint64_t done) const {
    const auto quantile = static_cast<std::uint64_t>(int128{tasks_} * conf_.quantile.count /
                                                     one.count);  // rounded down
    return tasks_ > 1 && done >= std::max<std::uint64_t>(quantile, 1);
}

std::optional<Speculation::Limit> Speculation::limit() const {
    if (enough(durations_.count())) {
        const SimDuration median = durations_.value();
        const SimDuration threshold = std::max(times(median, conf_.multiplier), conf_.runtime_min);
        return Limit{threshold,
                     conf_.efficiency ? times(threshold, conf_.long_run_factor) : threshold,
                     median};
    }
    if (conf_.duration_threshold && tasks_ <= slots_) {  // SCH-TSM-31
        return Limit{*conf_.duration_threshold, *conf_.duration_threshold, std::nullopt};
    }
    return std::nullopt;
}

SimTime Speculation::slow_from(const Limit& limit,
                               SimTime launched,
                               const TaskProgress& progress) const {
    const bool passes = !limit.median || !conf_.efficiency || lags(progress);
    return launched + (passes ? limit.threshold : limit.regardless) + SimDuration{1};
}

// Slower than the set's average by the configured factor (SCH-TSM-32). Until a success
// has read records there is no average, and every attempt lags.
bool Speculation::lags(const TaskProgress& progress) const {
    if (records_ == 0 || run_ == SimDuration{0} || progress.run == SimDuration{0}) {
        return true;
    }
    return int128{progress.records} * run_.count() * one.count <
           int128{records_} * progress.run.count() * conf_.process_rate_multiplier.count;
}

SimTime Speculation::next_look(SimTime from) const {
    return multiple_from(from, conf_.interval);
}

}  // namespace forkyard
