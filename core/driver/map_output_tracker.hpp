// Which executor holds which map output: the driver's registry.
//
// Every removal raises the epoch; a task carries the epoch of its launch, so that a
// late success from an executor that was lost meanwhile can be told and ignored.
// It knows nothing of bytes on the wire or of who fetches them.
//
// In Spark: MapOutputTrackerMaster.
#pragma once

#include <cstdint>
#include <vector>

#include "core/ids.hpp"
#include "core/step.hpp"

namespace forkyard {

class MapOutputTracker {
public:
    explicit MapOutputTracker(AppId app) : app_{app} {}

    void add_shuffle(ShuffleId shuffle, std::uint32_t maps);
    void register_output(Step& step, ShuffleId shuffle, std::uint32_t partition, ExecutorId exec);
    // Removes the output only if its location equals the one named; raises the epoch
    // either way, as Spark does.
    void unregister_output(Step& step, ShuffleId shuffle, std::uint32_t partition, ExecutorId exec);
    void remove_outputs_on(Step& step, ExecutorId exec);
    void raise_epoch() { ++epoch_; }

    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
    [[nodiscard]] bool available(ShuffleId shuffle) const;
    [[nodiscard]] ExecutorId location(ShuffleId shuffle, std::uint32_t partition) const;
    [[nodiscard]] std::vector<std::uint32_t> missing(ShuffleId shuffle) const;
    [[nodiscard]] std::uint64_t digest() const { return digest_; }

private:
    struct Shuffle {
        std::vector<ExecutorId> locations;  // by map partition; invalid: missing
        std::uint32_t registered = 0;
    };
    void clear(Step& step, ShuffleId shuffle, std::uint32_t partition);
    void flip(ShuffleId shuffle, std::uint32_t partition, ExecutorId exec);

    AppId app_;
    std::vector<Shuffle> shuffles_;
    std::uint64_t epoch_ = 0;
    std::uint64_t digest_ = 0;  // of what is registered, in no order
};

}  // namespace forkyard
