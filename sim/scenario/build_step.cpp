// One step of a dataset: which it is, and what it says.
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/data/functions.hpp"
#include "core/event_text.hpp"
#include "sim/scenario/builders.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

enum class Role { source, narrow, wide };

std::string_view step_key(StepKind kind) {
    return to_text(kind);
}

Role role_of(StepKind kind) {
    return kind >= StepKind::join  ? Role::wide
           : kind >= StepKind::map ? Role::narrow
                                   : Role::source;
}

// Whether the number of partitions may be given apart.
bool takes_partitions(StepKind kind) {
    return role_of(kind) != Role::narrow && kind != StepKind::from && kind != StepKind::union_of &&
           kind != StepKind::repartition;
}

std::optional<StepKind> kind_of(const TableReader& step, Diagnostics& problems) {
    std::optional<StepKind> found;
    for (auto number = 0; number <= static_cast<int>(StepKind::repartition); ++number) {
        const auto kind = static_cast<StepKind>(number);
        const std::string_view key = step_key(kind);
        if (!step.has(key)) {
            continue;
        }
        if (found) {
            problems.error(step.at(key),
                           fmt::format("a step is either `{}` or `{}`", step_key(*found), key),
                           "write them as two steps");
        }
        found = found.value_or(kind);
    }
    if (!found) {
        problems.error(
            step.at(), "this step does nothing", "say what, as in { map = \"identity\" }");
    }
    return found;
}

// Arguments that are the step's own and not its function's.
std::size_t own_args(const StepSpec& spec) {
    switch (spec.kind) {
        case StepKind::sort_by:
            return spec.args.size();
        case StepKind::generate:
        case StepKind::aggregate_by_key:
        case StepKind::accumulate:
            return std::min<std::size_t>(spec.args.size(), 1);
        default:
            return 0;
    }
}

void check_function(const TableReader& step, const StepSpec& spec, const StepContext& context) {
    Diagnostics& problems = context.problems;
    const std::string_view key = step_key(spec.kind);
    const std::string& name = spec.value;
    const Position& at = step.at(key);
    const std::size_t args = spec.args.size() - own_args(spec);
    if (is_of_elsewhere(name, context.files)) {
        return;
    }
    const FunctionInfo* info = find_function(name);
    if (info == nullptr) {
        std::vector<std::string> names;
        for (const std::string_view known : function_names()) {
            names.emplace_back(known);
        }
        report_unknown("function", name, at, names, problems);
        return;
    }
    if (!info->serves(*function_kind_of(spec.kind))) {
        problems.error(at,
                       fmt::format("the function `{}` cannot be used by `{}`", name, key),
                       std::string{info->help});
    } else if (args < info->args_min || args > info->args_max) {
        const std::string wanted = info->args_min == info->args_max
                                       ? fmt::format("{}", info->args_min)
                                       : fmt::format("{} to {}", info->args_min, info->args_max);
        problems.error(at,
                       fmt::format("the function `{}` takes {} args, not {}", name, wanted, args));
    }
}

// `range = 10`, `range = [0, 10, 2]` or `range = true, args = [0, 10, 2]`: always
// start, end and step afterwards.
void read_range(const TableReader& step, StepSpec& out, Diagnostics& problems) {
    const TreeNode& value = *step.node("range");
    const bool bounds_here = value.is(TreeKind::array) || value.is(TreeKind::integer);
    if (bounds_here && !out.args.empty()) {
        problems.error(step.at("args"), "`range` has its bounds twice");
        return;
    }
    if (bounds_here) {
        for (const TreeNode* item : step.items("range")) {
            out.args.push_back(parse_whole(item->text).value_or(0));
        }
    }
    if (out.args.size() == 1) {
        out.args.insert(out.args.begin(), std::int64_t{0});
    }
    if (out.args.size() == 2) {
        out.args.push_back(std::int64_t{1});
    }
    bool whole = out.args.size() == 3;
    for (const Argument& argument : out.args) {
        whole = whole && std::holds_alternative<std::int64_t>(argument);
    }
    if (!whole) {
        problems.error(value.at, "`range` takes a whole number or args = [start, end, step]");
    } else if (std::get<std::int64_t>(out.args[2]) == 0) {
        problems.error(value.at, "the step of `range` must not be 0");
    }
}

