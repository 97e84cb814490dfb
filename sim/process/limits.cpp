#include "sim/process/limits.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <sys/resource.h>

namespace forkyard::sim {

namespace {

std::string value_text(rlim_t value) {
    return value == RLIM_INFINITY ? "unlimited" : std::to_string(value);
}

template <class Resource>
std::string limit_text(Resource resource) {
    rlimit limit{};
    if (::getrlimit(resource, &limit) != 0) {
        return "unknown";
    }
    return value_text(limit.rlim_cur) + ", at most " + value_text(limit.rlim_max);
}

std::optional<std::string> first_line(const std::string& path) {
    std::ifstream file{path};
    std::string line;
    if (!std::getline(file, line)) {
        return std::nullopt;
    }
    return line;
}

// pids.max of our own cgroup (version 2), where it can be read.
std::string pids_max_text() {
    const auto cgroup = first_line("/proc/self/cgroup");
    const auto prefix = std::string{"0::"};
    if (cgroup && cgroup->starts_with(prefix)) {
        const auto path = "/sys/fs/cgroup" + cgroup->substr(prefix.size()) + "/pids.max";
        if (const auto value = first_line(path)) {
            return *value + " in " + path;
        }
    }
    return "unknown";
}

Error process_limit(const std::string& doing) {
    return {.what = "cannot " + doing + ": the limit on processes is reached",
            .where = "RLIMIT_NPROC",
            .mend = "raise it with `ulimit -u` (now " + limit_text(RLIMIT_NPROC) +
                    "), the pids.max of the cgroup (now " + pids_max_text() +
                    ") or kernel.pid_max, or run with fewer executors",
            .exit = Exit::unavailable};
}

Error file_limit(const std::string& doing, int error_number) {
    if (error_number == ENFILE) {
        return {.what = "cannot " + doing + ": the whole system is out of open files",
                .where = "fs.file-max",
                .mend = "raise it with `sysctl fs.file-max`",
                .exit = Exit::unavailable};
    }
    return {.what = "cannot " + doing + ": the limit on open files is reached",
            .where = "RLIMIT_NOFILE",
            .mend = "raise it with `ulimit -n` (now " + limit_text(RLIMIT_NOFILE) + ")",
            .exit = Exit::unavailable};
}

Error memory_limit(const std::string& doing) {
    return {.what = "cannot " + doing + ": out of memory",
            .where = "RLIMIT_AS",
            .mend = "raise it with `ulimit -v` (now " + limit_text(RLIMIT_AS) +
                    "), raise the memory limit of the container, or run with fewer executors",
            .exit = Exit::unavailable};
}

Error size_limit(const std::string& doing) {
    return {.what = "cannot " + doing + ": larger than a file may be",
            .where = "RLIMIT_FSIZE",
            .mend = "raise it with `ulimit -f` (now " + limit_text(RLIMIT_FSIZE) + " bytes)",
            .exit = Exit::unavailable};
}

}  // namespace

void raise_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        constexpr rlim_t enough = 65'536;
        limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, enough));
        (void)::setrlimit(RLIMIT_NOFILE, &limit);  // else what is opened beyond it will tell
    }
}

Error system_error(int error_number, const std::string& doing) {
    switch (error_number) {
        case EAGAIN:
            return process_limit(doing);
        case EMFILE:
        case ENFILE:
            return file_limit(doing, error_number);
        case ENOMEM:
        case ENOSPC:
            return memory_limit(doing);
        case EFBIG:
            return size_limit(doing);
        default:
            return {.what = "cannot " + doing + ": " + std::strerror(error_number),
                    .where = {},
                    .mend = {},
                    .exit = Exit::unavailable};
    }
}

Result<void> check_file_size_limit(unsigned long long bytes) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        limit.rlim_cur < bytes) {
        return fail(size_limit("make " + std::to_string(bytes) + " bytes of shared memory"));
    }
    return {};
}

}  // namespace forkyard::sim
