#include "sim/host/input_files.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "core/journal/field_text.hpp"

namespace forkyard::sim {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> unread_endings{".bz2", ".lz4", ".snappy", ".deflate"};

tl::unexpected<Error> refused(std::string what, std::string mend) {
    return fail({std::move(what), {}, std::move(mend), Exit::missing_input});
}

Result<Bytes> size_of(const fs::path& path) {
    std::error_code error;
    const std::string shown = path.string();
    if (!fs::is_regular_file(path, error)) {
        return refused(fmt::format("`{}` is not a file", shown),
                       "give files, or a folder with nothing but files in it");
    }
    const auto ending = std::find_if(unread_endings.begin(),
                                     unread_endings.end(),
                                     [&](std::string_view each) { return shown.ends_with(each); });
    if (ending != unread_endings.end()) {
        return refused(fmt::format("`{}`: {} files are not read", shown, *ending),
                       "decompress it, or compress it as .gz or .zst");
    }
    const auto size = fs::file_size(path, error);
    if (error || !std::ifstream{path, std::ios::binary}) {
        return refused(
            fmt::format(
                "`{}` cannot be read{}{}", shown, error ? ": " : "", error ? error.message() : ""),
            "check its permissions");
    }
    return Bytes{static_cast<std::int64_t>(size)};
}

Result<std::vector<std::string>> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) {
        std::string name = at->path().filename().string();
        if (name.starts_with('_') || name.starts_with('.')) {
            continue;
        }
        if (name.find(',') != std::string::npos || recordable(name) != name) {
            return refused(fmt::format("`{}` has a name that no journal can hold",
                                       (folder / recordable(name)).string()),
                           "give it one in UTF-8, without commas");
        }
        names.push_back(std::move(name));
    }
    if (error) {
        return refused(
            fmt::format("the folder `{}` cannot be read: {}", folder.string(), error.message()),
            "check its permissions");
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace

Result<std::vector<FoundFile>> input_files(const std::string& path) {
    std::vector<FoundFile> files;
    std::error_code error;
    if (!fs::exists(path, error)) {
        return refused(fmt::format("there is no file `{}`", path),
                       "give the path of a data file that exists");
    }
    if (!fs::is_directory(path, error)) {
        const Result<Bytes> size = size_of(path);
        if (!size) {
            return fail(size.error());
        }
        files.push_back({"", *size});
        return files;
    }
    Result<std::vector<std::string>> names = names_in(path);
    if (!names) {
        return fail(names.error());
    }
    for (std::string& name : *names) {
        const Result<Bytes> size = size_of(fs::path{path} / name);
        if (!size) {
            return fail(size.error());
        }
        files.push_back({std::move(name), *size});
    }
    return files;
}

}  // namespace forkyard::sim
