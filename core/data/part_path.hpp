// The file of a partition in a folder of them, named as Hadoop and Spark do.
#pragma once

#include <cstdint>
#include <string>

#include <fmt/format.h>

namespace forkyard {

[[nodiscard]] inline std::string part_path(const std::string& folder, std::uint32_t partition) {
    return fmt::format("{}/part-{:05}", folder, partition);
}

}  // namespace forkyard
