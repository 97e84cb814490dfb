// Where the checkpoints of a run lie.
//
// What a program knows as DIRECTORY/rdd-NUMBER, and its journal too, is a folder of this run and
// this application alone, DIRECTORY/run-XXXXXX/rdd-NUMBER: two runs may have the same directory,
// and nothing of an earlier one is taken for a later one's. Where a run writes nothing it is in a
// temporary folder that goes with this. In Spark: SparkContext.setCheckpointDir.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "sim/process/temporary_folder.hpp"

namespace forkyard::sim {

class CheckpointFolders {
public:
    // `out_folder`: where relative paths go; empty: the run writes nothing.
    explicit CheckpointFolders(std::string out_folder) : out_folder_{std::move(out_folder)} {}

    // A new one, which is yet to be made, in a folder that is there.
    [[nodiscard]] Result<std::string> add(AppId app, const std::string& path);
    // The last that was added.
    [[nodiscard]] const std::string& of(AppId app, const std::string& path) const {
        return folders_.at({app, path});
    }

private:
    using Key = std::pair<AppId, std::string>;

    [[nodiscard]] Result<std::string> make_root(const std::string& directory);

    std::string out_folder_;
    std::optional<TemporaryFolder> scratch_{};
    std::map<Key, std::string> roots_{};  // by directory
    std::map<Key, std::string> folders_{};
};

}  // namespace forkyard::sim
