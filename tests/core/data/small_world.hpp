// A cluster of one thread for the tests of the data plane: programs run stage by
// stage, blocks stay in memory.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "core/data/batch_builder.hpp"
#include "core/data/compute_task.hpp"
#include "core/data/file_splits.hpp"
#include "core/data/merge_results.hpp"
#include "core/data/value_codec.hpp"
#include "core/data/value_text.hpp"

namespace forkyard::test {

inline Value n(std::int64_t integer) {
    return Value{integer};
}
inline Value t(std::string_view text) {
    return Value{text};
}
inline Value p(Value first, Value second) {
    return Value{std::move(first), std::move(second)};
}
inline Value l(List list) {
    return Value{std::move(list)};
}

inline std::string batches_of(const List& rows) {
    BatchWriter writer;
    for (const Value& row : rows) {
        (void)writer.add(row);
    }
    return joined(writer.take_all());
}

class MemorySpills final : public SpillStore {
public:
    [[nodiscard]] std::size_t runs() const { return runs_.size(); }

    std::size_t room = SIZE_MAX;
    std::size_t lost = 0;  // bytes at the end of each run

private:
    [[nodiscard]] Computed<void> write(std::string_view bytes) override {
        if (bytes.size() > room) {
            return tl::make_unexpected(std::string{"the disk is full"});
        }
        room -= bytes.size();
        open_ += bytes;
        return {};
    }

    [[nodiscard]] Computed<std::string_view> end_run() override {
        runs_.push_back(std::move(open_));
        open_.clear();
        return std::string_view{runs_.back()}.substr(0, runs_.back().size() - lost);
    }

    std::string open_;
    std::deque<std::string> runs_;
};

class MemoryInput final : public TaskInput {
public:
    // As it is, whatever its name says.
    [[nodiscard]] Computed<FileBytes> file(const std::string& path) override {
        const auto found = files.find(path);
        if (found == files.end()) {
            return tl::make_unexpected(std::string{"is not there"});
        }
        return FileBytes{found->second, static_cast<std::int64_t>(found->second.size())};
    }
    [[nodiscard]] std::vector<std::string_view> blocks(ShuffleId /*the only one*/,
                                                       std::uint32_t partition) override {
        std::vector<std::string_view> out;
        for (const TaskOutput& map : maps) {
            const std::vector<std::string_view> pieces = map.regions.at(partition).pieces();
            out.insert(out.end(), pieces.begin(), pieces.end());
        }
        return out;
    }

    [[nodiscard]] Computed<std::shared_ptr<const Value>> broadcast(BroadcastId id) override {
        const auto found = broadcasts.find(id);
        if (found == broadcasts.end()) {
            return tl::make_unexpected(std::string{"there is no such broadcast"});
        }
        return found->second;
    }
    [[nodiscard]] std::optional<std::string_view> kept(RddBlock block) override {
        const auto found = blocks_kept.find(block);
        return found == blocks_kept.end() ? std::nullopt
                                          : std::optional<std::string_view>{found->second};
    }

    std::map<std::string, std::string, std::less<>> files;
    std::vector<TaskOutput> maps;
    std::map<RddBlock, std::string> blocks_kept;
    std::map<BroadcastId, std::shared_ptr<const Value>> broadcasts;
    MemorySpills spills;
};

// ---- stages that are a chain of steps

struct From {
    Operator op;
    std::uint32_t partitions = 1;
};
inline From range(std::int64_t start,
                  std::int64_t end,
                  std::int64_t step,
                  std::uint32_t partitions) {
    return {RangeSource{start, end, step}, partitions};
}
inline From values(List rows, std::uint32_t partitions) {
    return {ValuesSource{std::move(rows)}, partitions};
}
inline From text(const std::string& path, Bytes size, std::uint32_t partitions_min) {
    FileSource source;
    source.files = {{path, path, size}};
    const std::vector<FileExtent> extents{{size}};
    source.partitions = text_partitions(extents, partitions_min);
    const auto partitions = static_cast<std::uint32_t>(source.partitions.size());
    return {std::move(source), partitions};
}
inline From shuffled(ByKey kind, Call call, bool descending, std::uint32_t partitions) {
    return {ShuffleRead{0, {kind, std::move(call)}, descending}, partitions};
}

inline ComputedDataset step(NarrowKind kind, std::string function, std::vector<Value> args = {}) {
    return {Apply{kind, {std::move(function), std::move(args)}}, {}, 1, {}};
}

inline StageProgram program(From from, std::vector<ComputedDataset> steps, Sink sink) {
    StageProgram out;
    out.datasets.push_back({std::move(from.op), {}, from.partitions, {}});
    for (ComputedDataset& each : steps) {
        each.parents = {static_cast<std::uint32_t>(out.datasets.size() - 1)};
        each.partitions = from.partitions;
        out.datasets.push_back(std::move(each));
    }
    out.shuffles = {ShuffleId{0}};
    out.sink = std::move(sink);
    return out;
}

// All tasks of the stage, in partition order.
inline std::vector<TaskOutput> run_stage(const StageProgram& program, MemoryInput& input) {
    std::vector<TaskOutput> out;
    for (std::uint32_t partition = 0; partition < program.datasets.back().partitions; ++partition) {
        Computed<TaskOutput> task = compute_task(program, partition, input, input.spills);
        REQUIRE_MESSAGE(task.has_value(), (task ? "" : task.error()));
        out.push_back(std::move(*task));
    }
    return out;
}

inline Computed<Value> merged(const StageProgram& program, const std::vector<TaskOutput>& tasks) {
    const auto& sink = std::get<ResultSink>(program.sink);
    std::vector<std::string_view> results;
    for (const TaskOutput& task : tasks) {
        results.emplace_back(task.result);
    }
    return merge_results(sink.action, sink.args, results);
}

// The answer of a stage that reads no shuffle, as text.
inline std::string answer(const StageProgram& program, MemoryInput& input) {
    const Computed<Value> value = merged(program, run_stage(program, input));
    return value ? to_text(*value) : "error: " + value.error();
}
inline std::string answer(const StageProgram& program) {
    MemoryInput input;
    return answer(program, input);
}

// Why the only task fails.
inline std::string failure(const StageProgram& program) {
    MemoryInput input;
    const Computed<TaskOutput> task = compute_task(program, 0, input, input.spills);
    return task ? "no failure" : task.error();
}

}  // namespace forkyard::test