void no_args(const TableReader& step, StepSpec& out, Diagnostics& problems) {
    if (!out.args.empty()) {
        problems.error(step.at("args"), fmt::format("`{}` takes no `args`", step_key(out.kind)));
        out.args.clear();
    }
}

void read_values(const TableReader& step, StepSpec& out, Diagnostics& problems) {
    no_args(step, out, problems);
    for (const TreeNode* item : step.items("values")) {
        if (item->is(TreeKind::array)) {
            problems.error(item->at, "pairs and lists in `values` are not simulated yet");
        } else {
            out.args.push_back(argument_of(*item));
        }
    }
}

void check_dataset(const std::string& name,
                   const Position& at,
                   const std::vector<std::string>& before,
                   Diagnostics& problems) {
    if (!contains(before, name)) {
        problems.error(at,
                       fmt::format("there is no dataset `{}` above", name),
                       before.empty() ? "define it before this one" : did_you_mean(name, before));
    }
}

// Both spellings of an order, as one.
void read_order(const TableReader& step, StepSpec& out, Diagnostics& problems) {
    const auto* order = out.args.size() == 1 ? std::get_if<std::string>(&out.args[0]) : nullptr;
    if (order != nullptr && (*order == "ascending" || *order == "asc")) {
        out.args = {std::string{"asc"}};
    } else if (order != nullptr && (*order == "descending" || *order == "desc")) {
        out.args = {std::string{"desc"}};
    } else if (!out.args.empty()) {
        problems.error(step.at("args"),
                       "`sort_by` takes args = [\"ascending\"] or [\"descending\"], or none");
    }
}

// How many records; the rest of the arguments is the function's.
void read_count(const TableReader& step, StepSpec& out, Diagnostics& problems) {
    const auto* count = out.args.empty() ? nullptr : std::get_if<std::int64_t>(&out.args[0]);
    if (count == nullptr || *count < 0) {
        problems.error(step.at(out.args.empty() ? "generate" : "args"),
                       "`generate` takes args = [number of records], then its function's");
    }
}

// Whose name comes first; the rest of the arguments is the function's.
void read_accumulator(const TableReader& step, const StepSpec& out, Diagnostics& problems) {
    const auto* name = out.args.empty() ? nullptr : std::get_if<std::string>(&out.args[0]);
    if (name == nullptr || name->empty()) {
        problems.error(step.at(out.args.empty() ? "accumulate" : "args"),
                       "`accumulate` takes args = [name of the accumulator], then its function's");
    }
}

void read_side(const TableReader& step, const StepSpec& out, Diagnostics& problems) {
    const auto* side = out.args.size() == 1 ? std::get_if<std::string>(&out.args[0]) : nullptr;
    const bool known = side != nullptr &&
                       (*side == "inner" || *side == "left" || *side == "right" || *side == "full");
    if (!out.args.empty() && !known) {
        problems.error(step.at("args"),
                       "`join` takes args = [\"inner\"], [\"left\"], [\"right\"] or [\"full\"]");
    }
}

// The share in millionths, then a seed.
void read_sample(const TableReader& step, StepSpec& out, Diagnostics& problems) {
    const Millionths share = step.decimal("sample");
    if (share.count < 0 || share > one) {
        problems.error(step.at("sample"), "`sample` takes a share between 0 and 1");
    }
    if (out.args.size() > 1 ||
        (out.args.size() == 1 && !std::holds_alternative<std::int64_t>(out.args[0]))) {
        problems.error(step.at("args"), "`sample` takes args = [seed], a whole number, or none");
    }
    out.args.insert(out.args.begin(), share.count);
}

void read_level(const TableReader& step, StepSpec& out, Diagnostics& problems) {
    no_args(step, out, problems);
    const TreeNode& given = *step.node("cache");
    out.value = given.is(TreeKind::text) ? step.text("cache") : "MEMORY_ONLY";
    if (given.is(TreeKind::text) && !storage_level(out.value)) {
        std::vector<std::string> names;
        for (const NamedStorageLevel& known : storage_levels()) {
            names.emplace_back(known.name);
        }
        report_unknown("storage level", out.value, given.at, names, problems);
        out.value = "MEMORY_ONLY";
    }
}

