// Messages longer than a record: cut into parts of one type, each but the last marked
// flag_more, and put together again on the other side.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/ipc/ring.hpp"

namespace forkyard::sim {

inline constexpr std::size_t message_bytes_max = std::size_t{64} << 20U;

// Calls put(flags, part) for each part in order, until it returns false.
template <class Put>
bool for_each_part(std::span<const std::byte> message, std::size_t part_max, Put&& put) {
    while (message.size() > part_max) {
        if (!put(flag_more, message.first(part_max))) {
            return false;
        }
        message = message.subspan(part_max);
    }
    return put(std::uint16_t{0}, message);
}

class MessageAssembly {
public:
    // A whole message when this part completes one: the part itself where it is the only
    // one, so that short messages are never copied. Valid until the next call.
    std::optional<std::span<const std::byte>> add(std::uint16_t type,
                                                  std::uint16_t flags,
                                                  std::span<const std::byte> part) {
        const bool more = (flags & flag_more) != 0;
        if (!open_ && !more) [[likely]] {
            return part;
        }
        if (!open_) {
            bytes_.clear();
            type_ = type;
        }
        if (type != type_ || bytes_.size() + part.size() > message_bytes_max) {
            garbage_ = true;
            return std::nullopt;
        }
        open_ = more;
        bytes_.insert(bytes_.end(), part.begin(), part.end());
        if (more) {
            return std::nullopt;
        }
        return std::span<const std::byte>{bytes_};
    }
    // The sender broke the rules: parts of two messages mixed, or a message too long.
    [[nodiscard]] bool garbage() const noexcept { return garbage_; }
    // Parts have come and the last one has not.
    [[nodiscard]] bool unfinished() const noexcept { return open_; }

private:
    std::vector<std::byte> bytes_;
    std::uint16_t type_ = 0;
    bool open_ = false;
    bool garbage_ = false;
};

}  // namespace forkyard::sim
