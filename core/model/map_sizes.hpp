// What the driver remembers of the sizes of one map output, as coarsely as Spark does:
// one byte a reducer on a logarithmic scale, and beyond
// spark.shuffle.minNumPartitionsToHighlyCompress reducers an average of the blocks that
// are not empty, with the huge ones apart.
//
// In Spark: MapStatus, CompressedMapStatus and HighlyCompressedMapStatus.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "core/model/units.hpp"

namespace forkyard {

struct MapSizesConf {
    std::uint32_t average_above = 2000;       // spark.shuffle.minNumPartitionsToHighlyCompress
    Bytes accurate{std::int64_t{100} << 20};  // spark.shuffle.accurateBlockThreshold
    bool operator==(const MapSizesConf&) const = default;
};

// The least c with 1.1^c at or above the size; 0 of nothing, at most 255 (SCH-MAP-01).
[[nodiscard]] std::uint8_t compress_size(std::int64_t bytes);
// 1.1^code, rounded down; 0 of 0.
[[nodiscard]] std::int64_t decompress_size(std::uint8_t code);

class MapSizes {
public:
    MapSizes() = default;
    MapSizes(std::span<const std::int64_t> sizes, const MapSizesConf& conf);

    // As remembered; 0 of an empty block, and of a reducer beyond the last.
    [[nodiscard]] std::int64_t of(std::uint32_t reducer) const;
    [[nodiscard]] bool empty() const { return reducers_ == 0; }

private:
    std::uint32_t reducers_ = 0;
    std::vector<std::uint8_t> codes_{};  // of all; of the averaged: 0 or 1, whether not empty
    bool averaged_ = false;
    std::int64_t average_ = 0;
    std::map<std::uint32_t, std::uint8_t> huge_{};
};

}  // namespace forkyard
