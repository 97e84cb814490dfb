// Text files that tasks read, mapped once.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <boost/interprocess/mapped_region.hpp>

#include "core/result.hpp"

namespace forkyard::sim {

class FileCache {
public:
    // The whole file; the bytes stay valid as long as the cache.
    [[nodiscard]] Result<std::string_view> file(const std::string& path);

private:
    std::map<std::string, boost::interprocess::mapped_region> files_;
};

// Bytes of a regular file that can be read.
[[nodiscard]] Result<std::int64_t> file_size(const std::string& path);

}  // namespace forkyard::sim
