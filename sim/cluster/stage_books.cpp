#include "sim/cluster/stage_books.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/event_text.hpp"
#include "core/model/draw.hpp"
#include "core/plan/lowering.hpp"
#include "sim/cluster/memory_shares.hpp"
#include "sim/scenario/scenario_file.hpp"

namespace forkyard::sim {

void StageBooks::submit(const SubmitStage& action) {
    stages_.resize(scenario_.apps.size());
    plan_shuffles_.resize(scenario_.apps.size());
    std::vector<StageEntry>& stages = stages_[action.app.index()];
    if (stages.size() <= action.stage.stage.index()) {
        stages.resize(action.stage.stage.index() + 1);
    }
    const AppSpec& app = scenario_.apps[action.app.index()];
    const Program& program = control_.driver(action.app).program();
    auto& plan_shuffles = plan_shuffles_[action.app.index()];
    StageEntry& entry = stages[action.stage.stage.index()];
    entry = StageEntry{};
    entry.id = action.stage.stage;
    entry.name = action.name;
    entry.plan = action.plan;
    entry.plan_stage = &program.stage(action.plan);
    entry.output = action.shuffle;
    entry.broadcasts = entry.plan_stage->broadcasts;
    entry.job = action.job;
    // Another attempt of the application makes its shuffles anew.
    if (action.shuffle.valid() &&
        std::exchange(plan_shuffles[action.plan], action.shuffle) != action.shuffle) {
        shuffles_.declare(action.app, action.shuffle, entry.plan_stage->tasks);
    }
    for (const PlanId parent : entry.plan_stage->parents) {
        const auto known = plan_shuffles.find(parent);
        if (known != plan_shuffles.end()) {
            entry.reads.push_back(known->second);
            continue;
        }
        // It has no partitions, or what it is read for is cached: it was never submitted.
        entry.reads.push_back(control_.driver(action.app).dag_scheduler().known_shuffle(parent));
        shuffles_.declare(action.app, entry.reads.back(), program.stage(parent).tasks);
    }
    if (entry.plan_stage->synthetic) {
        entry.synthetic = &app.stages[entry.plan_stage->spec];
        entry.keeps = entry.plan_stage->kept.has_value();
        entry.duration_key =
            stage_key(scenario_.seed, Stream::duration, app.name, entry.synthetic->name);
    } else {
        lower(action.app, entry);
    }
}

void StageBooks::lower(AppId id, StageEntry& entry) const {
    const Program& program = control_.driver(id).program();
    const LoweringInput input{program, *entry.plan_stage, entry.reads, scenario_.seed};
    const PlanJob& job = programs_.plan_job(id, entry.job);
    StageProgram lowered;
    if (entry.output.valid()) {
        lowered = lower_map_stage(input, programs_.bounds(id, entry.plan));
    } else if (job.samples) {
        lowered = lower_sample_stage(input,
                                     program.stage(job.bounds_for).children_partitions,
                                     programs_.sample_fraction(id, entry.job));
    } else {
        lowered = job.checkpoint && !job.checkpoint->empty()
                      ? lower_checkpoint_stage(input)
                      : lower_result_stage(input, program.job_spec(job));
        entry.save = programs_.save_of(id, entry.job);
    }
    for (ComputedDataset& dataset : lowered.datasets) {
        entry.keeps = entry.keeps || dataset.kept.has_value();
        if (auto* source = std::get_if<FileSource>(&dataset.op)) {
            for (SourceFile& file : source->files) {
                file.path = resolve_path(scenario_.folder, file.name);
            }
        } else if (auto* checkpoint = std::get_if<CheckpointSource>(&dataset.op)) {
            checkpoint->folder = programs_.checkpoint_folder(id, checkpoint->folder);
        }
    }
    lowered.memory = task_memory(scenario_.cluster, scenario_.apps[id.index()].conf);
    entry.encoded = std::make_shared<const std::string>(encode_program(lowered));
    entry.program = std::make_shared<const StageProgram>(std::move(lowered));
}

const StageEntry* StageBooks::writer_of(AppId app, ShuffleId shuffle) const {
    const StageEntry* found = nullptr;
    for (const StageEntry& entry : stages_[app.index()]) {
        if (entry.plan_stage != nullptr && entry.output == shuffle) {
            found = &entry;
        }
    }
    return found;
}

std::vector<WrittenShuffle> StageBooks::written(AppId app) const {
    std::vector<WrittenShuffle> out;
    if (app.index() >= stages_.size()) {
        return out;
    }
    for (const StageEntry& entry : stages_[app.index()]) {
        const bool known = std::any_of(out.begin(), out.end(), [&](const WrittenShuffle& shuffle) {
            return shuffle.shuffle == entry.output;
        });
        if (entry.output.valid() && entry.synthetic == nullptr && !known) {
            out.push_back({app, entry.output, entry.plan_stage->children_partitions});
        }
    }
    return out;
}

ShuffleId StageBooks::shuffle_of(AppId app, const std::string& stage) const {
    if (stages_.size() <= app.index()) {
        return {};
    }
    ShuffleId found;
    for (const StageEntry& entry : stages_[app.index()]) {
        if (entry.output.valid() && names(stage, app, {entry.id, 0})) {
            found = entry.output;
        }
    }
    return found;
}

bool StageBooks::names(const std::string& text, AppId app, StageAttempt stage) const {
    const StageEntry& entry = at(app, stage.stage);
    return text == entry.name || text == fmt::format("s{}", stage.stage.value) ||
           text == to_text(stage);
}

}  // namespace forkyard::sim
