// Clusters, and what applications ask of them, in a few words.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/model/units.hpp"
#include "tests/builders/lines.hpp"

namespace forkyard {

struct WorkerSize {
    std::uint32_t cores = 10;
    std::int64_t memory_mib = 4096;
};

inline Bytes mebibytes(std::int64_t count) {
    return Bytes{count << 20};
}

// What an application asks of a cluster; the rest is as Spark has it.
struct Wish {
    std::int64_t memory_mib = 256;
    std::optional<std::uint32_t> executor_cores{};
    std::optional<std::uint32_t> cores_max{};
};

using Cores = std::vector<std::uint32_t>;

}  // namespace forkyard
