#include "core/data/functions.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/data/function_tables.hpp"
#include "core/data/guarded.hpp"

extern "C" {
// The linker's: where the section begins and ends. Null where nothing has been added.
[[gnu::weak]] extern const forkyard::FunctionInfo* const __start_forkyard_functions[];
[[gnu::weak]] extern const forkyard::FunctionInfo* const __stop_forkyard_functions[];
}

namespace forkyard {

namespace {

std::array<std::span<const FunctionInfo>, 6> tables() {
    return {general_functions(),
            number_functions(),
            text_functions(),
            combining_functions(),
            workload_functions(),
            program_functions()};
}

// What FORKYARD_FUNCTION has added to this binary (sim/session).
std::span<const FunctionInfo* const> added_functions() {
    return {__start_forkyard_functions, __stop_forkyard_functions};
}

std::string_view kind_text(FunctionKind kind) {
    switch (kind) {
        case FunctionKind::map:
            return "a map";
        case FunctionKind::filter:
            return "a predicate";
        case FunctionKind::flat_map:
            return "a flat map";
        case FunctionKind::combine:
            return "a combiner of two values";
        case FunctionKind::aggregate:
            return "an aggregate";
    }
    return "?";
}

std::string arity_text(const FunctionInfo& info) {
    if (info.args_min == info.args_max) {
        return fmt::format("{} argument{}", info.args_min, info.args_min == 1 ? "" : "s");
    }
    return fmt::format("{} to {} arguments", info.args_min, info.args_max);
}

}  // namespace

bool FunctionInfo::serves(FunctionKind kind) const {
    switch (kind) {
        case FunctionKind::map:
            return map != nullptr;
        case FunctionKind::filter:
            return filter != nullptr;
        case FunctionKind::flat_map:
            return flat_map != nullptr;
        case FunctionKind::combine:
            return combine != nullptr && add == nullptr;
        case FunctionKind::aggregate:
            return combine != nullptr;
    }
    return false;
}

const FunctionInfo* find_function(std::string_view name) {
    for (const std::span<const FunctionInfo> table : tables()) {
        for (const FunctionInfo& info : table) {
            if (info.name == name) {
                return &info;
            }
        }
    }
    for (const FunctionInfo* added : added_functions()) {
        if (added->name == name) {
            return added;
        }
    }
    return nullptr;
}

std::vector<std::string_view> function_names() {
    std::vector<std::string_view> names;
    for (const std::span<const FunctionInfo> table : tables()) {
        for (const FunctionInfo& info : table) {
            names.push_back(info.name);
        }
    }
    for (const FunctionInfo* added : added_functions()) {
        names.push_back(added->name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::optional<FunctionKind> function_kind_of(StepKind kind) {
    switch (kind) {
        case StepKind::filter:
            return FunctionKind::filter;
        case StepKind::flat_map:
            return FunctionKind::flat_map;
        case StepKind::reduce_by_key:
            return FunctionKind::combine;
        case StepKind::aggregate_by_key:
            return FunctionKind::aggregate;
        case StepKind::generate:
        case StepKind::map:
        case StepKind::map_values:
        case StepKind::key_by:
        case StepKind::sort_by:
        case StepKind::accumulate:
            return FunctionKind::map;
        default:
            return std::nullopt;
    }
}

Computed<const FunctionInfo*> resolve(const Call& call, FunctionKind kind) {
    const FunctionInfo* info = find_function(call.function);
    if (info == nullptr) {
        return mistake(fmt::format("no function is called '{}'", call.function));
    }
    if (!info->serves(kind)) {
        return mistake(fmt::format("'{}' is not {}", call.function, kind_text(kind)));
    }
    const std::size_t args = call.args.size() + (call.broadcast ? 1 : 0);
    if (args < info->args_min || args > info->args_max) {
        return mistake(
            fmt::format("'{}' takes {}, not {}", call.function, arity_text(*info), args));
    }
    return info;
}

Computed<void> combine_into(
    Value& into, const Value& next, const FunctionInfo& info, Arguments args, CombineFunction how) {
    Computed<void> merged =
        guarded([&] { return (how == nullptr ? info.combine : how)(into, next, args); });
    if (!merged) {
        return mistake(fmt::format("{}: {}", info.name, merged.error()));
    }
    return merged;
}

Computed<Value> map_record(Value record, const FunctionInfo& info, Arguments args) {
    Computed<Value> result = guarded([&] { return info.map(std::move(record), args); });
    if (!result) {
        return mistake(fmt::format("{}: {}", info.name, result.error()));
    }
    return result;
}

Value value_of(const Argument& argument) {
    return std::visit([](const auto& plain) { return Value{plain}; }, argument);
}

std::vector<Value> values_of(std::span<const Argument> arguments) {
    std::vector<Value> values;
    values.reserve(arguments.size());
    for (const Argument& argument : arguments) {
        values.push_back(value_of(argument));
    }
    return values;
}

tl::unexpected<std::string> wrong_kind(std::string_view needed, const Value& found) {
    return mistake(fmt::format("needs {}, found {}", needed, kind_name(found.kind())));
}

Computed<std::strong_ordering> compare_alike(const Value& a, const Value& b) {
    if (a.kind() != b.kind() && !(a.is_number() && b.is_number())) {
        return mistake(
            fmt::format("cannot compare {} with {}", kind_name(a.kind()), kind_name(b.kind())));
    }
    return a <=> b;
}

}  // namespace forkyard
