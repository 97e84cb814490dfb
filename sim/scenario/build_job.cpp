#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/data/action_arguments.hpp"
#include "core/data/functions.hpp"
#include "core/event_text.hpp"
#include "sim/scenario/builders.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

bool has_path(const std::vector<Argument>& args) {
    const auto* path = args.size() == 1 ? std::get_if<std::string>(&args.front()) : nullptr;
    return path != nullptr && !path->empty();
}

bool calls_elsewhere(const JobSpec& spec, DataFiles files) {
    const Computed<ActionArguments> read = read_arguments(spec.action, values_of(spec.args));
    return read && read->call && is_of_elsewhere(read->call->function, files);
}

void check_action(const TableReader& job,
                  DataFiles files,
                  const JobSpec& spec,
                  Diagnostics& problems) {
    if (calls_elsewhere(spec, files)) {
        return;
    }
    const Position& at = job.has("args") ? job.at("args") : job.at("action");
    const bool takes_none = spec.action == ActionKind::run || spec.action == ActionKind::count ||
                            spec.action == ActionKind::collect || spec.action == ActionKind::first;
    const auto read = action_arguments(spec.action, values_of(spec.args));
    if (!read) {
        problems.error(at, read.error());
    } else if (takes_none && !spec.args.empty()) {
        problems.error(at, fmt::format("the action `{}` takes no args", to_text(spec.action)));
    } else if (spec.action == ActionKind::save && !has_path(spec.args)) {
        problems.error(at, "the action `save` takes args = [path]");
    }
}

void build_action(
    const TableReader& job, DataFiles files, bool of_stage, JobSpec& out, Diagnostics& problems) {
    out.action = of_stage ? ActionKind::run : ActionKind::collect;
    const std::string name = job.text("action");
    out.map_stage = name == "map_stage";
    if (out.map_stage) {
        out.action = ActionKind::run;
    } else {
        (void)from_text(name, out.action);
    }
    if (of_stage != (out.action == ActionKind::run)) {
        problems.error(
            job.at("action"),
            of_stage ? fmt::format("the action of a stage is `run` or `map_stage`, not `{}`", name)
                     : fmt::format("`{}` is the action of a stage, and this is a dataset", name),
            of_stage ? ""
                     : "count, collect, take, first, top, reduce, tree_reduce, lookup, foreach, "
                       "save or show");
    } else {
        check_action(job, files, out, problems);
    }
}

}  // namespace

Argument argument_of(const TreeNode& node) {
    if (node.is(TreeKind::integer)) {
        return parse_whole(node.text).value_or(0);
    }
    if (node.is(TreeKind::decimal)) {
        double value = 0;
        std::from_chars(node.text.data(), node.text.data() + node.text.size(), value);
        return value;
    }
    return node.text;
}

std::vector<Argument> read_arguments(const TableReader& table) {
    std::vector<Argument> out;
    for (const TreeNode* item : table.items("args")) {
        out.push_back(argument_of(*item));
    }
    return out;
}

void build_jobs(const TableReader& app, DataFiles files, AppSpec& out, Diagnostics& problems) {
    std::vector<std::string> stages;
    std::vector<std::string> all;
    for (const StageSpec& stage : out.stages) {
        stages.push_back(stage.name);
        all.push_back(stage.name);
    }
    for (const DatasetSpec& dataset : out.datasets) {
        all.push_back(dataset.name);
    }
    const std::vector<TableReader> readers = app.tables("job");
    UniqueNames names{"job", problems};
    for (std::size_t i = 0; i < readers.size(); ++i) {
        const TableReader& job = readers[i];
        JobSpec spec;
        spec.name = job.maybe_text("name").value_or(fmt::format("job-{}", i + 1));
        spec.of = job.text("of");
        spec.args = read_arguments(job);
        spec.at = job.time("at");
        spec.thread = job.text("thread");
        spec.pool = job.maybe_text("pool").value_or("");
        spec.cancel_at = job.maybe_time("cancel_at");
        spec.on_failure = job.text("on_failure") == "continue" ? OnFailure::go_on : OnFailure::stop;
        if (contains(all, spec.of)) {
            build_action(job, files, contains(stages, spec.of), spec, problems);
        } else if (job.has("of")) {
            report_unknown("stage or dataset", spec.of, job.at("of"), all, problems);
        }
        names.add(spec.name, job.at("name"));
        out.jobs.push_back(std::move(spec));
    }
}

}  // namespace forkyard::sim
