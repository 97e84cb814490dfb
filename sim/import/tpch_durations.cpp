#include "sim/import/tpch_durations.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>

#include "core/check.hpp"
#include "core/random.hpp"

namespace forkyard::sim {

namespace {

using Times = std::vector<SimDuration>;

// The counts that the published simulators use; the traces hold a few more.
constexpr std::array<std::uint32_t, 8> data_points{5, 10, 20, 40, 50, 60, 80, 100};

// The lists to take from at one executor count; neither is empty.
struct Waves {
    const Times* first = nullptr;
    const Times* rest = nullptr;
};

// `all` without `removed`, each as often as it occurs there.
Times without(const Times& all, const Times& removed) {
    std::map<SimDuration, std::size_t> left;
    for (const SimDuration time : removed) {
        ++left[time];
    }
    Times kept;
    for (const SimDuration time : all) {
        const auto found = left.find(time);
        if (found != left.end() && found->second > 0) {
            --found->second;
        } else {
            kept.push_back(time);
        }
    }
    return kept;
}

class StageTimes {
public:
    explicit StageTimes(const TpchStage& stage) : stage_{stage} {
        FORKYARD_CHECK(!stage.measured.empty(), "a traced stage was measured at least once");
        for (const TpchStage::Measured& measured : stage.measured) {
            warm_.push_back(without(measured.first, measured.fresh));
        }
    }

    [[nodiscard]] Waves at(std::uint32_t executors) const {
        const std::size_t index = index_of(executors);
        const Times& first = first_wave(index);
        const Times& rest = stage_.measured[index].rest;
        return {&first, rest.empty() ? &first : &rest};
    }

private:
    [[nodiscard]] std::size_t index_of(std::uint32_t executors) const {
        const auto& measured = stage_.measured;
        const auto found = std::find_if(measured.begin(), measured.end(), [&](const auto& one) {
            return one.executors == executors;
        });
        return found == measured.end() ? measured.size() - 1
                                       : static_cast<std::size_t>(found - measured.begin());
    }

    // Warm times of this count or of the next lower one that has any. A stage that was always
    // the first on its executors has none: then the cold ones are all that is known.
    [[nodiscard]] const Times& first_wave(std::size_t index) const {
        for (std::size_t lower = index + 1; lower-- > 0;) {
            if (!warm_[lower].empty()) {
                return warm_[lower];
            }
        }
        const TpchStage::Measured& measured = stage_.measured[index];
        return measured.fresh.empty() ? measured.rest : measured.fresh;
    }

    const TpchStage& stage_;
    std::vector<Times> warm_;  // by index of stage_.measured
};

}  // namespace

MeasuredNeighbours measured_neighbours(std::uint32_t executors) {
    const auto upper = std::lower_bound(data_points.begin(), data_points.end(), executors);
    if (upper == data_points.end()) {
        return {data_points.back(), data_points.back()};
    }
    if (*upper == executors || upper == data_points.begin()) {
        return {*upper, *upper};
    }
    return {*std::prev(upper), *upper};
}

std::vector<SimDuration> partition_durations(const TpchStage& stage,
                                             std::uint32_t executors,
                                             std::uint64_t key) {
    const StageTimes times{stage};
    const auto [lower, upper] = measured_neighbours(executors);
    const Waves at_lower = times.at(lower);
    const Waves at_upper = times.at(upper);
    const std::uint32_t first_wave = std::min(executors, stage.tasks);
    Times durations(stage.tasks);
    for (std::uint32_t p = 0; p < stage.tasks; ++p) {
        const bool takes_upper =
            lower != upper && draw_below(key, p, upper - lower) < executors - lower;
        const Waves& waves = takes_upper ? at_upper : at_lower;
        const Times& list = p < first_wave ? *waves.first : *waves.rest;
        durations[p] = list[(p < first_wave ? p : p - first_wave) % list.size()];
    }
    return durations;
}

}  // namespace forkyard::sim
