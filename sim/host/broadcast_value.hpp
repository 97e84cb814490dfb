// The value of a broadcast variable as its driver keeps it: encoded, compressed, and cut in
// pieces (DP-BC-01). Spark compresses with lz4, this with zstd.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/value.hpp"
#include "core/model/broadcast_conf.hpp"

namespace forkyard::sim {

struct BroadcastValue {
    std::vector<std::string> pieces;  // at least one
    bool compressed = false;
    bool checked = false;  // whoever reads a piece looks at its checksum

    [[nodiscard]] std::vector<std::int64_t> sizes() const;
};

[[nodiscard]] BroadcastValue cut_broadcast(const Value& value, const BroadcastConf& conf);
// The value again. The error says what is wrong with the bytes.
[[nodiscard]] Computed<Value> join_broadcast(std::span<const std::string_view> pieces,
                                             bool compressed);

}  // namespace forkyard::sim
