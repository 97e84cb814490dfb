// From the steps that a scenario writes, or a session asks for, to the lineage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "core/data/action_arguments.hpp"
#include "core/model/application.hpp"
#include "core/model/input_file.hpp"
#include "core/model/scenario.hpp"
#include "core/plan/lineage.hpp"

namespace forkyard {

// A step that Spark refuses where it is defined.
struct RefusedStep {
    std::size_t dataset = 0;  // of the application's, in order
    std::size_t step = 0;
    std::string why;
};

class DatasetDefinitions {
public:
    // Under the wall clock steps take the time that they take, and what they are said to cost.
    // All must outlive it.
    DatasetDefinitions(const AppConf& conf, ClockKind clock, Lineage& lineage)
        : conf_{conf}, clock_{clock}, lineage_{lineage} {}

    // The last of its datasets, which is known by its name from now on. Others that it names
    // stand before it. `inputs`: the files of the source that it begins with, if it does. The
    // error: one of its steps is refused, by the numbers of partitions.
    tl::expected<DatasetId, RefusedStep> define(const DatasetSpec& spec,
                                                std::span<const InputFile> inputs);
    // Why such a step of two datasets is refused; empty: it is not.
    [[nodiscard]] std::string why_refused(StepKind kind, DatasetId of, DatasetId other) const;
    // What a tree_reduce of the dataset has left for its last stage: the dataset itself, if no
    // shuffle helps.
    [[nodiscard]] DatasetId tree_reduce(const std::string& name, const ActionArguments& action);
    // None: no dataset is called so.
    [[nodiscard]] std::optional<DatasetId> find(const std::string& name) const;

private:
    [[nodiscard]] std::vector<DatasetId> others_of(const StepSpec& step) const;
    [[nodiscard]] FileSource files(const StepSpec& step, std::span<const InputFile> inputs) const;
    [[nodiscard]] DatasetId source(const StepSpec& step,
                                   const std::vector<DatasetId>& others,
                                   std::span<const InputFile> inputs);
    [[nodiscard]] DatasetId next(DatasetId of,
                                 const StepSpec& step,
                                 const std::vector<DatasetId>& others);

    const AppConf& conf_;
    ClockKind clock_;
    Lineage& lineage_;
    std::map<std::string, DatasetId> known_{};
};

// Of each dataset of an application the files that it reads. `inputs`: what its file sources
// read, one source after the other.
[[nodiscard]] std::vector<std::vector<InputFile>> files_by_dataset(
    const AppSpec& app, std::span<const InputFile> inputs);

// The first of an application's steps that is refused; none: all can be defined.
[[nodiscard]] std::optional<RefusedStep> refused_step(const AppSpec& app,
                                                      std::span<const InputFile> inputs);

// spark.default.parallelism, else what Spark's backend answers before an executor
// has registered (CoarseGrainedSchedulerBackend: max of the cores known and 2; of a local
// master: its cores).
[[nodiscard]] std::uint32_t default_parallelism(const AppConf& conf);

}  // namespace forkyard
