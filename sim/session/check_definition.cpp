#include "sim/session/check_definition.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "core/data/action_arguments.hpp"
#include "core/data/functions.hpp"
#include "core/data/read_options.hpp"
#include "core/event_text.hpp"
#include "core/model/argument_text.hpp"
#include "core/model/storage_level.hpp"
#include "core/model/units.hpp"

namespace forkyard::sim {

namespace {

std::string unknown(const std::string& dataset) {
    return fmt::format("there is no dataset `{}`", dataset);
}

// Arguments that come before those of the function, or after: they are the step's own.
std::vector<Argument> of_function(StepKind kind, std::vector<Argument> args) {
    const bool own_first = kind == StepKind::generate || kind == StepKind::aggregate_by_key ||
                           kind == StepKind::accumulate;
    if (own_first && !args.empty()) {
        args.erase(args.begin());
    }
    if (kind == StepKind::sort_by && !args.empty()) {
        args.pop_back();
    }
    return args;
}

std::string why_no_level(const Program& program, const DatasetDefined& event) {
    if (!storage_level(event.value)) {
        return fmt::format("there is no storage level `{}`", event.value);
    }
    const std::optional<StorageLevel> level = program.level_of(event.of);
    const bool changes = program.lineage().is_marked_local(program.dataset(event.of));
    return level && !changes && *level != *storage_level(event.value)
               ? fmt::format("the storage level {} of `{}` cannot be changed to {}",
                             name_of(*level),
                             event.of,
                             event.value)
               : std::string{};
}

std::string why_no_checkpoint(const Program& program, const std::string& dataset) {
    if (!program.knows(dataset)) {
        return unknown(dataset);
    }
    const DatasetId id = program.dataset(dataset);
    if (!program.lineage().is_marked(id) || program.lineage().is_cut(id)) {
        return fmt::format("`{}` is not to be checkpointed", dataset);
    }
    return {};
}

std::string why_unknown_others(const Program& program,
                               const DatasetDefined& event,
                               const std::vector<Argument>& args) {
    const bool names_one = event.step == StepKind::from || event.step == StepKind::join ||
                           event.step == StepKind::cogroup || event.step == StepKind::cartesian ||
                           event.step == StepKind::zip;
    if (names_one && !program.knows(event.value)) {
        return unknown(event.value);
    }
    if (event.step == StepKind::union_of) {
        for (const Argument& name : args) {
            const auto* text = std::get_if<std::string>(&name);
            if (text == nullptr || !program.knows(*text)) {
                return unknown(text == nullptr ? "?" : *text);
            }
        }
    }
    return {};
}

bool are_whole(const std::vector<Argument>& args, std::size_t count) {
    return args.size() == count && std::all_of(args.begin(), args.end(), [](const Argument& a) {
               return std::holds_alternative<std::int64_t>(a);
           });
}

bool is_one_of(const std::vector<Argument>& args, std::initializer_list<std::string_view> words) {
    const auto* text = args.empty() ? nullptr : std::get_if<std::string>(&args.back());
    return text != nullptr && std::find(words.begin(), words.end(), *text) != words.end();
}

// The arguments that are the step's own, as a scenario may write them.
bool takes(const DatasetDefined& event, const std::vector<Argument>& args) {
    switch (event.step) {
        case StepKind::range:
            return are_whole(args, 3) && std::get<std::int64_t>(args[2]) != 0;
        case StepKind::generate:
            return !args.empty() && are_whole({args.front()}, 1) &&
                   std::get<std::int64_t>(args.front()) >= 0;
        case StepKind::aggregate_by_key:
            return !args.empty();
        case StepKind::accumulate: {
            const auto* name = args.empty() ? nullptr : std::get_if<std::string>(&args.front());
            return name != nullptr && !name->empty();
        }
        case StepKind::sample:
            return are_whole(args, 2) && std::get<std::int64_t>(args[0]) >= 0 &&
                   std::get<std::int64_t>(args[0]) <= one.count;
        case StepKind::join:
            return args.size() == 1 && is_one_of(args, {"inner", "left", "right", "full"});
        case StepKind::sort_by:
            return is_one_of(args, {"asc", "desc"});
        case StepKind::coalesce:
        case StepKind::repartition:
            return args.empty() && event.partitions;
        case StepKind::from:
        case StepKind::cartesian:
        case StepKind::zip:
        case StepKind::cogroup:
        case StepKind::group_by_key:
        case StepKind::distinct:
        case StepKind::cache:
            return args.empty();
        default:
            return true;
    }
}

std::string why_bad_arguments(const DatasetDefined& event, const std::vector<Argument>& args) {
    if (!takes(event, args)) {
        return fmt::format("`{}` does not take these arguments: {}",
                           to_text(event.step),
                           event.args.empty() ? "none" : event.args);
    }
    if (event.partitions && (*event.partitions == 0 || *event.partitions > INT32_MAX)) {
        return fmt::format("`{}` takes 1 to {} partitions, not {}",
                           to_text(event.step),
                           INT32_MAX,
                           *event.partitions);
    }
    return event.cost && *event.cost < SimDuration{0} ? "a step cannot cost less than nothing"
                                                      : std::string{};
}

}  // namespace

std::string why_undefinable(const Program& program, const DatasetDefined& event) {
    const bool source = event.step <= StepKind::union_of;
    if (program.knows(event.name)) {
        return fmt::format("there is a dataset `{}` already", event.name);
    }
    if (source != event.of.empty()) {
        return fmt::format(
            "a `{}` {}", to_text(event.step), source ? "is a source" : "is no source");
    }
    if (!source && !program.knows(event.of)) {
        return unknown(event.of);
    }
    const std::optional<std::vector<Argument>> args = parse_arguments(event.args);
    if (!args) {
        return "its arguments cannot be read";
    }
    if (std::string why = why_unknown_others(program, event, *args); !why.empty()) {
        return why;
    }
    if (event.step == StepKind::read_csv || event.step == StepKind::read_json) {
        const auto format = event.step == StepKind::read_csv ? FileFormat::csv : FileFormat::json;
        const auto options = parse_read_options(format, *args);
        return options ? std::string{} : options.error().what;
    }
    if (event.step == StepKind::cache) {
        return why_no_level(program, event);
    }
    std::string why = why_bad_arguments(event, *args);
    const bool pairs = event.step == StepKind::cartesian || event.step == StepKind::zip;
    return why.empty() && pairs ? program.why_refused(event.step, event.of, event.value) : why;
}

std::string why_no_function(const DatasetDefined& event) {
    const auto kind = function_kind_of(event.step);
    if (!kind) {
        return {};
    }
    const Call call{event.value,
                    values_of(of_function(event.step, *parse_arguments(event.args))),
                    event.broadcast};
    const Computed<const FunctionInfo*> function = resolve(call, *kind);
    return function ? std::string{} : function.error();
}

std::string why_undefinable(const Program& program, const DatasetUnpersisted& event) {
    return program.knows(event.name) ? std::string{} : unknown(event.name);
}

std::string why_undefinable(const Program& program, const DatasetMarked& event) {
    return program.knows(event.name) ? std::string{} : unknown(event.name);
}

std::string why_undefinable(const Program& program, const CheckpointDefined& event) {
    return why_no_checkpoint(program, event.of);
}

std::string why_undefinable(const Program& program, const DatasetCheckpointed& event) {
    return why_no_checkpoint(program, event.name);
}

std::string why_undefinable(const Program& program, const JobDefined& event) {
    if (!program.knows(event.of)) {
        return unknown(event.of);
    }
    const std::optional<std::vector<Argument>> args = parse_arguments(event.args);
    if (!args) {
        return "its arguments cannot be read";
    }
    const auto arguments = read_arguments(event.action, values_of(*args));
    return arguments ? std::string{} : arguments.error();
}

std::string why_no_function(const JobDefined& event) {
    const auto arguments = action_arguments(event.action, values_of(*parse_arguments(event.args)));
    return arguments ? std::string{} : arguments.error();
}

}  // namespace forkyard::sim
