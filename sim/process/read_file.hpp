// All bytes of a file. What went wrong is the system's errno: the caller knows what the file
// was to be, and how to mend it. For inputs that are read as a whole; not for data files of
// scenarios, which are mapped (sim/host/file_cache).
#pragma once

#include <string>

#include <tl/expected.hpp>

namespace forkyard::sim {

[[nodiscard]] tl::expected<std::string, int> read_file(const std::string& path);

}  // namespace forkyard::sim
