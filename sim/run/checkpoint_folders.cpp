#include "sim/run/checkpoint_folders.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "sim/host/attempt_output.hpp"

namespace forkyard::sim {

namespace fs = std::filesystem;

Result<std::string> CheckpointFolders::add(AppId app, const std::string& path) {
    const fs::path asked{path};
    const Key directory{app, asked.parent_path().string()};
    const bool again = folders_.contains({app, path});  // by a driver that was started again
    if (again || !roots_.contains(directory)) {
        Result<std::string> root = make_root(directory.second);
        if (!root) {
            return root;
        }
        roots_[directory] = std::move(*root);
    }
    return folders_[{app, path}] = (fs::path{roots_[directory]} / asked.filename()).string();
}

Result<std::string> CheckpointFolders::make_root(const std::string& directory) {
    if (out_folder_.empty() && !scratch_) {
        Result<TemporaryFolder> made = TemporaryFolder::make("checkpoints");
        if (!made) {
            return fail(made.error());
        }
        scratch_.emplace(std::move(*made));
    }
    const fs::path parent =
        scratch_ ? fs::path{scratch_->path()} : fs::path{out_folder_} / directory;
    std::error_code error;
    fs::create_directories(parent, error);
    std::string root = (parent / "run-XXXXXX").string();
    if (!error && ::mkdtemp(root.data()) == nullptr) {
        error = {errno, std::generic_category()};
    }
    return error ? fail(cannot_save(root, error.message())) : Result<std::string>{std::move(root)};
}

}  // namespace forkyard::sim
