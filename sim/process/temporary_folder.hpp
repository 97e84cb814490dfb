// A folder in the one for temporary files. It goes with this object; what a process that was
// killed has left of one goes when the next one is made.
#pragma once

#include <string>

#include "core/result.hpp"
#include "sim/process/unique_fd.hpp"

namespace forkyard::sim {

class TemporaryFolder {
public:
    // `purpose`: a word for its name.
    [[nodiscard]] static Result<TemporaryFolder> make(const std::string& purpose);
    TemporaryFolder(TemporaryFolder&& other) noexcept = default;
    TemporaryFolder& operator=(TemporaryFolder&&) = delete;
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    TemporaryFolder(std::string path, UniqueFd lock)
        : path_{std::move(path)}, lock_{std::move(lock)} {}

    std::string path_;
    UniqueFd lock_;  // held as long as it is used: who gets it may remove the folder
};

}  // namespace forkyard::sim
