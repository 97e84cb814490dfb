#include "core/plan/program.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/data/action_arguments.hpp"
#include "core/data/sources.hpp"
#include "core/event_text.hpp"

namespace forkyard {

namespace {

std::int64_t bytes_of(const Value& value) {
    return value.is(Value::Kind::text) ? static_cast<std::int64_t>(value.text().size()) : 8;
}

// Values that the program itself has are sent with the tasks that read them (SCH-BE-04).
std::int64_t carried_bytes(const ValuesSource& source, std::uint32_t partitions) {
    std::int64_t most = 0;
    for (std::uint32_t p = 0; p < partitions; ++p) {
        const Slice slice = slice_of(source.rows.size(), partitions, p);
        std::int64_t bytes = 0;
        for (std::uint64_t i = slice.begin; i < slice.end; ++i) {
            bytes += bytes_of(source.rows[i]);
        }
        most = std::max(most, bytes);
    }
    return most;
}

// The datasets of a stage that ends with this one, each once.
template <class Visit>
void each_of_stage(const Lineage& lineage, DatasetId id, Visit visit) {
    std::set<std::uint32_t> met{id.value};
    std::vector<std::uint32_t> open{id.value};
    while (!open.empty()) {
        const ComputedDataset& dataset = lineage.at(DatasetId{open.back()}).computed;
        open.pop_back();
        visit(dataset);
        for (const std::uint32_t parent : dataset.parents) {
            if (met.insert(parent).second) {
                open.push_back(parent);
            }
        }
    }
}

std::int64_t carried_bytes(const Lineage& lineage, DatasetId id) {
    std::int64_t most = 0;
    each_of_stage(lineage, id, [&](const ComputedDataset& dataset) {
        if (const auto* values = std::get_if<ValuesSource>(&dataset.op)) {
            most = std::max(most, carried_bytes(*values, dataset.partitions));
        }
    });
    return most;
}

std::vector<BroadcastId> broadcasts_of(const Lineage& lineage, DatasetId id) {
    std::set<BroadcastId> used;
    each_of_stage(lineage, id, [&](const ComputedDataset& dataset) {
        const auto* applied = std::get_if<Apply>(&dataset.op);
        if (applied != nullptr && applied->call.broadcast) {
            used.insert(*applied->call.broadcast);
        }
    });
    return {used.begin(), used.end()};
}

}  // namespace

Program::Program(const AppSpec& app, std::span<const InputFile> inputs, ClockKind clock)
    : lineage_{app.conf.default_parallelism,
               default_parallelism(app.conf),
               RddId{static_cast<std::uint32_t>(app.stages.size())}},
      definitions_{app.conf, clock, lineage_} {
    add_synthetic(app);
    const std::vector<std::vector<InputFile>> files = files_by_dataset(app, inputs);
    for (std::size_t d = 0; d < app.datasets.size(); ++d) {
        define(app.datasets[d], files[d]);
    }
    for (const DatasetSpec& dataset : app.datasets) {
        (void)result_stage(dataset.name);
    }
    for (const JobSpec& job : app.jobs) {
        add_job(job);
    }
}

std::optional<StorageLevel> Program::level_of(RddId rdd) const {
    const auto stage = kept_stages_.find(rdd);
    if (stage != kept_stages_.end()) {
        return stage->second;
    }
    const DatasetNode* dataset = lineage_.kept_as(rdd);
    return dataset == nullptr ? std::nullopt : dataset->storage;
}

void Program::add_synthetic(const AppSpec& app) {
    std::map<std::string_view, PlanId> by_name;
    for (std::uint32_t s = 0; s < app.stages.size(); ++s) {
        by_name.emplace(app.stages[s].name, PlanId{s});
    }
    stages_.resize(app.stages.size());
    for (std::uint32_t s = 0; s < app.stages.size(); ++s) {
        const StageSpec& spec = app.stages[s];
        PlanStage& stage = stages_[s];
        stage.name = spec.name;
        stage.tasks = spec.tasks;
        stage.spec = s;
        if (spec.cache) {
            stage.kept = RddId{s};
            kept_stages_.emplace(*stage.kept, *spec.cache);
        }
        stage.barrier = spec.barrier;
        stage.indeterminate = !spec.deterministic;
        for (const std::string& parent : spec.parents) {
            const PlanId id = by_name.at(parent);
            stage.parents.push_back(id);
            PlanStage& writer = stages_[id.index()];
            writer.children_partitions = std::max(writer.children_partitions, spec.tasks);
        }
        result_stages_.emplace(spec.name, PlanId{s});
    }
    // What reads indeterminate output is indeterminate itself (SCH-DAG-60).
    for (bool changed = true; std::exchange(changed, false);) {
        for (PlanStage& stage : stages_) {
            const bool spreads =
                std::any_of(stage.parents.begin(), stage.parents.end(), [&](PlanId parent) {
                    return stages_[parent.index()].indeterminate;
                });
            changed = changed || (spreads && !stage.indeterminate);
            stage.indeterminate = stage.indeterminate || spreads;
        }
    }
}

PlanId Program::add_real(DatasetId root,
                         const std::string& name,
                         std::optional<std::uint32_t> writes) {
    PlanStage& stage = stages_.emplace_back();
    stage.name = name;
    stage.synthetic = false;
    stage.root = root;
    stage.tasks = lineage_.partitions(root);
    look_behind(stage);
    stage.indeterminate = is_indeterminate(stage);
    stage.writes = writes;
    return PlanId{static_cast<std::uint32_t>(stages_.size() - 1)};
}

// What the stage reads.
void Program::look_behind(PlanStage& stage) const {
    stage.task_bytes = carried_bytes(lineage_, stage.root);
    stage.broadcasts = broadcasts_of(lineage_, stage.root);
    stage.parents.clear();
    for (const std::uint32_t shuffle : lineage_.shuffles_before(stage.root)) {
        stage.parents.push_back(writers_[shuffle]);
    }
}

// What stages have written is of another outcome than the files: they stay what they are.
void Program::cut(const std::string& dataset,
                  ActionKind by,
                  const std::function<bool(PlanId)>& has_written) {
    lineage_.begin_step({}, to_text(by), {});
    lineage_.cut(this->dataset(dataset));
    const bool local = lineage_.is_marked_local(this->dataset(dataset));
    for (std::uint32_t i = 0; i < stages_.size(); ++i) {
        PlanStage& stage = stages_[i];
        if (stage.synthetic) {
            continue;
        }
        look_behind(stage);
        if (!local && !has_written(PlanId{i})) {
            stage.indeterminate = is_indeterminate(stage);
        }
    }
}

// Those that it reads stand before it.
bool Program::is_indeterminate(const PlanStage& stage) const {
    return lineage_.at(stage.root).determinism == Determinism::indeterminate ||
           std::any_of(stage.parents.begin(), stage.parents.end(), [&](PlanId parent) {
               return stages_[parent.index()].indeterminate;
           });
}

// A stage for each shuffle that is new, and for what samples the keys of a sort.
void Program::add_writers() {
    const std::vector<ShuffleDependency>& shuffles = lineage_.shuffles();
    for (auto s = static_cast<std::uint32_t>(writers_.size()); s < shuffles.size(); ++s) {
        const ShuffleDependency& shuffle = shuffles[s];
        const std::uint32_t partitions = shuffle.partitioner.partitions;
        writers_.push_back(add_real(shuffle.parent, shuffle.name, s));
        stages_.back().children_partitions = partitions;
        samplers_.emplace_back();
        if (shuffle.partitioner.sort && partitions > 1) {
            samplers_.back() =
                add_real(shuffle.parent, fmt::format("{}:sample", shuffle.name), std::nullopt);
        }
    }
}

PlanId Program::result_stage(const std::string& of) {
    const auto known = result_stages_.find(of);
    if (known != result_stages_.end()) {
        return known->second;
    }
    const std::optional<DatasetId> root = definitions_.find(of);
    FORKYARD_CHECK(root, "a job is of a known stage or dataset");
    return result_stages_.emplace(of, add_real(*root, of, std::nullopt)).first->second;
}

// That of a tree_reduce may stand behind shuffles of its own.
PlanId Program::final_stage(const JobSpec& spec) {
    if (spec.action != ActionKind::tree_reduce) {
        return result_stage(spec.of);
    }
    const auto arguments = read_arguments(spec.action, values_of(spec.args));
    FORKYARD_CHECK(arguments.has_value(), "the arguments of an action have been checked");
    const DatasetId root = definitions_.tree_reduce(spec.of, *arguments);
    add_writers();
    return root == dataset(spec.of) ? result_stage(spec.of) : add_real(root, spec.of, std::nullopt);
}

std::optional<std::uint32_t> Program::only_partition(const PlanJob& job) const {
    const JobSpec& spec = job_spec(job);
    if (spec.action != ActionKind::lookup || job.samples) {
        return std::nullopt;
    }
    const std::optional<Partitioner>& known = lineage_.at(stage(job.final_stage).root).partitioner;
    return known && !known->sort && known->partitions > 0
               ? std::optional{hash_partition(value_of(spec.args.at(0)), known->partitions)}
               : std::nullopt;
}

void Program::define(const DatasetSpec& dataset, std::span<const InputFile> inputs) {
    FORKYARD_CHECK(definitions_.define(dataset, inputs).has_value(),
                   "steps that Spark refuses are refused before");
    add_writers();
}

// The samples that the stage's sorts need come before the job, those of its parents first.
void Program::add_samples(PlanId id, const PlanJob& job, std::set<PlanId>& met) {
    for (const PlanId parent : stage(id).parents) {
        if (!met.insert(parent).second) {
            continue;
        }
        add_samples(parent, job, met);
        const PlanStage& writer = stage(parent);
        if (writer.synthetic || !samplers_[*writer.writes].valid()) {
            continue;
        }
        PlanJob sample = job;
        sample.name = fmt::format("sort_by at {}", writer.name);
        sample.final_stage = samplers_[*writer.writes];
        sample.map_stage = false;
        sample.checkpoint.reset();
        sample.samples = true;
        sample.bounds_for = parent;
        jobs_.push_back(std::move(sample));
    }
}

// Spark runs the sampling of a sort when the dataset is defined: before its first job. Each
// job has the samplings that it needs before it; those whose bounds are known are left out.
void Program::add_job(const JobSpec& spec, JobFor what) {
    PlanJob job;
    job.name = spec.name;
    job.spec = static_cast<std::uint32_t>(specs_.size());
    job.pool = spec.pool;
    job.map_stage = spec.map_stage;
    if (what == JobFor::checkpoint) {
        job.checkpoint = lineage_.at(dataset(spec.of)).checkpoint->folder;
    }
    job.group = spec.group;
    job.final_stage = final_stage(spec);
    specs_.push_back(spec);
    std::set<PlanId> met;
    add_samples(job.final_stage, job, met);
    jobs_.push_back(std::move(job));
}

}  // namespace forkyard
