#include "sim/process/temporary_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "sim/process/temporary_file.hpp"

namespace forkyard::sim {

namespace {

namespace fs = std::filesystem;

// Not valid: somebody else has it, or it is gone.
UniqueFd locked(const std::string& folder) {
    UniqueFd lock{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    return lock.valid() && ::flock(lock.value(), LOCK_EX | LOCK_NB) == 0 ? std::move(lock)
                                                                         : UniqueFd{};
}

// Between its making and its lock another process may have taken it for an old one.
bool is_still_there(const std::string& folder, const UniqueFd& lock) {
    struct stat named {};
    struct stat held {};
    return ::stat(folder.c_str(), &named) == 0 && ::fstat(lock.value(), &held) == 0 &&
           named.st_ino == held.st_ino && named.st_dev == held.st_dev;
}

void remove_old(const std::string& prefix) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{temporary_files_folder(), error}) {
        const std::string path = entry.path().string();
        if (!path.starts_with(prefix)) {
            continue;
        }
        if (const UniqueFd lock = locked(path); lock.valid()) {  // held until it is gone
            fs::remove_all(path, error);
        }
    }
}

}  // namespace

Result<TemporaryFolder> TemporaryFolder::make(const std::string& purpose) {
    const std::string prefix = fmt::format("{}/forkyard-{}-", temporary_files_folder(), purpose);
    remove_old(prefix);
    while (true) {
        std::string path = prefix + "XXXXXX";
        if (::mkdtemp(path.data()) == nullptr) {
            return fail(
                {fmt::format(
                     "`{}` cannot be made: {}", path, std::generic_category().message(errno)),
                 {},
                 std::string{make_room},
                 Exit::cannot_write});
        }
        UniqueFd lock = locked(path);
        if (lock.valid() && is_still_there(path, lock)) {
            return TemporaryFolder{std::move(path), std::move(lock)};
        }
    }
}

TemporaryFolder::~TemporaryFolder() {
    if (lock_.valid()) {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
}

}  // namespace forkyard::sim
