// The registered functions: what a step of a dataset may name.
//
// Explicit tables (function_tables.hpp); executors are the same binary, so a name is all
// that travels, and nothing can be captured by mistake. One function may serve several
// kinds of step: a map serves key_by, map_values and sort_by too, a predicate used as a
// map gives 1 or 0, a combiner used as a map folds a list. Wrong types are a failure of
// the task (an error text), never an abort. Integers wrap around as the JVM's do.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/value.hpp"
#include "core/ids.hpp"
#include "core/model/application.hpp"

namespace forkyard {

// What a function is called with beside its record. The value of a broadcast variable, which
// tasks share, comes last.
class Arguments {
public:
    Arguments() = default;
    template <class Values>
    requires std::convertible_to<const Values&, std::span<const Value>>
    Arguments(const Values& own, const Value* shared = nullptr) : own_{own}, shared_{shared} {}

    [[nodiscard]] std::size_t size() const { return own_.size() + (shared_ != nullptr ? 1 : 0); }
    [[nodiscard]] bool empty() const { return size() == 0; }
    [[nodiscard]] const Value& operator[](std::size_t i) const {
        return i < own_.size() ? own_[i] : *shared_;
    }

private:
    std::span<const Value> own_{};
    const Value* shared_ = nullptr;
};

// Takes the records that a flat_map gives; false: stop, no more are wanted.
class Emitter {
public:
    virtual ~Emitter() = default;
    [[nodiscard]] virtual bool emit(Value&& record) = 0;
};

using MapFunction = Computed<Value> (*)(Value record, Arguments args);
using TestFunction = Computed<bool> (*)(const Value& record, Arguments args);
// false when the emitter wants no more.
using FlatMapFunction = Computed<bool> (*)(const Value& record, Arguments args, Emitter& out);
// Merges `next`, which came later, into `into`.
using CombineFunction = Computed<void> (*)(Value& into, const Value& next, Arguments args);

enum class FunctionKind { map, filter, flat_map, combine, aggregate };

struct FunctionInfo {
    std::string_view name;
    std::string_view help;
    std::uint32_t args_min = 0;
    std::uint32_t args_max = 0;
    // Null where the function cannot serve that kind of step.
    MapFunction map = nullptr;
    TestFunction filter = nullptr;
    FlatMapFunction flat_map = nullptr;
    CombineFunction combine = nullptr;
    // Of an aggregate: puts a value into what there is so far, where that is another thing than
    // merging two of those. Null: it is not.
    CombineFunction add = nullptr;

    [[nodiscard]] bool serves(FunctionKind kind) const;
};

[[nodiscard]] const FunctionInfo* find_function(std::string_view name);
[[nodiscard]] std::vector<std::string_view> function_names();  // sorted

// The kind of function that a step of this kind calls; none: it calls no function.
[[nodiscard]] std::optional<FunctionKind> function_kind_of(StepKind kind);

// A registered function with its arguments, ready to be sent.
struct Call {
    std::string function;
    std::vector<Value> args{};
    std::optional<BroadcastId> broadcast{};  // whose value is the last argument
    bool operator==(const Call&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.function, self.args, self.broadcast);
    }
};

// The function of the call if it exists, serves the kind and takes that many arguments.
[[nodiscard]] Computed<const FunctionInfo*> resolve(const Call& call, FunctionKind kind);

// The error starts with the function's name: "sum: cannot add a text and an integer".
// `how`: instead of the function's own combine, if not null.
[[nodiscard]] Computed<void> combine_into(Value& into,
                                          const Value& next,
                                          const FunctionInfo& info,
                                          Arguments args,
                                          CombineFunction how = nullptr);
[[nodiscard]] Computed<Value> map_record(Value record, const FunctionInfo& info, Arguments args);

[[nodiscard]] Value value_of(const Argument& argument);
[[nodiscard]] std::vector<Value> values_of(std::span<const Argument> arguments);

}  // namespace forkyard
