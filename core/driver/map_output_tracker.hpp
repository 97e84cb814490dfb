// Which executor holds which map output: the driver's registry.
//
// Every removal raises the epoch; a task carries the epoch of its launch, so that a
// late success from an executor that was lost meanwhile can be told and ignored.
// It knows nothing of bytes on the wire or of who fetches them.
//
// In Spark: MapOutputTrackerMaster.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/ids.hpp"
#include "core/model/map_sizes.hpp"
#include "core/step.hpp"

namespace forkyard {

class MapOutputTracker {
public:
    // Shuffles are numbered from `first` on.
    MapOutputTracker(AppId app, const MapSizesConf& conf, std::uint32_t first = 0)
        : app_{app}, conf_{conf}, shuffles_(first) {}

    void add_shuffle(ShuffleId shuffle, std::uint32_t maps);
    // `sizes`: by reducer; empty where they are not told.
    void register_output(Step& step,
                         ShuffleId shuffle,
                         std::uint32_t partition,
                         ExecutorId exec,
                         std::span<const std::int64_t> sizes = {});
    // Its executor has passed the output on to another (SCH-MAP-05).
    void move_output(Step& step, ShuffleId shuffle, std::uint32_t partition, ExecutorId exec);
    // Removes the output only if its location equals the one named; raises the epoch
    // either way, as Spark does.
    void unregister_output(Step& step, ShuffleId shuffle, std::uint32_t partition, ExecutorId exec);
    void unregister_all(Step& step, ShuffleId shuffle);
    // Of all shuffles, those whose executor `gone` says yes to.
    void remove_outputs(Step& step, const std::function<bool(ExecutorId)>& gone);
    void raise_epoch() { ++epoch_; }

    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
    [[nodiscard]] bool available(ShuffleId shuffle) const;
    [[nodiscard]] ExecutorId location(ShuffleId shuffle, std::uint32_t partition) const;
    // As remembered: rounded, or 0 where it was not told.
    [[nodiscard]] std::int64_t size(ShuffleId shuffle,
                                    std::uint32_t partition,
                                    std::uint32_t reducer) const {
        const auto& sizes = shuffles_[shuffle.index()].sizes;
        return partition < sizes.size() ? sizes[partition].of(reducer) : 0;
    }
    [[nodiscard]] std::vector<std::uint32_t> missing(ShuffleId shuffle) const;
    [[nodiscard]] std::uint64_t digest() const { return digest_; }

private:
    struct Shuffle {
        std::vector<ExecutorId> locations;  // by map partition; invalid: missing
        std::uint32_t registered = 0;
        std::vector<MapSizes> sizes{};  // by map partition, as far as they were told
    };
    void clear(Step& step, ShuffleId shuffle, std::uint32_t partition);
    void flip(ShuffleId shuffle, std::uint32_t partition, ExecutorId exec);

    AppId app_;
    MapSizesConf conf_;
    std::vector<Shuffle> shuffles_;
    std::uint64_t epoch_ = 0;
    std::uint64_t digest_ = 0;  // of what is registered, in no order
};

}  // namespace forkyard
