// A file that another process of ours has open, by the number that it has there. It may have no
// name.
#pragma once

#include "sim/process/unique_fd.hpp"

namespace forkyard::sim {

// To read; invalid: it, or its process, is gone, or there are too many descriptors (errno).
[[nodiscard]] UniqueFd open_peer_file(int pid, int fd);

}  // namespace forkyard::sim
