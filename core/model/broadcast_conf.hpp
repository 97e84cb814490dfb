// How a broadcast variable is cut and sent: spark.broadcast.*.
#pragma once

#include "core/model/units.hpp"

namespace forkyard {

struct BroadcastConf {
    Bytes block_size{std::int64_t{4} << 20};  // spark.broadcast.blockSize
    bool compress = true;                     // spark.broadcast.compress
    bool checksum = true;                     // spark.broadcast.checksum
    bool operator==(const BroadcastConf&) const = default;
};

}  // namespace forkyard
