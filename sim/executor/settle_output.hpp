// Commits or drops what an attempt has saved, as the driver tells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "sim/executor/running_task.hpp"
#include "sim/host/wire.hpp"

namespace forkyard::sim {

// `find`: the attempt, if it is still at work. `answer`: for one that commits. False: the
// message is cut off.
[[nodiscard]] bool settle_output(
    wire::Unpacker in,
    const std::function<std::shared_ptr<RunningTask>(std::uint32_t ticket)>& find,
    const std::function<void(std::span<const std::byte> bytes)>& answer);

}  // namespace forkyard::sim
