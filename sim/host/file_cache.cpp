#include "sim/host/file_cache.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/file_mapping.hpp>
#include <fmt/format.h>

#include "core/data/file_splits.hpp"
#include "sim/host/decompress.hpp"

namespace forkyard::sim {

namespace bip = boost::interprocess;

namespace {

Computed<bip::mapped_region> mapped(const std::string& path) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error) {
        return tl::make_unexpected(fmt::format("cannot be read: {}", error.message()));
    }
    if (size == 0) {
        return bip::mapped_region{};  // an empty file cannot be mapped
    }
    try {
        return bip::mapped_region{bip::file_mapping{path.c_str(), bip::read_only}, bip::read_only};
    } catch (const bip::interprocess_exception& problem) {
        return tl::make_unexpected(fmt::format("cannot be read: {}", problem.what()));
    }
}

}  // namespace

Computed<FileBytes> FileCache::file(const std::string& path) {
    const auto known = files_.find(path);
    if (known != files_.end()) {
        return known->second.content;
    }
    Computed<bip::mapped_region> region = mapped(path);
    if (!region) {
        return tl::make_unexpected(region.error());
    }
    Entry& entry = files_[path];
    entry.region = std::move(*region);
    const std::string_view bytes{static_cast<const char*>(entry.region.get_address()),
                                 entry.region.get_size()};
    entry.content = {bytes, static_cast<std::int64_t>(bytes.size())};
    if (const Compression compression = compression_of(path); compression != Compression::none) {
        Computed<std::string> decompressed = decompress(compression, bytes);
        entry.region = {};
        if (!decompressed) {
            files_.erase(path);
            return tl::make_unexpected(decompressed.error());
        }
        entry.decompressed = std::move(*decompressed);
        entry.content.bytes = entry.decompressed;
    }
    return entry.content;
}

}  // namespace forkyard::sim
