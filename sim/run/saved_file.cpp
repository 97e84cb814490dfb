#include "sim/run/saved_file.hpp"

#include <filesystem>
#include <fstream>
#include <string_view>

#include <fmt/format.h>

namespace forkyard::sim {

namespace {

namespace fs = std::filesystem;

Error cannot_write(const fs::path& path, const std::string& why) {
    return {fmt::format("`{}` cannot be written: {}", path.string(), why),
            {},
            "check the folder's permissions and free space, or give another one with --out",
            Exit::cannot_write};
}

Result<void> write_whole(const fs::path& path, const std::string& text) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    const fs::path temporary =
        path.parent_path() / fmt::format(".{}.part", path.filename().string());
    {
        std::ofstream out{temporary, std::ios::binary | std::ios::trunc};
        out << text;
        if (!out.flush()) {
            fs::remove(temporary, error);
            return fail(cannot_write(path, "the system refused the bytes"));
        }
    }
    fs::rename(temporary, path, error);
    if (error) {
        return fail(cannot_write(path, error.message()));
    }
    return {};
}

fs::path folder_of(const std::string& out_folder, const std::string& path) {
    return fs::path{path}.is_absolute() ? fs::path{path} : fs::path{out_folder} / path;
}

constexpr std::string_view part_prefix = "part-";
constexpr std::string_view success_marker = "_SUCCESS";

std::string part_name(std::uint32_t partition) {
    return fmt::format("{}{:05}", part_prefix, partition);
}

// One of ours, and not somebody's part-of-a-thesis.
bool is_part(std::string_view name) {
    return name.size() >= part_name(0).size() && name.starts_with(part_prefix) &&
           name.find_first_not_of("0123456789", part_prefix.size()) == std::string_view::npos;
}

}  // namespace

Result<void> save_part(const std::string& out_folder,
                       const std::string& path,
                       std::uint32_t partition,
                       const std::string& lines) {
    return write_whole(folder_of(out_folder, path) / part_name(partition), lines);
}

void begin_save(const std::string& out_folder, const std::string& path) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{folder_of(out_folder, path), error}) {
        const std::string name = entry.path().filename().string();
        if (name == success_marker || is_part(name)) {
            fs::remove(entry.path(), error);
        }
    }
}

Result<void> finish_save(const std::string& out_folder, const std::string& path) {
    return write_whole(folder_of(out_folder, path) / success_marker, "");
}

}  // namespace forkyard::sim
