// What becomes of the records of a shuffle that have the same key.
#pragma once

#include <cstdint>

#include "core/data/functions.hpp"

namespace forkyard {

// rows: as they are. A group is a list of the values; an aggregate starts from its first
// argument, which its function does not get; distinct looks at whole records.
enum class ByKey : std::uint8_t { rows, reduce, group, aggregate, sort, distinct };

struct Aggregation {
    ByKey kind = ByKey::rows;
    Call call;  // reduce and aggregate
    bool operator==(const Aggregation&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.kind, self.call);
    }
};

}  // namespace forkyard
