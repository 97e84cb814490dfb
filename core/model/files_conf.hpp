// How the files of a table are cut into tasks: spark.sql.files.*.
#pragma once

#include <cstdint>
#include <optional>

#include "core/model/units.hpp"

namespace forkyard {

struct FilesConf {
    Bytes partition_max{std::int64_t{128} << 20};   // spark.sql.files.maxPartitionBytes
    Bytes open_cost{std::int64_t{4} << 20};         // spark.sql.files.openCostInBytes
    std::optional<std::uint32_t> partitions_min{};  // ...minPartitionNum; none: the parallelism
    std::optional<std::uint32_t> partitions_max{};  // spark.sql.files.maxPartitionNum
    bool operator==(const FilesConf&) const = default;
};

}  // namespace forkyard
