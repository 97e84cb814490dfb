// Compressed data files, as a whole. One that is broken or cut off is an error, never part of
// its content.
#pragma once

#include <string>
#include <string_view>

#include "core/data/file_splits.hpp"
#include "core/data/value.hpp"

namespace forkyard::sim {

// Of several gzip members or zstd frames in a row, all. The error reads on after the file's name.
[[nodiscard]] Computed<std::string> decompress(Compression compression, std::string_view bytes);

}  // namespace forkyard::sim
