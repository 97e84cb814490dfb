// Where the records of a task end: regions of a shuffle, the answer to an action, a
// sample of sort keys, the file of a checkpoint.
#pragma once

#include <cstdint>
#include <memory>

#include "core/data/compute_task.hpp"
#include "core/data/spillable.hpp"
#include "core/data/stage_program.hpp"
#include "core/data/value.hpp"

namespace forkyard {

class RecordSink {
public:
    virtual ~RecordSink() = default;
    // False: no more are wanted.
    [[nodiscard]] virtual Computed<bool> accept(Value record) = 0;
    // Once, after the last record.
    [[nodiscard]] virtual Computed<void> finish(TaskOutput& out) = 0;
};

// Functions and arguments are checked here, before the first record.
[[nodiscard]] Computed<std::unique_ptr<RecordSink>> make_sink(const Sink& sink,
                                                              std::uint32_t partition,
                                                              const TaskRoom& room);
// Which of Spark's three a map task has (DP-SHUF-01): records as they come, each to its partition;
// sorted by partition as bytes, as ours always can be; or as objects, since they are combined. Here
// the last two are one.
// In Spark: SortShuffleManager.registerShuffle.
enum class ShuffleWriter : std::uint8_t { bypass, serialized, sort };
[[nodiscard]] ShuffleWriter shuffle_writer(const ShuffleSink& sink, const MemoryLimits& limits);
[[nodiscard]] Computed<std::unique_ptr<RecordSink>> make_shuffle_sink(const ShuffleSink& sink,
                                                                      const TaskRoom& room);
[[nodiscard]] Computed<std::unique_ptr<RecordSink>> make_result_sink(const ResultSink& sink);

}  // namespace forkyard
