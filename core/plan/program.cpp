#include "core/plan/program.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/data/sources.hpp"
#include "core/plan/define_datasets.hpp"

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

std::int64_t carried_bytes(const Lineage& lineage, DatasetId id) {
    std::set<std::uint32_t> met{id.value};
    std::vector<std::uint32_t> open{id.value};
    std::int64_t most = 0;
    while (!open.empty()) {
        const ComputedDataset& dataset = lineage.at(DatasetId{open.back()}).computed;
        open.pop_back();
        if (const auto* values = std::get_if<ValuesSource>(&dataset.op)) {
            most = std::max(most, carried_bytes(*values, dataset.partitions));
        }
        for (const std::uint32_t parent : dataset.parents) {
            if (met.insert(parent).second) {
                open.push_back(parent);
            }
        }
    }
    return most;
}

}  // namespace

std::uint32_t default_parallelism(const AppConf& conf) {
    return conf.default_parallelism.value_or(conf.backend_parallelism);
}

Program::Program(const AppSpec& app, std::span<const InputFile> inputs, ClockKind clock)
    : lineage_{app.conf.default_parallelism, default_parallelism(app.conf)} {
    add_synthetic(app);
    std::vector<DatasetId> last = define_datasets(app, inputs, clock, lineage_);
    add_real(app, last);
    add_jobs(app);
    spread_indeterminacy();
}

// What reads indeterminate output is indeterminate itself (SCH-DAG-60).
void Program::spread_indeterminacy() {
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
        stage.cached = spec.cached;
        stage.barrier = spec.barrier;
        stage.indeterminate = !spec.deterministic;
        for (const std::string& parent : spec.parents) {
            const PlanId id = by_name.at(parent);
            stage.parents.push_back(id);
            PlanStage& writer = stages_[id.index()];
            writer.children_partitions = std::max(writer.children_partitions, spec.tasks);
        }
    }
}

PlanStage Program::real_stage(DatasetId root, const std::string& name) const {
    PlanStage stage;
    stage.name = name;
    stage.synthetic = false;
    stage.root = root;
    stage.tasks = lineage_.partitions(root);
    stage.task_bytes = carried_bytes(lineage_, root);
    stage.indeterminate = lineage_.at(root).determinism == Determinism::indeterminate;
    for (const std::uint32_t shuffle : lineage_.shuffles_before(root)) {
        stage.parents.push_back(writers_[shuffle]);
    }
    return stage;
}

// A stage for each shuffle, for what samples the keys of a sort, and for each dataset.
void Program::add_real(const AppSpec& app, const std::vector<DatasetId>& last) {
    const auto add = [this](PlanStage stage) {
        stages_.push_back(std::move(stage));
        return PlanId{static_cast<std::uint32_t>(stages_.size() - 1)};
    };
    const std::vector<ShuffleDependency>& shuffles = lineage_.shuffles();
    for (std::uint32_t s = 0; s < shuffles.size(); ++s) {
        PlanStage writer = real_stage(shuffles[s].parent, shuffles[s].name);
        writer.writes = s;
        writer.children_partitions = shuffles[s].partitioner.partitions;
        writers_.push_back(add(writer));
        samplers_.emplace_back();
        if (shuffles[s].partitioner.sort && writer.children_partitions > 1) {
            samplers_.back() =
                add(real_stage(shuffles[s].parent, fmt::format("{}:sample", writer.name)));
        }
    }
    for (std::size_t d = 0; d < last.size(); ++d) {
        dataset_stages_.push_back(add(real_stage(last[d], app.datasets[d].name)));
    }
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
        sample.samples = true;
        sample.bounds_for = parent;
        jobs_.push_back(std::move(sample));
    }
}

// Spark runs the sampling of a sort when the dataset is defined: before its first job. Each
// job has the samplings that it needs before it; those whose bounds are known are left out.
void Program::add_jobs(const AppSpec& app) {
    for (std::uint32_t j = 0; j < app.jobs.size(); ++j) {
        const JobSpec& spec = app.jobs[j];
        PlanJob job;
        job.name = spec.name;
        job.spec = j;
        job.pool = spec.pool;
        job.map_stage = spec.map_stage;
        job.group = spec.group;
        for (std::uint32_t s = 0; s < app.stages.size(); ++s) {
            if (app.stages[s].name == spec.of) {
                job.final_stage = PlanId{s};
            }
        }
        for (std::uint32_t d = 0; d < app.datasets.size(); ++d) {
            if (app.datasets[d].name == spec.of) {
                job.final_stage = dataset_stages_[d];
            }
        }
        FORKYARD_CHECK(job.final_stage.valid(), "a job is of a known stage or dataset");
        std::set<PlanId> met;
        add_samples(job.final_stage, job, met);
        jobs_.push_back(std::move(job));
    }
}

}  // namespace forkyard
