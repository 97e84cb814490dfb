// Executors within the driver's process: each task is computed at once, on the spot.
// For tests, searches and speed; under the virtual clock only. Its journals equal
// those of real processes.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/data/compute_task.hpp"
#include "sim/host/executor_host.hpp"

namespace forkyard::sim {

class FileCache;

class InlineHost final : public ExecutorHost {
public:
    InlineHost();
    ~InlineHost() override;

    [[nodiscard]] Result<void> start(const ExecutorStart& executor) override;
    [[nodiscard]] bool takes_synthetic() const override { return false; }
    [[nodiscard]] Result<void> launch(const TaskOrder& order) override;
    [[nodiscard]] Result<TaskAnswer> await(std::uint32_t ticket) override;
    void discard(std::uint32_t ticket) override {
        answers_.erase(ticket);
        made_.erase(ticket);
    }
    [[nodiscard]] Result<void> kill(ExecutorId exec) override;
    [[nodiscard]] Result<void> copy_output(ExecutorId from,
                                           ExecutorId to,
                                           const WrittenShuffle& shuffle,
                                           std::uint32_t map) override;
    [[nodiscard]] Result<void> keep_made(ExecutorId exec,
                                         AppId app,
                                         std::uint32_t ticket,
                                         const std::vector<KeptBlock>& kept) override;
    [[nodiscard]] Result<void> place(ExecutorId exec, AppId app, const KeptBlock& block) override;
    [[nodiscard]] Result<void> copy_block(ExecutorId from,
                                          ExecutorId to,
                                          AppId app,
                                          const KeptBlock& block) override;
    [[nodiscard]] Result<void> keep_files(ExecutorId exec,
                                          const std::vector<WrittenShuffle>& shuffles) override;
    [[nodiscard]] Result<void> drop_files(ExecutorId exec) override;
    [[nodiscard]] Result<void> commit(ExecutorId /*exec*/, const AttemptOutput& output) override {
        return commit_output(output);
    }
    void drop(ExecutorId /*exec*/, const AttemptOutput& output) override { drop_output(output); }
    [[nodiscard]] Result<void> drop_broadcast(ExecutorId /*exec*/, BroadcastId /*id*/) override {
        return {};  // there is one for all
    }
    void release_broadcast(AppId app, BroadcastId id) override { broadcasts_.erase({app, id}); }
    void stop(ExecutorId exec) override;
    void close() override {}

private:
    struct OutputKey {
        AppId app;
        ShuffleId shuffle;
        std::uint32_t map = 0;
        auto operator<=>(const OutputKey&) const = default;
    };
    using Outputs = std::map<OutputKey, std::vector<std::string>>;  // regions
    using Blocks = std::map<std::pair<AppId, RddBlock>, std::string>;

    class Input;

    // Its regions.
    [[nodiscard]] const std::vector<std::string>& output(ExecutorId holder,
                                                         const OutputKey& key) const;

    std::map<ExecutorId, Outputs> stores_;
    std::set<ExecutorId> kept_;            // gone, but their stores are served
    std::map<ExecutorId, Blocks> blocks_;  // kept partitions, in memory or on disk
    std::map<std::uint32_t, TaskAnswer> answers_;
    std::map<std::uint32_t, std::vector<MadeBlock>> made_;  // by ticket, until they are settled
    // Whose value was made from what.
    struct MadeBroadcast {
        std::shared_ptr<const BroadcastValue> of;
        std::shared_ptr<const Value> value;
    };
    std::map<std::pair<AppId, BroadcastId>, MadeBroadcast> broadcasts_;
    std::unique_ptr<FileCache> files_;
};

}  // namespace forkyard::sim
