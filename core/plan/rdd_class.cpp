#include "core/plan/rdd_class.hpp"

#include <type_traits>
#include <variant>

namespace forkyard {

std::string_view rdd_class(const Operator& op) {
    return std::visit(
        [](const auto& of) -> std::string_view {
            using Op = std::decay_t<decltype(of)>;
            if constexpr (std::is_same_v<Op, FileSource>) {
                return of.format == FileFormat::text ? "HadoopRDD" : "FileScanRDD";
            } else if constexpr (std::is_same_v<Op, RangeSource> ||
                                 std::is_same_v<Op, ValuesSource> ||
                                 std::is_same_v<Op, GeneratedSource>) {
                return "ParallelCollectionRDD";
            } else if constexpr (std::is_same_v<Op, Sample>) {
                return "PartitionwiseSampledRDD";
            } else if constexpr (std::is_same_v<Op, Union>) {
                return of.paired ? "PartitionerAwareUnionRDD" : "UnionRDD";
            } else if constexpr (std::is_same_v<Op, Coalesce>) {
                return "CoalescedRDD";
            } else if constexpr (std::is_same_v<Op, Cartesian>) {
                return "CartesianRDD";
            } else if constexpr (std::is_same_v<Op, Zip>) {
                return "ZippedPartitionsRDD2";
            } else if constexpr (std::is_same_v<Op, ShuffleRead>) {
                return "ShuffledRDD";
            } else if constexpr (std::is_same_v<Op, CoGroup>) {
                return "CoGroupedRDD";
            } else if constexpr (std::is_same_v<Op, LostCheckpoint>) {
                return "LocalCheckpointRDD";
            } else if constexpr (std::is_same_v<Op, CheckpointSource>) {
                return "ReliableCheckpointRDD";
            } else {
                return "MapPartitionsRDD";
            }
        },
        op);
}

}  // namespace forkyard
