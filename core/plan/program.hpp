// The program of an application: lineage cut into stages at every shuffle.
//
// A scenario has all of it from the start. A driver program in C++ adds datasets and jobs while
// it runs, and what is there stays as it is.
//
// A plan stage is what Spark's DAGScheduler makes a ShuffleMapStage or a ResultStage
// of: a chain of narrow steps over a source or over the shuffles of its parents. The
// same plan stage can run as a map stage (its children need its shuffle) and as the
// final stage of a job. Numbers of stages and shuffles are given later, at job
// submission, by the DAG scheduler.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/model/application.hpp"
#include "core/model/input_file.hpp"
#include "core/model/scenario.hpp"
#include "core/plan/define_datasets.hpp"
#include "core/plan/lineage.hpp"

namespace forkyard {

struct PlanStage {
    std::string name{};  // the stage's or dataset's; the writer for wide step k is NAME:k
    std::vector<PlanId> parents{};
    std::uint32_t tasks = 0;
    std::uint32_t children_partitions = 0;  // what its shuffle is cut into; 0: it writes none
    std::int64_t task_bytes = 0;            // of its source's values that a task carries, at most
    // Synthetic: its partitions are kept by the executors that made them, under this number.
    std::optional<RddId> kept{};
    std::vector<BroadcastId> broadcasts{};  // that its tasks use; ascending
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
    std::uint32_t spec = 0;  // as it was written: see job_spec
    std::string pool{};      // spark.scheduler.pool; empty: default
    std::string group{};
    bool map_stage = false;  // done when its final stage's shuffle is there
    // It writes its dataset into the files of this folder, or, if that is empty, computes what of
    // it no executor keeps; it returns nothing.
    std::optional<std::string> checkpoint{};
    // A hidden job that samples the keys for a range partitioner, as Spark's sortBy runs one.
    bool samples = false;
    // The plan stage whose shuffle the sample's bounds are for.
    PlanId bounds_for{};
};

class Program {
public:
    // `inputs`: what the application's file sources read, one source after the other. `app` must
    // outlive it if it is to grow.
    Program(const AppSpec& app,
            std::span<const InputFile> inputs,
            ClockKind clock = ClockKind::virtual_time);
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    // `inputs`: the files of the source that it begins with, if it does.
    void define(const DatasetSpec& dataset, std::span<const InputFile> inputs);
    [[nodiscard]] bool knows(const std::string& dataset) const {
        return definitions_.find(dataset).has_value();
    }
    // Why such a step of two known datasets is refused; empty: it is not.
    [[nodiscard]] std::string why_refused(StepKind step,
                                          const std::string& of,
                                          const std::string& other) const {
        return definitions_.why_refused(step, dataset(of), dataset(other));
    }
    // Of a known dataset; none: it is not kept.
    [[nodiscard]] std::optional<StorageLevel> level_of(const std::string& dataset) const {
        return lineage_.at(this->dataset(dataset)).storage;
    }
    enum class JobFor { action, checkpoint };
    void add_job(const JobSpec& spec, JobFor what = JobFor::action);
    // Nothing of the known dataset is to be kept any more. The number that it was kept under;
    // none: it was not.
    std::optional<RddId> unpersist(const std::string& dataset) {
        return lineage_.unpersist(this->dataset(dataset));
    }
    // The known dataset is to be checkpointed; it has been, so that stages end with it. Those
    // that have not `has_written` may have become determinate.
    void mark(const std::string& dataset, const std::string& folder) {
        lineage_.mark(this->dataset(dataset), folder);
    }
    void cut(const std::string& dataset,
             ActionKind by,
             const std::function<bool(PlanId)>& has_written);
    // Of a known dataset.
    [[nodiscard]] DatasetId dataset(const std::string& name) const {
        return *definitions_.find(name);
    }

    [[nodiscard]] const std::deque<PlanStage>& stages() const { return stages_; }
    [[nodiscard]] const std::vector<PlanJob>& jobs() const { return jobs_; }
    [[nodiscard]] const PlanStage& stage(PlanId id) const { return stages_[id.index()]; }
    // The jobs that sample for another have the same.
    [[nodiscard]] const JobSpec& job_spec(const PlanJob& job) const { return specs_[job.spec]; }
    [[nodiscard]] const Lineage& lineage() const { return lineage_; }
    // How what is kept under this number is kept; none: nothing is.
    [[nodiscard]] std::optional<StorageLevel> level_of(RddId rdd) const;
    // The only partition that the job needs: that of a lookup's key, where keys are known to be.
    [[nodiscard]] std::optional<std::uint32_t> only_partition(const PlanJob& job) const;
    // The stage that writes the shuffle of the lineage.
    [[nodiscard]] PlanId writer_of(std::uint32_t shuffle) const { return writers_[shuffle]; }

private:
    void add_synthetic(const AppSpec& app);
    void add_writers();
    [[nodiscard]] PlanId result_stage(const std::string& of);
    [[nodiscard]] PlanId final_stage(const JobSpec& spec);
    [[nodiscard]] PlanId add_real(DatasetId root,
                                  const std::string& name,
                                  std::optional<std::uint32_t> writes);
    void look_behind(PlanStage& stage) const;
    [[nodiscard]] bool is_indeterminate(const PlanStage& stage) const;
    void add_samples(PlanId stage, const PlanJob& job, std::set<PlanId>& met);

    Lineage lineage_;
    DatasetDefinitions definitions_;
    std::deque<PlanStage> stages_{};  // they stay where they are when more come
    std::vector<PlanJob> jobs_{};
    std::deque<JobSpec> specs_{};
    std::map<RddId, StorageLevel> kept_stages_{};    // synthetic ones
    std::vector<PlanId> writers_{};                  // by shuffle of the lineage
    std::vector<PlanId> samplers_{};                 // likewise; invalid: it needs no sample
    std::map<std::string, PlanId> result_stages_{};  // by stage's or dataset's name
};

}  // namespace forkyard
