// The files behind the path of a source.
#pragma once

#include <string>
#include <vector>

#include "core/model/units.hpp"
#include "core/result.hpp"

namespace forkyard::sim {

struct FoundFile {
    std::string name;  // in the folder; empty: the path is a file itself
    Bytes size;
};

// The file; of a folder all that are in it, but those that begin with _ or ., as Hadoop has it.
// They are in order of name (Spark: in that of the file system), and all can be read.
[[nodiscard]] Result<std::vector<FoundFile>> input_files(const std::string& path);

}  // namespace forkyard::sim
