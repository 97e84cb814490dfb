#include "core/plan/program.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/data/sources.hpp"
#include "core/data/text_splits.hpp"

namespace forkyard {

namespace {

std::uint32_t source_partitions(const StepSpec& step,
                                std::int64_t bytes,
                                std::uint32_t parallelism) {
    if (step.kind == StepKind::read_text) {
        const std::uint32_t minimum = step.partitions.value_or(std::min(parallelism, 2U));
        return text_splits(bytes, minimum).count;
    }
    return step.partitions.value_or(parallelism);
}

std::int64_t bytes_of(const Argument& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? static_cast<std::int64_t>(text->size()) : 8;
}

// Values that the program itself has are sent with the tasks that read them (SCH-BE-04).
std::int64_t carried_bytes(const StepSpec& step, std::uint32_t tasks) {
    std::int64_t most = 0;
    for (std::uint32_t p = 0; step.kind == StepKind::values && p < tasks; ++p) {
        const Slice slice = slice_of(step.args.size(), tasks, p);
        std::int64_t bytes = 0;
        for (std::uint64_t i = slice.begin; i < slice.end; ++i) {
            bytes += bytes_of(step.args[i]);
        }
        most = std::max(most, bytes);
    }
    return most;
}

}  // namespace

bool is_wide(StepKind kind) {
    return kind == StepKind::reduce_by_key || kind == StepKind::group_by_key ||
           kind == StepKind::sort_by;
}

std::uint32_t default_parallelism(const AppConf& conf) {
    return conf.default_parallelism.value_or(conf.backend_parallelism);
}

Program::Program(const AppSpec& app, std::span<const std::int64_t> input_bytes)
    : input_bytes_(app.datasets.size()) {
    std::size_t next_input = 0;
    for (std::size_t d = 0; d < app.datasets.size(); ++d) {
        if (app.datasets[d].steps.front().kind == StepKind::read_text) {
            FORKYARD_CHECK(next_input < input_bytes.size(), "a size for each text file");
            input_bytes_[d] = input_bytes[next_input++];
        }
    }
    add_synthetic(app);
    dataset_samples_.resize(app.datasets.size());
    for (std::uint32_t d = 0; d < app.datasets.size(); ++d) {
        dataset_final_.push_back(add_dataset(app, d, dataset_samples_[d]));
    }
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

PlanId Program::add_dataset(const AppSpec& app,
                            std::uint32_t dataset,
                            std::vector<PlanJob>& samples) {
    const DatasetSpec& spec = app.datasets[dataset];
    const std::uint32_t parallelism = default_parallelism(app.conf);
    PlanStage current;
    current.name = spec.name;
    current.synthetic = false;
    current.spec = dataset;
    current.tasks = source_partitions(spec.steps.front(), input_bytes_[dataset], parallelism);
    current.task_bytes = carried_bytes(spec.steps.front(), current.tasks);
    const auto steps = static_cast<std::uint32_t>(spec.steps.size());
    for (std::uint32_t k = 1; k < steps; ++k) {
        const StepSpec& step = spec.steps[k];
        if (!is_wide(step.kind)) {
            continue;
        }
        // The largest parent's partition count, or the conf (DP-RDD-08).
        const std::uint32_t partitions =
            step.partitions.value_or(app.conf.default_parallelism.value_or(current.tasks));
        current.end_step = k;
        PlanStage writer = current;
        writer.name = fmt::format("{}:{}", spec.name, k);
        writer.children_partitions = partitions;
        const PlanId id{static_cast<std::uint32_t>(stages_.size())};
        stages_.push_back(writer);
        if (step.kind == StepKind::sort_by && partitions > 1) {
            PlanStage sample = current;
            sample.name = fmt::format("{}:{}:sample", spec.name, k);
            stages_.push_back(sample);
            PlanJob job;
            job.name = fmt::format("sort_by at {}:{}", spec.name, k);
            job.final_stage = PlanId{id.index() + 1};
            job.samples = true;
            job.bounds_for = id;
            samples.push_back(std::move(job));
        }
        current.parents = {id};
        current.task_bytes = 0;
        current.first_step = k;
        current.tasks = partitions;
    }
    current.end_step = steps;
    stages_.push_back(current);
    return PlanId{static_cast<std::uint32_t>(stages_.size() - 1)};
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
            if (app.datasets[d].name != spec.of) {
                continue;
            }
            job.final_stage = dataset_final_[d];
            for (PlanJob& sample : dataset_samples_[d]) {
                sample.spec = j;
                sample.pool = spec.pool;
                sample.group = spec.group;
                jobs_.push_back(sample);
            }
        }
        FORKYARD_CHECK(job.final_stage.valid(), "a job is of a known stage or dataset");
        jobs_.push_back(std::move(job));
    }
}

}  // namespace forkyard
