// Where a task puts what its memory does not hold. It is gone with the task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/data/value.hpp"

namespace forkyard {

class SpillStore {
public:
    virtual ~SpillStore() = default;
    // Bytes go after those that came before; few of them wait for more. The error says why there
    // is no room.
    [[nodiscard]] Computed<void> append(std::string_view bytes);
    // All bytes since the last time, to be read as long as the task is computed and its output
    // is used.
    [[nodiscard]] Computed<std::string_view> finish();

    [[nodiscard]] std::int64_t appended() const { return appended_; }

private:
    static constexpr std::size_t written_at_once = std::size_t{1} << 18U;

    [[nodiscard]] virtual Computed<void> write(std::string_view bytes) = 0;
    // All that was written since the last time.
    [[nodiscard]] virtual Computed<std::string_view> end_run() = 0;
    [[nodiscard]] Computed<void> flush();

    std::string waiting_{};
    std::int64_t appended_ = 0;
};

// Of a run that is not as it was written.
[[nodiscard]] tl::unexpected<std::string> unreadable_run();

}  // namespace forkyard
