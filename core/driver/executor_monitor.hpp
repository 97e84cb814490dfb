// Which executors have had nothing to do for so long that they may go.
//
// An executor is idle from its registration, or from the end of the last task that ran on
// it. It is let go after spark.dynamicAllocation.executorIdleTimeout; with cached blocks, or
// files of a shuffle that it wrote, the time-outs of these count too, and the longest of
// them (before 3.4 the shorter of the two) decides. While a job that is running could read
// its shuffle files it is not idle at all. Whether it may go for good, and how many, is
// ExecutorAllocation's business.
//
// In Spark: ExecutorMonitor.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "core/model/conf.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

class ExecutorMonitor {
public:
    // `conf` must outlive it. Without `tracks_shuffles` shuffle files hold nobody back.
    ExecutorMonitor(const AllocationConf& conf, bool tracks_shuffles)
        : conf_{conf}, tracks_shuffles_{tracks_shuffles} {}

    void add(ExecutorId exec, SimTime now);
    void remove(ExecutorId exec);
    void forget_executors();
    void start_task(ExecutorId exec);
    // `succeeded`: what its stage writes is there.
    void end_task(ExecutorId exec, StageId stage, bool succeeded, SimTime now);
    void cache_block(ExecutorId exec, RddBlock block);
    void drop_block(ExecutorId exec, RddBlock block);
    // It was given an output of that shuffle by one that leaves.
    void keep_shuffle(ExecutorId exec, ShuffleId shuffle);
    struct Writer {
        StageId stage{};
        ShuffleId shuffle{};
    };
    // The stages of a job that write shuffles, those that will be skipped as well.
    void start_job(JobId job, const std::vector<Writer>& writers);
    void end_job(JobId job);
    // It has been told to go, at once or when it is done.
    void retire(ExecutorId exec);

    [[nodiscard]] std::uint32_t count() const {
        return static_cast<std::uint32_t>(executors_.size());
    }
    // Those that are there to stay.
    [[nodiscard]] std::uint32_t staying() const { return count() - leaving_; }
    // In order of number.
    [[nodiscard]] std::vector<ExecutorId> timed_out(SimTime now) const;
    // When the first of those that stay times out; none: nothing is idle.
    [[nodiscard]] std::optional<SimTime> next_timeout() const;
    [[nodiscard]] std::uint64_t digest() const;

private:
    struct Executor {
        std::uint32_t running = 0;  // tasks
        SimTime idle_since = time_never;
        std::set<RddBlock> cached{};
        std::set<ShuffleId> shuffles{};
        bool leaving = false;
        SimTime deadline = time_never;
    };

    void update(ExecutorId exec, Executor& entry);
    void update_holders_of(ShuffleId shuffle);
    [[nodiscard]] SimTime deadline_of(const Executor& entry) const;
    [[nodiscard]] bool in_use(const Executor& entry) const;

    const AllocationConf& conf_;
    bool tracks_shuffles_;
    std::map<ExecutorId, Executor> executors_{};
    std::set<std::pair<SimTime, ExecutorId>> deadlines_{};
    std::map<StageId, ShuffleId> shuffle_of_{};
    std::map<JobId, std::vector<ShuffleId>> jobs_{};  // that are running
    std::map<ShuffleId, std::uint32_t> users_{};      // how many of them
    std::uint32_t leaving_ = 0;
};

}  // namespace forkyard
