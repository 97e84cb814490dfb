// A cluster of one thread for the tests of the data plane: programs run stage by
// stage, blocks stay in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "core/data/compute_task.hpp"
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

class MemoryInput final : public TaskInput {
public:
    [[nodiscard]] std::string_view file(std::string_view /*path*/) override { return text; }
    [[nodiscard]] std::vector<std::string_view> blocks(ShuffleId /*shuffle*/) override {
        std::vector<std::string_view> out;
        for (const TaskOutput& map : maps) {
            out.emplace_back(map.regions.at(partition));
        }
        return out;
    }

    std::string text;
    std::vector<TaskOutput> maps;
    std::uint32_t partition = 0;
};

// All tasks of the stage, in partition order.
inline std::vector<TaskOutput> run_stage(const StageProgram& program, MemoryInput& input) {
    std::vector<TaskOutput> out;
    for (std::uint32_t partition = 0; partition < partitions_of(program.source); ++partition) {
        input.partition = partition;
        Computed<TaskOutput> task = compute_task(program, partition, input);
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
    const Computed<TaskOutput> task = compute_task(program, 0, input);
    return task ? "no failure" : task.error();
}

}  // namespace forkyard::test
