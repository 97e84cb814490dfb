#include "core/plan/define_datasets.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/data/file_splits.hpp"
#include "core/data/read_options.hpp"
#include "core/event_text.hpp"

namespace forkyard {

namespace {

Call call_of(const StepSpec& step) {
    return {step.value, values_of(step.args), step.broadcast};
}

// What is not said: a microsecond a record, in virtual time.
StepCost cost_of(const StepSpec& step, ClockKind clock) {
    StepCost cost;
    cost.per_task = step.cost;
    cost.per_record =
        step.cost_per_record.value_or(clock == ClockKind::wall ? SimDuration{0} : cost.per_record);
    return cost;
}

// The name of the accumulator comes first; the rest is the function's.
Call amount_of(const StepSpec& step) {
    FORKYARD_CHECK(!step.args.empty(), "an accumulator has a name");
    return {step.value, values_of(std::span{step.args}.subspan(1))};
}

// The order of a sort stands behind the arguments of its key function.
bool is_order(const Argument& argument, bool descending) {
    const auto* text = std::get_if<std::string>(&argument);
    return text != nullptr && *text == (descending ? "desc" : "asc");
}

bool descending(const StepSpec& step) {
    return !step.args.empty() && is_order(step.args.back(), true);
}

Call sort_key(const StepSpec& step) {
    std::vector<Argument> args = step.args;
    if (!args.empty() && (is_order(args.back(), true) || is_order(args.back(), false))) {
        args.pop_back();
    }
    return {step.value, values_of(args)};
}

RangeSource range_of(const StepSpec& step) {
    std::vector<std::int64_t> numbers;
    for (const Argument& argument : step.args) {
        numbers.push_back(std::get<std::int64_t>(argument));
    }
    FORKYARD_CHECK(!numbers.empty(), "a range has an end");
    return {numbers.size() > 1 ? numbers[0] : 0,
            numbers.size() > 1 ? numbers[1] : numbers[0],
            numbers.size() > 2 ? numbers[2] : 1};
}

// How many come first; the rest is the function's.
GeneratedSource generated_of(const StepSpec& step) {
    FORKYARD_CHECK(!step.args.empty(), "a count of records to generate");
    return {static_cast<std::uint64_t>(std::get<std::int64_t>(step.args[0])),
            {step.value, values_of(std::span{step.args}.subspan(1))}};
}

Sample sample_of(const StepSpec& step) {
    const auto millionths = static_cast<std::uint64_t>(std::get<std::int64_t>(step.args.at(0)));
    const std::int64_t seed =
        step.args.size() > 1 ? std::get<std::int64_t>(step.args[1]) : std::int64_t{0};
    return {(millionths << 32U) / static_cast<std::uint64_t>(one.count),
            static_cast<std::uint64_t>(seed)};
}

FileFormat format_of(StepKind kind) {
    return kind == StepKind::read_text  ? FileFormat::text
           : kind == StepKind::read_csv ? FileFormat::csv
                                        : FileFormat::json;
}

// As the scenario's author would call it.
std::string name_of(const StepSpec& step, const InputFile& file) {
    const bool folder = !file.name.empty();
    return fmt::format(
        "{}{}{}", step.value, folder && !step.value.ends_with('/') ? "/" : "", file.name);
}

NarrowKind narrow_kind(StepKind kind) {
    switch (kind) {
        case StepKind::map:
            return NarrowKind::map;
        case StepKind::filter:
            return NarrowKind::filter;
        case StepKind::flat_map:
            return NarrowKind::flat_map;
        case StepKind::map_values:
            return NarrowKind::map_values;
        default:
            return NarrowKind::key_by;
    }
}

}  // namespace

std::uint32_t default_parallelism(const AppConf& conf) {
    return conf.default_parallelism.value_or(conf.backend_parallelism);
}

std::optional<DatasetId> DatasetDefinitions::find(const std::string& name) const {
    const auto found = known_.find(name);
    return found == known_.end() ? std::nullopt : std::optional{found->second};
}

std::string DatasetDefinitions::why_refused(StepKind kind, DatasetId of, DatasetId other) const {
    return kind == StepKind::zip         ? lineage_.why_no_zip(of, other)
           : kind == StepKind::cartesian ? lineage_.why_no_cartesian(of, other)
                                         : std::string{};
}

tl::expected<DatasetId, RefusedStep> DatasetDefinitions::define(const DatasetSpec& spec,
                                                                std::span<const InputFile> inputs) {
    DatasetId last;
    for (std::size_t k = 0; k < spec.steps.size(); ++k) {
        const StepSpec& step = spec.steps[k];
        const std::vector<DatasetId> others = others_of(step);
        if (k > 0 && !others.empty()) {
            if (std::string why = why_refused(step.kind, last, others.front()); !why.empty()) {
                return tl::make_unexpected(RefusedStep{0, k, std::move(why)});
            }
        }
        lineage_.begin_step(
            fmt::format("{}:{}", spec.name, k), to_text(step.kind), cost_of(step, clock_));
        last = k == 0 ? source(step, others, inputs) : next(last, step, others);
    }
    known_[spec.name] = last;
    return last;
}

DatasetId DatasetDefinitions::tree_reduce(const std::string& name, const ActionArguments& action) {
    const std::optional<DatasetId> of = find(name);
    FORKYARD_CHECK(of, "a job is of a known dataset");
    lineage_.begin_step(
        fmt::format("{}:tree", name), to_text(ActionKind::tree_reduce), cost_of({}, clock_));
    return lineage_.tree_reduce(*of, *action.call, action.depth);
}

// The other datasets that a step takes.
std::vector<DatasetId> DatasetDefinitions::others_of(const StepSpec& step) const {
    std::vector<DatasetId> others;
    const auto named = [&](const std::string& name) {
        const std::optional<DatasetId> known = find(name);
        FORKYARD_CHECK(known, "a step names datasets that stand before it");
        return *known;
    };
    if (step.kind == StepKind::union_of) {
        for (const Argument& name : step.args) {
            others.push_back(named(std::get<std::string>(name)));
        }
    } else if (step.kind == StepKind::from || step.kind == StepKind::join ||
               step.kind == StepKind::cogroup || step.kind == StepKind::cartesian ||
               step.kind == StepKind::zip) {
        others.push_back(named(step.value));
    }
    return others;
}

// What a source of files reads, in how many parts.
FileSource DatasetDefinitions::files(const StepSpec& step,
                                     std::span<const InputFile> inputs) const {
    FileSource source;
    source.format = format_of(step.kind);
    auto options = parse_read_options(source.format, step.args);
    FORKYARD_CHECK(options.has_value(), "options of sources are checked before");
    source.options = std::move(*options);
    std::vector<FileExtent> extents;
    for (const InputFile& file : inputs) {
        source.files.push_back({name_of(step, file), "", file.size});
        const bool whole = source.options.multi_line ||
                           compression_of(source.files.back().name) != Compression::none;
        extents.push_back({file.size, !whole});
    }
    const std::uint32_t parallelism = default_parallelism(conf_);
    source.partitions =
        source.format == FileFormat::text
            ? text_partitions(extents, step.partitions.value_or(std::min(parallelism, 2U)))
            : table_partitions(
                  extents,
                  conf_.files,
                  step.partitions.value_or(conf_.files.partitions_min.value_or(parallelism)));
    return source;
}

DatasetId DatasetDefinitions::source(const StepSpec& step,
                                     const std::vector<DatasetId>& others,
                                     std::span<const InputFile> inputs) {
    switch (step.kind) {
        case StepKind::read_text:
        case StepKind::read_csv:
        case StepKind::read_json:
            return lineage_.files(files(step, inputs));
        case StepKind::range:
            return lineage_.range(range_of(step), step.partitions);
        case StepKind::values:
            return lineage_.values({values_of(step.args)}, step.partitions);
        case StepKind::generate:
            return lineage_.generate(generated_of(step), step.partitions);
        case StepKind::union_of:
            return lineage_.unite(others);
        default:
            FORKYARD_CHECK(step.kind == StepKind::from, "a dataset begins with a source");
            return others.front();
    }
}

DatasetId DatasetDefinitions::next(DatasetId of,
                                   const StepSpec& step,
                                   const std::vector<DatasetId>& others) {
    switch (step.kind) {
        case StepKind::map:
        case StepKind::filter:
        case StepKind::flat_map:
        case StepKind::map_values:
        case StepKind::key_by:
            return lineage_.apply(of, narrow_kind(step.kind), call_of(step));
        case StepKind::sample:
            return lineage_.sample(of, sample_of(step));
        case StepKind::coalesce:
            return lineage_.coalesce(of, step.partitions.value_or(1));
        case StepKind::cartesian:
            return lineage_.cartesian(of, others.front());
        case StepKind::zip:
            return lineage_.zip(of, others.front());
        case StepKind::cache:
            lineage_.keep(of, *storage_level(step.value));
            return of;
        case StepKind::accumulate:
            return lineage_.accumulate(of, std::get<std::string>(step.args.at(0)), amount_of(step));
        case StepKind::reduce_by_key:
            return lineage_.by_key(of, {ByKey::reduce, call_of(step)}, step.partitions);
        case StepKind::group_by_key:
            return lineage_.by_key(of, {ByKey::group, {}}, step.partitions);
        case StepKind::aggregate_by_key:
            return lineage_.by_key(of, {ByKey::aggregate, call_of(step)}, step.partitions);
        case StepKind::join:
            return lineage_.join(of,
                                 others.front(),
                                 step.args.empty() ? "inner" : std::get<std::string>(step.args[0]),
                                 step.partitions);
        case StepKind::cogroup:
            return lineage_.cogroup(of, others.front(), step.partitions);
        case StepKind::sort_by:
            return lineage_.sort_by(of, sort_key(step), descending(step), step.partitions);
        case StepKind::distinct:
            return lineage_.distinct(of, step.partitions);
        default:
            FORKYARD_CHECK(step.kind == StepKind::repartition, "a source can only come first");
            return lineage_.repartition(of, step.partitions.value_or(1));
    }
}

std::vector<std::vector<InputFile>> files_by_dataset(const AppSpec& app,
                                                     std::span<const InputFile> inputs) {
    std::vector<std::vector<InputFile>> files(app.datasets.size());
    std::uint32_t source = 0;
    for (std::size_t d = 0; d < app.datasets.size(); ++d) {
        if (reads_files(app.datasets[d].steps.front().kind)) {
            std::copy_if(inputs.begin(),
                         inputs.end(),
                         std::back_inserter(files[d]),
                         [&](const InputFile& file) { return file.source == source; });
            ++source;
        }
    }
    return files;
}

std::optional<RefusedStep> refused_step(const AppSpec& app, std::span<const InputFile> inputs) {
    Lineage lineage{app.conf.default_parallelism, default_parallelism(app.conf)};
    DatasetDefinitions definitions{app.conf, ClockKind::virtual_time, lineage};
    const std::vector<std::vector<InputFile>> files = files_by_dataset(app, inputs);
    for (std::size_t d = 0; d < app.datasets.size(); ++d) {
        auto defined = definitions.define(app.datasets[d], files[d]);
        if (!defined) {
            defined.error().dataset = d;
            return std::move(defined.error());
        }
    }
    return std::nullopt;
}

}  // namespace forkyard
