// What a dataset is made of, as text: a line for each dataset, from the last one back.
//
//     (2) ShuffledRDD[4] at reduce_by_key []
//      +-(3) MapPartitionsRDD[3] at map_values []
//         |  MapPartitionsRDD[2] at key_by []
//         |  ParallelCollectionRDD[0] at range []
//
// Behind a shuffle lines stand further in, with its number of partitions; in brackets how the
// dataset that was asked for is kept, on each line. What executors keep of one is a line below it.
//
// In Spark: RDD.toDebugString, of which all is as it is printed but for what is not known here:
// the places in source files, and how many bytes are kept.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/ids.hpp"
#include "core/plan/lineage.hpp"

namespace forkyard {

// `kept`: how many partitions executors keep under a number.
[[nodiscard]] std::string lineage_text(const Lineage& lineage,
                                       DatasetId dataset,
                                       const std::function<std::uint32_t(RddId)>& kept);

}  // namespace forkyard
