// Which executors hold which cached partitions, as they really do: the world's side of
// what drivers learn from block.cached. Room is not limited.
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "core/ids.hpp"

namespace forkyard::sim {

class CacheBooks {
public:
    void add(AppId app, RddBlock block, ExecutorId exec) {
        std::vector<ExecutorId>& holders = holders_[{app, block}];
        if (std::find(holders.begin(), holders.end(), exec) == holders.end()) {
            holders.push_back(exec);
        }
    }
    void remove(AppId app, RddBlock block, ExecutorId exec) {
        const auto found = holders_.find({app, block});
        if (found != holders_.end()) {
            std::erase(found->second, exec);
        }
    }
    // Those that it has, in order.
    [[nodiscard]] std::vector<RddBlock> blocks_of(ExecutorId exec) const {
        std::vector<RddBlock> blocks;
        for (const auto& [key, holders] : holders_) {
            if (std::find(holders.begin(), holders.end(), exec) != holders.end()) {
                blocks.push_back(key.block);
            }
        }
        return blocks;
    }
    void remove_executor(ExecutorId exec) {
        for (auto& [block, holders] : holders_) {
            std::erase(holders, exec);
        }
    }
    // In the order in which they got it.
    [[nodiscard]] const std::vector<ExecutorId>& holders(AppId app, RddBlock block) const {
        static const std::vector<ExecutorId> none;
        const auto found = holders_.find({app, block});
        return found == holders_.end() ? none : found->second;
    }

private:
    struct Key {
        AppId app;
        RddBlock block;
        auto operator<=>(const Key&) const = default;
    };
    std::map<Key, std::vector<ExecutorId>> holders_{};
};

}  // namespace forkyard::sim
