// What a task in an executor process reads: mapped files, and the blocks that were
// granted to it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/data/compute_task.hpp"
#include "sim/executor/block_reader.hpp"
#include "sim/host/file_cache.hpp"

namespace forkyard::sim {

class MappedInput final : public TaskInput {
public:
    MappedInput(FileCache& files, const BlockReader& blocks) : files_{files}, blocks_{blocks} {}
    std::string_view file(std::string_view path) override {
        Result<std::string_view> bytes = files_.file(std::string{path});
        if (!bytes) {
            problem_ = bytes.error().what;
            return {};
        }
        return *bytes;
    }
    std::vector<std::string_view> blocks(ShuffleId shuffle, std::uint32_t partition) override {
        return blocks_.regions({shuffle.value, partition});
    }
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    FileCache& files_;
    const BlockReader& blocks_;
    std::string problem_;
};

}  // namespace forkyard::sim
