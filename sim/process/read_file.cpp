#include "sim/process/read_file.hpp"

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

#include "sim/process/unique_fd.hpp"

namespace forkyard::sim {

tl::expected<std::string, int> read_file(const std::string& path) {
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd.valid()) {
        return tl::unexpected<int>(errno);
    }
    std::string bytes;
    std::vector<char> buffer(std::size_t{1} << 20U);
    while (true) {
        const ssize_t n = ::read(fd.value(), buffer.data(), buffer.size());
        if (n == 0) {
            return bytes;
        }
        if (n > 0) {
            bytes.append(buffer.data(), static_cast<std::size_t>(n));
        } else if (errno != EINTR) {
            return tl::unexpected<int>(errno);
        }
    }
}

}  // namespace forkyard::sim
