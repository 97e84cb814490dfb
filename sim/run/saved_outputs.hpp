// The jobs of a run that write files, to save a dataset or to checkpoint one: the folders they
// write into, from the first file to _SUCCESS.
//
// The driver's side of Hadoop's committer. A job's folder is set up when it is submitted;
// its tasks' attempts write and commit there (AttemptOutput); when the job has succeeded
// their files are moved to where they are wanted and _SUCCESS is written, and else what is
// left of them is removed. What an earlier run has left in a folder is replaced; a second
// job of the same run is refused, as Spark refuses a folder that exists.
//
// The tasks of a checkpoint ask nobody and move their files at once (ReliableCheckpointRDD); later
// tasks read them there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "core/ids.hpp"
#include "core/model/conf.hpp"
#include "core/result.hpp"

namespace forkyard::sim {

// What the tasks of a job that writes files need to know.
struct SaveJob {
    std::string folder{};  // empty: nothing is written
    SaveConf conf{};
    bool marked = true;  // by _SUCCESS
    bool open = true;    // its tasks may commit
};

class SavedOutputs {
public:
    // `out_folder`: where relative paths of `save` go; empty: it writes nothing.
    explicit SavedOutputs(std::string out_folder) : out_folder_{std::move(out_folder)} {}
    SavedOutputs(const SavedOutputs&) = delete;
    SavedOutputs& operator=(const SavedOutputs&) = delete;
    SavedOutputs(SavedOutputs&&) = delete;
    SavedOutputs& operator=(SavedOutputs&&) = delete;
    // What jobs without an end have left behind is removed.
    ~SavedOutputs();

    // Whether a job of this run has saved there, or tried to.
    [[nodiscard]] bool exists(const std::string& path) const;
    [[nodiscard]] Result<void> begin(AppId app,
                                     JobId job,
                                     const std::string& path,
                                     const SaveConf& conf);
    // `folder`: a new one (CheckpointFolders).
    [[nodiscard]] Result<void> begin_checkpoint(AppId app, JobId job, std::string folder);
    // Null: the job writes no files.
    [[nodiscard]] std::shared_ptr<const SaveJob> of(AppId app, JobId job) const;
    [[nodiscard]] Result<void> commit(AppId app, JobId job, std::uint32_t partitions);
    void abort(AppId app, JobId job);
    // All jobs of the application.
    void abort(AppId app);

private:
    using Key = std::pair<AppId, JobId>;

    void clear(const std::string& folder);

    std::string out_folder_;
    std::set<std::string> paths_{};  // that have been saved to, as they are compared
    std::map<Key, std::shared_ptr<SaveJob>> jobs_{};
};

}  // namespace forkyard::sim
