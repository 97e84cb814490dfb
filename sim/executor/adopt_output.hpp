// Taking over a map output that another executor has written.
#pragma once

#include <optional>

#include "sim/executor/block_store.hpp"
#include "sim/host/wire.hpp"

namespace forkyard::sim {

// Reads what the driver points to, and puts it into the store. None: the message makes no sense.
// The error: it cannot be read any more, or there is no room.
[[nodiscard]] Result<std::optional<wire::Adopted>> adopt_output(BlockStore& store,
                                                                wire::Unpacker in);

}  // namespace forkyard::sim
