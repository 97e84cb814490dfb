// A task's spill store: a temporary file, read back by mapping it, once and with room to grow:
// a task may have more runs than a process may have mappings. There is none before the first
// byte.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/data/spill_store.hpp"
#include "sim/process/unique_fd.hpp"

namespace forkyard::sim {

class SpillFile final : public SpillStore {
public:
    SpillFile() = default;
    ~SpillFile() override;
    SpillFile(const SpillFile&) = delete;
    SpillFile& operator=(const SpillFile&) = delete;

private:
    [[nodiscard]] Computed<void> write(std::string_view bytes) override;
    [[nodiscard]] Computed<std::string_view> end_run() override;

    UniqueFd file_{};
    std::uint64_t begin_ = 0;  // of the bytes since the last time
    std::uint64_t end_ = 0;
    const char* mapped_ = nullptr;
};

}  // namespace forkyard::sim
