// What the driver makes of the results of a job's tasks.
//
// Partitions are merged in partition order, so an answer does not depend on which task
// ended first (Spark merges a reduce in order of arrival).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/data/value.hpp"
#include "core/model/application.hpp"

namespace forkyard {

// `partitions`: TaskOutput::result of each partition, in partition order.
// count and save: the number of records; collect, take and top: a list; first and
// reduce: a record, or an error where there is none; foreach and run: none.
// top is descending by record, key or value; records that tie come in ascending order.
[[nodiscard]] Computed<Value> merge_results(ActionKind action,
                                            std::span<const Value> args,
                                            std::span<const std::string_view> partitions);

}  // namespace forkyard
