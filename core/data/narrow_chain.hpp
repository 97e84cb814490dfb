// Narrow steps one behind the other, record by record: each goes through all of them before
// the next one comes, so memory does not grow with the partition (DP-RDD-04).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/functions.hpp"
#include "core/data/stage_program.hpp"
#include "core/data/value.hpp"

namespace forkyard {

struct RunningStep {
    NarrowKind kind = NarrowKind::map;
    const FunctionInfo* info = nullptr;
    Arguments args;
    std::uint64_t* records_in = nullptr;  // counts those that enter it
};

[[nodiscard]] Computed<const FunctionInfo*> resolve(const Apply& step);

class NarrowChain final : public Emitter {
public:
    // A failure is told in `error`, and no more records are wanted. All must outlive it.
    NarrowChain(std::vector<RunningStep> steps, Emitter& out, std::string& error)
        : steps_{std::move(steps)}, out_{out}, error_{error} {}

    [[nodiscard]] bool emit(Value&& record) override { return push(std::move(record), 0); }

private:
    // What a flat_map emits into: the steps after it.
    class Rest final : public Emitter {
    public:
        Rest(NarrowChain& chain, std::size_t at) : chain_{chain}, at_{at} {}
        [[nodiscard]] bool emit(Value&& record) override {
            return chain_.push(std::move(record), at_);
        }

    private:
        NarrowChain& chain_;
        std::size_t at_;
    };

    [[nodiscard]] bool push(Value&& record, std::size_t at);
    [[nodiscard]] bool apply(const RunningStep& step, Value& record);
    [[nodiscard]] bool spread(const RunningStep& step, const Value& record, std::size_t at);
    [[nodiscard]] bool fail_at(const RunningStep& step, std::string_view why);

    std::vector<RunningStep> steps_;
    Emitter& out_;
    std::string& error_;
};

}  // namespace forkyard
