// A task's spill store: a temporary file, read back by mapping it. There is none before the
// first byte.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/data/spill_store.hpp"
#include "sim/process/unique_fd.hpp"

namespace forkyard::sim {

class SpillFile final : public SpillStore {
public:
    SpillFile() = default;
    ~SpillFile() override;
    SpillFile(const SpillFile&) = delete;
    SpillFile& operator=(const SpillFile&) = delete;

    [[nodiscard]] Computed<std::string_view> finish() override;

private:
    [[nodiscard]] Computed<void> write(std::string_view bytes) override;

    UniqueFd file_{};
    std::uint64_t begin_ = 0;  // of the bytes since the last time
    std::uint64_t end_ = 0;
    std::vector<std::string_view> mapped_{};
};

}  // namespace forkyard::sim
