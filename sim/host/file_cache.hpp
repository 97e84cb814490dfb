// Data files that tasks read: mapped once, or decompressed once.
#pragma once

#include <map>
#include <string>

#include <boost/interprocess/mapped_region.hpp>

#include "core/data/compute_task.hpp"

namespace forkyard::sim {

class FileCache {
public:
    // The whole file; the bytes stay valid as long as the cache. The error says why there is
    // none, without its name.
    [[nodiscard]] Computed<FileBytes> file(const std::string& path);

private:
    struct Entry {
        boost::interprocess::mapped_region region{};
        std::string decompressed{};
        FileBytes content{};
    };
    std::map<std::string, Entry> files_;
};

}  // namespace forkyard::sim
