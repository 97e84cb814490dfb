// What an executor takes of a node, and what a node has of it.
#pragma once

#include <compare>
#include <cstdint>

#include "core/model/units.hpp"

namespace forkyard {

struct Room {
    std::int64_t cores = 0;
    Bytes memory{};

    auto operator<=>(const Room&) const = default;
    [[nodiscard]] bool holds(const Room& other) const {
        return cores >= other.cores && memory >= other.memory;
    }
    Room& operator+=(const Room& other) {
        cores += other.cores;
        memory.count += other.memory.count;
        return *this;
    }
    Room& operator-=(const Room& other) {
        cores -= other.cores;
        memory.count -= other.memory.count;
        return *this;
    }

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.cores, self.memory);
    }
};

}  // namespace forkyard
