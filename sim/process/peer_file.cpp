#include "sim/process/peer_file.hpp"

#include <fcntl.h>
#include <string>

#include <fmt/format.h>

namespace forkyard::sim {

UniqueFd open_peer_file(int pid, int fd) {
    const std::string path = fmt::format("/proc/{}/fd/{}", pid, fd);
    return UniqueFd{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
}

}  // namespace forkyard::sim
