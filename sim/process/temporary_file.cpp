#include "sim/process/temporary_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace forkyard::sim {

// Whoever names a folder wants it there: one that is missing is not replaced by another.
std::string temporary_files_folder() {
    const char* named = std::getenv("TMPDIR");
    return named != nullptr && *named != '\0' ? named : "/tmp";
}

UniqueFd open_temporary() {
    const std::string folder = temporary_files_folder();
    UniqueFd file{open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
    if (file.valid()) {
        return file;
    }
    std::string name = folder + "/forkyard-XXXXXX";  // not every file system can do that
    UniqueFd named{mkostemp(name.data(), O_CLOEXEC)};
    if (named.valid()) {
        unlink(name.c_str());
    }
    return named;
}

bool write_at(int fd, std::uint64_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(n));
            offset += static_cast<std::uint64_t>(n);
        }
    }
    return true;
}

}  // namespace forkyard::sim
