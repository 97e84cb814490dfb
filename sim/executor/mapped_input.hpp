// What a task in an executor process reads: mapped files, and the blocks that were
// granted to it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/compute_task.hpp"
#include "sim/executor/block_reader.hpp"
#include "sim/executor/broadcast_store.hpp"
#include "sim/host/file_cache.hpp"

namespace forkyard::sim {

class MappedInput final : public TaskInput {
public:
    MappedInput(FileCache& files, const BlockReader& blocks, BroadcastStore& broadcasts)
        : files_{files}, blocks_{blocks}, broadcasts_{broadcasts} {}
    Computed<FileBytes> file(const std::string& path) override { return files_.file(path); }
    std::vector<std::string_view> blocks(ShuffleId shuffle, std::uint32_t partition) override {
        return blocks_.regions({shuffle.value, partition});
    }
    Computed<std::shared_ptr<const Value>> broadcast(BroadcastId id) override {
        return broadcasts_.value(id);
    }
    std::optional<std::string_view> kept(RddBlock block) override {
        const auto regions = blocks_.regions({wire::kept_store(block.rdd.value), block.partition});
        return regions.empty() ? std::nullopt : std::optional{regions.front()};
    }

private:
    FileCache& files_;
    const BlockReader& blocks_;
    BroadcastStore& broadcasts_;
};

}  // namespace forkyard::sim
