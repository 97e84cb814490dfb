// What executors keep, as it really is: the block manager of each, and who has which block. The
// world's side of what drivers learn from block.cached and block.dropped.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/executor/block_manager.hpp"
#include "core/ids.hpp"
#include "core/model/scenario.hpp"

namespace forkyard::sim {

class StorageBooks {
public:
    // `scenario` must outlive it.
    explicit StorageBooks(const Scenario& scenario) : scenario_{scenario} {}

    // As BlockManager says.
    [[nodiscard]] std::vector<BlockChange> put(AppId app,
                                               ExecutorId exec,
                                               RddBlock block,
                                               const StorageLevel& level,
                                               std::int64_t bytes,
                                               BlockManager::Origin origin);
    [[nodiscard]] std::vector<BlockChange> begin_read(AppId app,
                                                      ExecutorId exec,
                                                      RddBlock block,
                                                      BlockManager::Reader reader);
    void end_read(AppId app, ExecutorId exec, RddBlock block);
    // It is to go, as soon as nobody reads it.
    void retire(AppId app, ExecutorId exec, RddBlock block);
    // Those that have gone so and were not asked for yet.
    struct Gone {
        AppId app;
        ExecutorId exec;
        RddBlock block;
    };
    [[nodiscard]] std::vector<Gone> take_gone() { return std::exchange(gone_, {}); }
    // A task asks for execution memory; what is evicted for it goes into `changes`.
    [[nodiscard]] std::optional<std::int64_t> acquire_execution(AppId app,
                                                                ExecutorId exec,
                                                                UnifiedMemory::TaskKey task,
                                                                std::int64_t bytes,
                                                                std::vector<BlockChange>& changes);
    void end_task(ExecutorId exec, UnifiedMemory::TaskKey task);
    // False: it does not have it.
    bool remove(AppId app, ExecutorId exec, RddBlock block);
    void remove_executor(AppId app, ExecutorId exec);

    // In the order in which they got it.
    [[nodiscard]] const std::vector<ExecutorId>& holders(AppId app, RddBlock block) const;
    [[nodiscard]] std::optional<BlockStatus> find(ExecutorId exec, RddBlock block) const;
    [[nodiscard]] std::vector<RddBlock> blocks_of(ExecutorId exec) const;  // ascending
    [[nodiscard]] std::vector<RddBlock> blocks_of(AppId app, RddId rdd) const;

private:
    struct Key {
        AppId app;
        RddBlock block;
        auto operator<=>(const Key&) const = default;
    };
    [[nodiscard]] BlockManager& manager(AppId app, ExecutorId exec);
    void note(AppId app, ExecutorId exec, const std::vector<BlockChange>& changes);
    void forget(AppId app, ExecutorId exec, RddBlock block);

    const Scenario& scenario_;
    std::map<ExecutorId, BlockManager> managers_{};
    std::map<Key, std::vector<ExecutorId>> holders_{};
    std::vector<Gone> gone_{};
    const std::vector<ExecutorId> none_{};
};

}  // namespace forkyard::sim
