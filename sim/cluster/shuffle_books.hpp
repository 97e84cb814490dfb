// Where map outputs are and how big they are, as the driver has them registered.
//
// A copy of the drivers' registries, made from their actions, so that the world need
// not ask them. Views are shared by all tasks launched between two changes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/action.hpp"
#include "core/ids.hpp"
#include "core/model/map_sizes.hpp"
#include "sim/cluster/block_migration.hpp"
#include "sim/host/executor_host.hpp"

namespace forkyard::sim {

// A partition of a shuffle that a task reads, with where it was when the task was launched.
struct PartView {
    std::shared_ptr<const ShuffleView> view;
    std::uint32_t partition = 0;
    [[nodiscard]] const ShuffleView* operator->() const { return view.get(); }
};

class ShuffleBooks {
public:
    void declare(AppId app, ShuffleId shuffle, std::uint32_t maps);
    void add(const RegisterMapOutput& action);
    void remove(const UnregisterMapOutput& action);
    // Real outputs only: bytes by reduce partition.
    void set_sizes(AppId app,
                   ShuffleId shuffle,
                   std::uint32_t map,
                   std::vector<std::int64_t> sizes,
                   const MapSizesConf& conf);

    [[nodiscard]] std::shared_ptr<const ShuffleView> view(AppId app, ShuffleId shuffle);
    // Of an output, and of one of its regions; 0 before they are known.
    [[nodiscard]] std::int64_t size(AppId app, ShuffleId shuffle, std::uint32_t map) const;
    [[nodiscard]] std::int64_t size(AppId app,
                                    ShuffleId shuffle,
                                    std::uint32_t map,
                                    std::uint32_t partition) const;
    // Of a region, as its reader is told: the driver remembers sizes coarsely.
    [[nodiscard]] std::int64_t told(AppId app,
                                    ShuffleId shuffle,
                                    std::uint32_t map,
                                    std::uint32_t partition) const {
        return shuffles_[app.index()][shuffle.index()].told[map].of(partition);
    }
    [[nodiscard]] bool holds(AppId app, ShuffleId shuffle, ExecutorId exec) const;
    // Invalid: nobody has it.
    [[nodiscard]] ExecutorId holder(AppId app, ShuffleId shuffle, std::uint32_t map) const {
        return shuffles_[app.index()][shuffle.index()].holders[map];
    }
    // All that it holds, by shuffle and map.
    [[nodiscard]] std::vector<MapOutput> outputs_of(AppId app, ExecutorId exec) const;

private:
    struct Shuffle {
        std::vector<ExecutorId> holders;
        std::vector<std::vector<std::int64_t>> sizes;
        std::vector<MapSizes> told;
        std::shared_ptr<const ShuffleView> view;  // null: changed since the last one
    };
    [[nodiscard]] Shuffle& at(AppId app, ShuffleId shuffle) {
        return shuffles_[app.index()][shuffle.index()];
    }

    std::vector<std::vector<Shuffle>> shuffles_;  // by application, by number
};

}  // namespace forkyard::sim
