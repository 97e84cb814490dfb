// How files are cut into the partitions of a source.
//
// Texts are cut by Hadoop's rule, as Spark's textFile uses it: goal = all bytes /
// partitions_min, a split is the goal but at most a block (32 MiB for local files), the last
// one of a file up to 10 % larger; so the number asked for is a minimum. Tables (CSV, JSON) are
// cut and packed by Spark SQL's: no split is larger than max_split_bytes, and small ones share
// a task. A compressed file is never cut. An empty file gives nothing (since Spark 3.2).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/data/file_source.hpp"
#include "core/model/files_conf.hpp"
#include "core/model/units.hpp"

namespace forkyard {

inline constexpr std::int64_t local_block_bytes = std::int64_t{32} << 20U;

struct FileExtent {
    Bytes size;
    bool splittable = true;
};

[[nodiscard]] std::vector<FilePieces> text_partitions(std::span<const FileExtent> files,
                                                      std::uint32_t partitions_min);

// `partitions_min`: how many tasks there should be at least, if opening files costs nothing.
[[nodiscard]] Bytes max_split_bytes(std::span<const FileExtent> files,
                                    const FilesConf& conf,
                                    std::uint32_t partitions_min);
[[nodiscard]] std::vector<FilePieces> table_partitions(std::span<const FileExtent> files,
                                                       const FilesConf& conf,
                                                       std::uint32_t partitions_min);

enum class Compression : std::uint8_t { none, gzip, zstd };
// Told by its name alone, as Hadoop does.
[[nodiscard]] Compression compression_of(std::string_view file_name);

}  // namespace forkyard
