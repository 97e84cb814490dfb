// Computes one task of a stage program, record by record: each record goes through all
// narrow steps before the next one is read, so memory does not grow with the partition.
//
// Pure: where bytes come from is TaskInput's matter. The same program, partition and
// input give the same output bytes, on any attempt and any executor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/spill_store.hpp"
#include "core/data/stage_program.hpp"
#include "core/data/task_memory.hpp"
#include "core/data/value.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

struct FileBytes {
    std::string_view bytes;   // decompressed
    std::int64_t stored = 0;  // how many they are where they are stored
};

// What a task may read. The bytes stay valid while the task is computed.
class TaskInput {
public:
    virtual ~TaskInput() = default;
    // The whole file; the error says why there is none, without its name.
    [[nodiscard]] virtual Computed<FileBytes> file(const std::string& path) = 0;
    // That partition's region of each map output, by map index; empty ones may be left out.
    [[nodiscard]] virtual std::vector<std::string_view> blocks(ShuffleId shuffle,
                                                               std::uint32_t partition) = 0;
    // The value of a broadcast variable, as long as it is held; the error says why there is none.
    [[nodiscard]] virtual Computed<std::shared_ptr<const Value>> broadcast(BroadcastId id) = 0;
    // The records of a kept partition, in batches; none: it is to be computed.
    [[nodiscard]] virtual std::optional<std::string_view> kept(RddBlock block) = 0;
};

// A partition that is to be kept, as a task computed it: its records in batches.
struct MadeBlock {
    RddBlock block;
    std::string bytes;
};

// The rows of a reduce partition, in batches (core/data/batch_format.hpp): those that were spilled,
// where the task's spill store has them, and then those in memory. No rows, no bytes.
struct Region {
    std::vector<std::string_view> spilled;
    std::vector<std::string> batches;
    bool operator==(const Region&) const = default;

    // One behind the other.
    [[nodiscard]] std::vector<std::string_view> pieces() const {
        std::vector<std::string_view> all = spilled;
        all.insert(all.end(), batches.begin(), batches.end());
        return all;
    }
    [[nodiscard]] std::size_t size() const {
        std::size_t all = 0;
        for (const std::string_view piece : spilled) {
            all += piece.size();
        }
        for (const std::string& batch : batches) {
            all += batch.size();
        }
        return all;
    }
};

struct TaskOutput {
    std::vector<Region> regions;  // shuffle sink: by reduce partition
    std::vector<std::uint64_t> region_records;
    // Result and sample sinks: encoded rows for the driver. count, save and
    // a checkpoint give one integer, take n at most n rows, top n its n best, reduce at most one,
    // foreach none.
    std::string result;
    std::uint64_t result_records = 0;
    // Action save: the lines of the partition's file. A checkpoint: its records in batches.
    std::string saved;
    // Of the datasets that are to be kept, in the order in which they were computed.
    std::vector<MadeBlock> made;
    // Records that entered each dataset of the program: of a source those that it produced.
    std::vector<std::uint64_t> records_in;
    std::uint64_t records_read = 0;  // from sources, shuffles and kept partitions
    std::uint64_t records_out = 0;   // that reached the sink
    SimDuration cost{0};             // of all steps, at speed 1
    // What was added to each accumulator, by number; to none after the last.
    std::vector<std::int64_t> accumulated;
    SpillSizes spilled;
};

// The error is why the task fails, naming the step.
[[nodiscard]] Computed<TaskOutput> compute_task(const StageProgram& program,
                                                std::uint32_t partition,
                                                TaskInput& input,
                                                SpillStore& spills);

}  // namespace forkyard
