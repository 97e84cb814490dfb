#include "sim/host/file_cache.hpp"

#include <filesystem>
#include <fstream>
#include <utility>

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/file_mapping.hpp>
#include <fmt/format.h>

namespace forkyard::sim {

namespace bip = boost::interprocess;

Result<std::int64_t> file_size(const std::string& path) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (!error && std::ifstream{path}.good()) {
        return static_cast<std::int64_t>(size);
    }
    return fail({fmt::format("`{}` cannot be read{}{}",
                             path,
                             error ? ": " : "",
                             error ? error.message() : std::string{}),
                 {},
                 "give the path of a text file that exists and that you may read",
                 Exit::missing_input});
}

Result<std::string_view> FileCache::file(const std::string& path) {
    const auto known = files_.find(path);
    if (known != files_.end()) {
        return std::string_view{static_cast<const char*>(known->second.get_address()),
                                known->second.get_size()};
    }
    const Result<std::int64_t> size = file_size(path);
    if (!size) {
        return fail(size.error());
    }
    if (*size == 0) {
        return std::string_view{};  // an empty file cannot be mapped
    }
    try {
        const bip::file_mapping mapping{path.c_str(), bip::read_only};
        bip::mapped_region region{mapping, bip::read_only};
        const std::string_view bytes{static_cast<const char*>(region.get_address()),
                                     region.get_size()};
        files_.emplace(path, std::move(region));
        return bytes;
    } catch (const bip::interprocess_exception& problem) {
        return fail({fmt::format("`{}` cannot be mapped: {}", path, problem.what()),
                     {},
                     "check the file and the memory limits",
                     Exit::missing_input});
    }
}

}  // namespace forkyard::sim
