#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/data/functions.hpp"
#include "sim/scenario/builders.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/scenario/scenario_file.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

enum class Role { source, narrow, wide };

struct StepForm {
    std::string_view key;
    StepKind kind;
    Role role;
    bool calls;  // its value is a function
};

constexpr std::array step_forms{
    StepForm{"read_text", StepKind::read_text, Role::source, false},
    StepForm{"range", StepKind::range, Role::source, false},
    StepForm{"values", StepKind::values, Role::source, false},
    StepForm{"map", StepKind::map, Role::narrow, true},
    StepForm{"filter", StepKind::filter, Role::narrow, true},
    StepForm{"flat_map", StepKind::flat_map, Role::narrow, true},
    StepForm{"map_values", StepKind::map_values, Role::narrow, true},
    StepForm{"key_by", StepKind::key_by, Role::narrow, true},
    StepForm{"reduce_by_key", StepKind::reduce_by_key, Role::wide, true},
    StepForm{"group_by_key", StepKind::group_by_key, Role::wide, false},
    StepForm{"sort_by", StepKind::sort_by, Role::wide, true},
};

// What a step of a kind that is known but not simulated leaves behind: nothing to
// check further, since check_tree has said so.
bool has_unbuilt_step(const TableReader& step) {
    for (const std::string_view key : {"read_csv",
                                       "read_json",
                                       "generate",
                                       "from",
                                       "union",
                                       "sample",
                                       "coalesce",
                                       "cache",
                                       "join",
                                       "cogroup",
                                       "aggregate_by_key",
                                       "distinct",
                                       "repartition"}) {
        if (step.has(key)) {
            return true;
        }
    }
    return false;
}

const StepForm* form_of(const TableReader& step, Diagnostics& problems) {
    const StepForm* found = nullptr;
    for (const StepForm& form : step_forms) {
        if (!step.has(form.key)) {
            continue;
        }
        if (found != nullptr) {
            problems.error(step.at(form.key),
                           fmt::format("a step is either `{}` or `{}`", found->key, form.key),
                           "write them as two steps");
        }
        found = found == nullptr ? &form : found;
    }
    if (found == nullptr && !has_unbuilt_step(step)) {
        problems.error(
            step.at(), "this step does nothing", "say what, as in { map = \"identity\" }");
    }
    return found;
}

// The function that a step names. The args of sort_by are its order, not the function's.
void check_function(const TableReader& step,
                    const StepForm& form,
                    const StepSpec& spec,
                    Diagnostics& problems) {
    const std::string& name = spec.value;
    const Position& at = step.at(form.key);
    const std::size_t args = form.kind == StepKind::sort_by ? 0 : spec.args.size();
    const FunctionInfo* info = find_function(name);
    if (info == nullptr) {
        std::vector<std::string> names;
        for (const std::string_view known : function_names()) {
            names.emplace_back(known);
        }
        report_unknown("function", name, at, names, problems);
        return;
    }
    if (!info->serves(function_kind_of(form.kind))) {
        problems.error(at,
                       fmt::format("the function `{}` cannot be used by `{}`", name, form.key),
                       std::string{info->help});
    } else if (args < info->args_min || args > info->args_max) {
        const std::string wanted = info->args_min == info->args_max
                                       ? fmt::format("{}", info->args_min)
                                       : fmt::format("{} to {}", info->args_min, info->args_max);
        problems.error(at,
                       fmt::format("the function `{}` takes {} args, not {}", name, wanted, args));
    }
}

// Paths of the command line are relative to the working directory, others to the folder.
bool from_command_line(const TableReader& step) {
    return !step.at("read_text").option.empty();
}

std::string path_of(const TableReader& step) {
    std::string path = step.text("read_text");
    std::error_code error;
    return from_command_line(step) ? std::filesystem::absolute(path, error).string() : path;
}

