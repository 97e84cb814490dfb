// The program of an application: lineage cut into stages at every shuffle.
//
// A plan stage is what Spark's DAGScheduler makes a ShuffleMapStage or a ResultStage
// of: a chain of narrow steps over a source or over the shuffles of its parents. The
// same plan stage can run as a map stage (its children need its shuffle) and as the
// final stage of a job. Numbers of stages and shuffles are given later, at job
// submission, by the DAG scheduler.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/model/application.hpp"
#include "core/model/scenario.hpp"

namespace forkyard {

struct PlanStage {
    std::string name{};  // the stage's or dataset's; the writer for wide step k is NAME:k
    std::vector<PlanId> parents{};
    std::uint32_t tasks = 0;
    std::uint32_t children_partitions = 0;  // what its shuffle is cut into; 0: it writes none
    std::int64_t task_bytes = 0;            // of its source's values that a task carries, at most
    bool cached = false;                    // its partitions stay in the executors that made them
    bool barrier = false;                   // its tasks start together
    bool indeterminate = false;  // another try may give other output, from its own or its input
    // Synthetic: the stage of AppSpec::stages. Real: the steps of a dataset.
    bool synthetic = true;
    std::uint32_t spec = 0;        // index into AppSpec::stages or ::datasets
    std::uint32_t first_step = 0;  // real: the wide step it reads (or the source) ...
    std::uint32_t end_step = 0;    // ... up to the next wide step, exclusive
};

struct PlanJob {
    std::string name{};
    PlanId final_stage{};
    std::uint32_t spec = 0;  // index into AppSpec::jobs
    std::string pool{};      // spark.scheduler.pool; empty: default
    std::string group{};
    bool map_stage = false;  // done when its final stage's shuffle is there
    // A hidden job that samples the keys for a range partitioner, as Spark's sortBy runs one.
    bool samples = false;
    // The plan stage whose shuffle the sample's bounds are for.
    PlanId bounds_for{};
};

class Program {
public:
    // `input_bytes`: size of each text file, in the order of the datasets' read_text steps.
    Program(const AppSpec& app, std::span<const std::int64_t> input_bytes);

    [[nodiscard]] const std::vector<PlanStage>& stages() const { return stages_; }
    [[nodiscard]] const std::vector<PlanJob>& jobs() const { return jobs_; }
    [[nodiscard]] const PlanStage& stage(PlanId id) const { return stages_[id.index()]; }
    // Bytes of the file that a text source reads.
    [[nodiscard]] std::int64_t input_bytes(std::uint32_t dataset) const {
        return input_bytes_[dataset];
    }

private:
    void add_synthetic(const AppSpec& app);
    void spread_indeterminacy();
    PlanId add_dataset(const AppSpec& app, std::uint32_t dataset, std::vector<PlanJob>& samples);
    void add_jobs(const AppSpec& app);

    std::vector<PlanStage> stages_{};
    std::vector<PlanJob> jobs_{};
    std::vector<std::int64_t> input_bytes_{};  // by dataset; 0 where it reads no file
    std::vector<PlanId> dataset_final_{};      // by dataset
    std::vector<std::vector<PlanJob>> dataset_samples_{};
};

// Whether the step cuts the lineage: its input is a shuffle.
[[nodiscard]] bool is_wide(StepKind kind);

// spark.default.parallelism, else what Spark's backend answers before an executor
// has registered (CoarseGrainedSchedulerBackend: max of the cores known and 2; of a local
// master: its cores).
[[nodiscard]] std::uint32_t default_parallelism(const AppConf& conf);

}  // namespace forkyard
