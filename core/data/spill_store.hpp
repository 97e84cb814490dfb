// Where a task puts what its memory does not hold. It is gone with the task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/data/value.hpp"

namespace forkyard {

// What has many small rows appends about so many bytes at once.
inline constexpr std::size_t written_at_once = std::size_t{1} << 18U;

[[nodiscard]] inline tl::unexpected<std::string> cannot_read_again() {
    return tl::make_unexpected(std::string{"what was spilled cannot be read again"});
}

class SpillStore {
public:
    virtual ~SpillStore() = default;
    // Bytes go after those that came before. The error says why there is no room for them.
    [[nodiscard]] Computed<void> append(std::string_view bytes) {
        appended_ += static_cast<std::int64_t>(bytes.size());
        return write(bytes);
    }
    // All bytes since the last time, to be read as long as the task is computed and its output
    // is used.
    [[nodiscard]] virtual Computed<std::string_view> finish() = 0;

    [[nodiscard]] std::int64_t appended() const { return appended_; }

private:
    [[nodiscard]] virtual Computed<void> write(std::string_view bytes) = 0;

    std::int64_t appended_ = 0;
};

}  // namespace forkyard