void read_function(const TableReader& step, const StepContext& context, StepSpec& out) {
    Diagnostics& problems = context.problems;
    const std::string_view key = step_key(out.kind);
    out.value = step.text(key);
    if (out.kind == StepKind::sort_by) {
        read_order(step, out, problems);
    } else if (out.kind == StepKind::generate) {
        read_count(step, out, problems);
    } else if (out.kind == StepKind::accumulate) {
        read_accumulator(step, out, problems);
    } else if (out.kind == StepKind::aggregate_by_key && out.args.empty()) {
        problems.error(step.at(key),
                       "`aggregate_by_key` takes args = [value to start from], then its "
                       "function's");
    }
    if (step.node(key)->is(TreeKind::text)) {
        check_function(step, out, context);
    }
}

void read_step(const TableReader& step, const StepContext& context, StepSpec& out) {
    Diagnostics& problems = context.problems;
    switch (out.kind) {
        case StepKind::read_text:
            no_args(step, out, problems);
            read_files(step, "read_text", context, out);
            break;
        case StepKind::read_csv:
        case StepKind::read_json:
            read_files(step, step_key(out.kind), context, out);
            break;
        case StepKind::range:
            read_range(step, out, problems);
            break;
        case StepKind::values:
            read_values(step, out, problems);
            break;
        case StepKind::union_of:
            no_args(step, out, problems);
            for (const TreeNode* item : step.items("union")) {
                check_dataset(item->text, item->at, context.before, problems);
                out.args.emplace_back(item->text);
            }
            break;
        case StepKind::from:
        case StepKind::cartesian:
        case StepKind::zip:
        case StepKind::join:
        case StepKind::cogroup:
            out.value = step.text(step_key(out.kind));
            check_dataset(out.value, step.at(step_key(out.kind)), context.before, problems);
            if (out.kind == StepKind::join) {
                read_side(step, out, problems);
            } else {
                no_args(step, out, problems);
            }
            break;
        case StepKind::sample:
            read_sample(step, out, problems);
            break;
        case StepKind::coalesce:
        case StepKind::repartition:
            no_args(step, out, problems);
            out.partitions = step.count(step_key(out.kind));
            break;
        case StepKind::cache:
            read_level(step, out, problems);
            break;
        case StepKind::group_by_key:
        case StepKind::distinct:
            no_args(step, out, problems);
            break;
        default:
            read_function(step, context, out);
            break;
    }
}

}  // namespace

bool is_of_elsewhere(const std::string& function, DataFiles files) {
    return files == DataFiles::trust && find_function(function) == nullptr;
}

std::optional<StepSpec> build_step(const TableReader& step,
                                   std::size_t index,
                                   const StepContext& context) {
    Diagnostics& problems = context.problems;
    const std::optional<StepKind> kind = kind_of(step, problems);
    if (!kind) {
        return std::nullopt;
    }
    const std::string_view key = step_key(*kind);
    const bool source = role_of(*kind) == Role::source;
    if (source != (index == 0)) {
        problems.error(step.at(key),
                       source ? fmt::format("`{}` is a source and can only come first", key)
                              : fmt::format("`{}` cannot come first", key),
                       source ? ""
                              : "begin with a source: read_text, read_csv, read_json, range, "
                                "values, generate, from or union");
    }
    StepSpec out;
    out.kind = *kind;
    out.args = read_arguments(step);
    out.partitions = step.maybe_count("partitions");
    out.cost = step.maybe_duration("cost");
    out.cost_per_record = step.maybe_duration("cost_per_record");
    if (out.partitions && !takes_partitions(*kind)) {
        problems.error(step.at("partitions"),
                       fmt::format("`{}` takes no `partitions`", key),
                       role_of(*kind) == Role::narrow ? "sources and wide steps do" : "");
    }
    if (out.cost && out.cost_per_record) {
        problems.error(step.at("cost_per_record"),
                       "a step has `cost` or `cost_per_record`, not both");
    }
    if ((*kind == StepKind::from || *kind == StepKind::cache) &&
        (out.cost || out.cost_per_record)) {
        problems.error(step.at(out.cost ? "cost" : "cost_per_record"),
                       fmt::format("`{}` costs nothing: it makes no other dataset", key));
    }
    read_step(step, context, out);
    return out;
}

}  // namespace forkyard::sim