void check_data_file(const TableReader& step, const std::string& folder, Diagnostics& problems) {
    const std::string path = resolve_path(folder, path_of(step));
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    const std::string shown = step.text("read_text");
    if (!std::filesystem::exists(status)) {
        problems.missing_input(step.at("read_text"),
                               fmt::format("there is no file `{}`", shown),
                               from_command_line(step)
                                   ? "with --set, paths are relative to the working directory"
                                   : "paths are relative to the scenario's folder");
    } else if (!std::filesystem::is_regular_file(status)) {
        problems.missing_input(step.at("read_text"), fmt::format("`{}` is not a file", shown));
    } else if (!std::ifstream{path, std::ios::binary}) {
        problems.missing_input(step.at("read_text"), fmt::format("cannot read `{}`", shown));
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

void read_values(const TableReader& step, StepSpec& out, Diagnostics& problems) {
    if (!out.args.empty()) {
        problems.error(step.at("args"), "`values` takes no `args`");
        out.args.clear();
    }
    for (const TreeNode* item : step.items("values")) {
        if (item->is(TreeKind::array)) {
            problems.error(item->at, "pairs and lists in `values` are not simulated yet");
        } else {
            out.args.push_back(argument_of(*item));
        }
    }
}

void read_source(const TableReader& step,
                 DataFiles files,
                 const std::string& folder,
                 StepSpec& out,
                 Diagnostics& problems) {
    if (out.kind == StepKind::range) {
        read_range(step, out, problems);
    } else if (out.kind == StepKind::values) {
        read_values(step, out, problems);
    } else {
        out.value = path_of(step);
        if (!out.args.empty()) {
            problems.error(step.at("args"), "`read_text` takes no `args`");
        }
        if (files == DataFiles::look && step.node("read_text")->is(TreeKind::text)) {
            check_data_file(step, folder, problems);
        }
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

void read_transformation(const TableReader& step,
                         const StepForm& form,
                         StepSpec& out,
                         Diagnostics& problems) {
    if (!form.calls) {
        if (!out.args.empty()) {
            problems.error(step.at("args"), fmt::format("`{}` takes no `args`", form.key));
        }
        return;
    }
    out.value = step.text(form.key);
    if (form.kind == StepKind::sort_by) {
        read_order(step, out, problems);
    }
    if (step.node(form.key)->is(TreeKind::text)) {
        check_function(step, form, out, problems);
    }
}

std::optional<StepSpec> build_step(const TableReader& step,
                                   std::size_t index,
                                   DataFiles files,
                                   const std::string& folder,
                                   Diagnostics& problems) {
    const StepForm* form = form_of(step, problems);
    if (form == nullptr) {
        return std::nullopt;
    }
    const bool source = form->role == Role::source;
    if (source != (index == 0)) {
        problems.error(step.at(form->key),
                       source ? fmt::format("`{}` is a source and can only come first", form->key)
                              : fmt::format("`{}` cannot come first", form->key),
                       source ? "" : "begin with a source: read_text, range or values");
    }
    StepSpec out;
    out.kind = form->kind;
    out.args = read_arguments(step);
    out.partitions = step.maybe_count("partitions");
    out.cost = step.maybe_duration("cost");
    out.cost_per_record = step.maybe_duration("cost_per_record");
    if (out.partitions && form->role == Role::narrow) {
        problems.error(step.at("partitions"),
                       fmt::format("`{}` takes no `partitions`", form->key),
                       "sources and wide steps do");
    }
    if (out.cost && out.cost_per_record) {
        problems.error(step.at("cost_per_record"),
                       "a step has `cost` or `cost_per_record`, not both");
    }
    if (source) {
        read_source(step, files, folder, out, problems);
    } else {
        read_transformation(step, *form, out, problems);
    }
    return out;
}

}  // namespace

void build_datasets(const TableReader& app,
                    DataFiles files,
                    const std::string& folder,
                    AppSpec& out,
                    Diagnostics& problems) {
    const std::vector<TableReader> readers = app.tables("dataset");
    UniqueNames names{"dataset", problems};
    for (std::size_t i = 0; i < readers.size(); ++i) {
        const TableReader& reader = readers[i];
        DatasetSpec spec;
        spec.name = reader.maybe_text("name").value_or(fmt::format("dataset-{}", i + 1));
        const std::vector<TableReader> steps = reader.tables("steps");
        if (reader.has("steps") && reader.items("steps").empty()) {
            problems.error(reader.at("steps"), "`steps` is empty");
        }
        for (std::size_t k = 0; k < steps.size(); ++k) {
            if (auto step = build_step(steps[k], k, files, folder, problems)) {
                spec.steps.push_back(std::move(*step));
            }
        }
        names.add(spec.name, reader.at("name"));
        for (const StageSpec& stage : out.stages) {
            if (stage.name == spec.name) {
                problems.error(reader.at("name"),
                               fmt::format("`{}` is both a stage and a dataset", spec.name));
            }
        }
        out.datasets.push_back(std::move(spec));
    }
}

}  // namespace forkyard::sim
