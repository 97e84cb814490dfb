// How far from its preferred places a task set may launch by now: delay scheduling.
//
// The set begins at its most local level that any executor could serve, and goes one
// level down when nothing is left to run at the present one, or when it has waited there
// for spark.locality.wait. The timer is set back by launches that used what was offered
// (SCH-TSI-07), or, with legacyResetOnTaskLaunch, by every launch.
//
// In Spark: the locality levels and timers of TaskSetManager.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "core/action.hpp"
#include "core/model/conf.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

class LocalityWait {
public:
    // `waits`: false for sets that take any place at once.
    LocalityWait(const LocalityConf& conf, SimTime now, bool waits = true)
        : conf_{&conf}, waits_{waits}, since_{now} {}

    // The levels that live executors can serve, most local first; `any` is the last.
    void set_levels(std::vector<Locality> levels, Bug bug = Bug::none);
    [[nodiscard]] bool broken() const { return broken_; }  // with SPARK-2931

    [[nodiscard]] const std::vector<Locality>& levels() const { return levels_; }
    [[nodiscard]] Locality level() const { return levels_[at_]; }

    // The widest level allowed now. `left(level)`: whether a task still waits there.
    template <class Left>
    Locality allowed(SimTime now, const Left& left) {
        while (at_ + 1 < levels_.size()) {
            if (!left(levels_[at_])) {
                since_ = now;
            } else if (now - since_ >= wait(levels_[at_])) {
                since_ += wait(levels_[at_]);
            } else {
                break;
            }
            ++at_;
        }
        return levels_[at_];
    }

    // When the present level is given up if nothing happens; none at the last level.
    [[nodiscard]] std::optional<SimTime> gives_up_at() const {
        return at_ + 1 < levels_.size() ? std::optional{since_ + wait(levels_[at_])} : std::nullopt;
    }

    // Strict again, from this level on.
    void reset(SimTime now, Locality level) {
        since_ = now;
        at_ = index_of(level);
    }

private:
    [[nodiscard]] std::size_t index_of(Locality level) const;
    [[nodiscard]] SimDuration wait(Locality level) const;

    const LocalityConf* conf_;
    bool waits_;
    std::vector<Locality> levels_{Locality::any};
    std::size_t at_ = 0;
    bool broken_ = false;
    SimTime since_;
};

}  // namespace forkyard
