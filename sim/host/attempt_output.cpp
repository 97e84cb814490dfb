#include "sim/host/attempt_output.hpp"

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "core/data/part_path.hpp"
#include "sim/process/temporary_file.hpp"
#include "sim/process/unique_fd.hpp"

namespace forkyard::sim {

namespace {

namespace fs = std::filesystem;

constexpr mode_t folder_mode = 0777;  // less the user's mask
constexpr mode_t file_mode = 0666;

Error refused(const std::string& path, int why) {
    return cannot_save(path, std::generic_category().message(why));
}

// Named as by Hadoop, but for the first number: an application's, instead of its start's time.
std::string task_name(const AttemptOutput& output) {
    return fmt::format("{}_{:04}_m_{:06}", output.app, output.job, output.partition);
}

std::string attempt_folder(const AttemptOutput& output) {
    return fmt::format(
        "{}/attempt_{}_{}", attempts_folder(output.folder), task_name(output), output.ticket);
}

// An errno, or 0.
int write_to(const std::string& path, const std::string& text) {
    const UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, file_mode)};
    return fd.valid() && write_at(fd.value(), 0, text) ? 0 : errno;
}

}  // namespace

std::string temporary_folder(const std::string& folder) {
    return folder + "/_temporary";
}

// The 0 is the number of the application's attempt, which Spark always gives as 0.
std::string attempts_folder(const std::string& folder) {
    return temporary_folder(folder) + "/0/_temporary";
}

std::string task_folder(const AttemptOutput& output) {
    return fmt::format("{}/0/task_{}", temporary_folder(output.folder), task_name(output));
}

Error cannot_save(const std::string& path, const std::string& why) {
    return {fmt::format("`{}` cannot be written: {}", path, why),
            {},
            std::string{save_mend},
            Exit::cannot_write};
}

Result<void> write_file(const std::string& path, const std::string& text) {
    const int why = write_to(path, text);
    return why == 0 ? Result<void>{} : fail(refused(path, why));
}

Result<void> write_output(const AttemptOutput& output, const std::string& lines) {
    const std::string folder = attempt_folder(output);
    const std::string path = part_path(folder, output.partition);
    const bool made = ::mkdir(folder.c_str(), folder_mode) == 0;
    const int why = made ? write_to(path, lines) : errno;
    if (why == 0 || why == ENOENT) {
        return {};
    }
    drop_output(output);
    return fail(refused(path, why));
}

Result<void> commit_output(const AttemptOutput& output) {
    const std::string from = attempt_folder(output);
    std::error_code error;
    if (output.algorithm == 1) {
        const std::string to = task_folder(output);
        fs::remove_all(to, error);
        fs::rename(from, to, error);
    } else {
        const std::string part = part_path(output.folder, output.partition);
        fs::rename(part_path(from, output.partition), part, error);
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        return fail(cannot_save(part_path(output.folder, output.partition), error.message()));
    }
    drop_output(output);
    return {};
}

void drop_output(const AttemptOutput& output) {
    std::error_code ignored;
    fs::remove_all(attempt_folder(output), ignored);
}

}  // namespace forkyard::sim
