// The partitions that an executor's tasks made to be kept. They wait here until the model of
// its block manager, which the driver has, says which are kept and where; then they are in its
// store, and go from memory to disk or away as it says.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/data/compute_task.hpp"
#include "core/result.hpp"
#include "sim/executor/block_store.hpp"
#include "sim/host/wire.hpp"

namespace forkyard::sim {

class KeptBlocks {
public:
    // `store` must outlive it.
    explicit KeptBlocks(BlockStore& store) : store_{store} {}

    void hold(std::uint32_t ticket, std::vector<MadeBlock> made);
    // The messages keep and place. False: they make no sense. An error is the system's.
    [[nodiscard]] Result<bool> keep(wire::Unpacker in);
    [[nodiscard]] Result<bool> place(wire::Unpacker in);

private:
    BlockStore& store_;
    std::map<std::uint32_t, std::vector<MadeBlock>> made_;  // by ticket
};

}  // namespace forkyard::sim
