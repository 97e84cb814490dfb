// The program of an application: lineage cut into stages at every shuffle.
//
// A plan stage is what Spark's DAGScheduler makes a ShuffleMapStage or a ResultStage
// of: a chain of narrow steps over a source or over the shuffles of its parents. The
// same plan stage can run as a map stage (its children need its shuffle) and as the
// final stage of a job. Numbers of stages and shuffles are given later, at job
// submission, by the DAG scheduler.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/model/application.hpp"
#include "core/model/input_file.hpp"
#include "core/model/scenario.hpp"
#include "core/plan/lineage.hpp"

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
    bool synthetic = true;
    std::uint32_t spec = 0;                 // synthetic: index into AppSpec::stages
    DatasetId root{};                       // real: the last dataset that it computes
    std::optional<std::uint32_t> writes{};  // real: the shuffle of the lineage
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
    // `inputs`: what the application's file sources read, one source after the other.
    // Under the wall clock steps take the time that they take, and what they are said to cost.
    Program(const AppSpec& app,
            std::span<const InputFile> inputs,
            ClockKind clock = ClockKind::virtual_time);

    [[nodiscard]] const std::vector<PlanStage>& stages() const { return stages_; }
    [[nodiscard]] const std::vector<PlanJob>& jobs() const { return jobs_; }
    [[nodiscard]] const PlanStage& stage(PlanId id) const { return stages_[id.index()]; }
    [[nodiscard]] const Lineage& lineage() const { return lineage_; }
    // The stage that writes the shuffle of the lineage.
    [[nodiscard]] PlanId writer_of(std::uint32_t shuffle) const { return writers_[shuffle]; }

private:
    void add_synthetic(const AppSpec& app);
    void add_real(const AppSpec& app, const std::vector<DatasetId>& last);
    [[nodiscard]] PlanStage real_stage(DatasetId root, const std::string& name) const;
    void spread_indeterminacy();
    void add_jobs(const AppSpec& app);
    void add_samples(PlanId stage, const PlanJob& job, std::set<PlanId>& met);

    Lineage lineage_;
    std::vector<PlanStage> stages_{};
    std::vector<PlanJob> jobs_{};
    std::vector<PlanId> writers_{};         // by shuffle of the lineage
    std::vector<PlanId> samplers_{};        // likewise; invalid: it needs no sample
    std::vector<PlanId> dataset_stages_{};  // by AppSpec::datasets
};

// spark.default.parallelism, else what Spark's backend answers before an executor
// has registered (CoarseGrainedSchedulerBackend: max of the cores known and 2; of a local
// master: its cores).
[[nodiscard]] std::uint32_t default_parallelism(const AppConf& conf);

}  // namespace forkyard
