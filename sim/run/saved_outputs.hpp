// The jobs of a run that save: the folders they save into, from the first file to _SUCCESS.
//
// The driver's side of Hadoop's committer. A job's folder is set up when it is submitted;
// its tasks' attempts write and commit there (AttemptOutput); when the job has succeeded
// their files are moved to where they are wanted and _SUCCESS is written, and else what is
// left of them is removed. What an earlier run has left in a folder is replaced; a second
// job of the same run is refused, as Spark refuses a folder that exists.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "core/ids.hpp"
#include "core/model/conf.hpp"
#include "core/result.hpp"

namespace forkyard::sim {

// What the tasks of a job that saves need to know.
struct SaveJob {
    std::string folder{};  // empty: nothing is written
    SaveConf conf{};
    bool open = true;  // its tasks may commit
};

class SavedOutputs {
public:
    // `out_folder`: where relative paths go; empty: nothing is written.
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
    // Null: the job saves nothing.
    [[nodiscard]] std::shared_ptr<const SaveJob> of(AppId app, JobId job) const;
    [[nodiscard]] Result<void> commit(AppId app, JobId job, std::uint32_t partitions);
    void abort(AppId app, JobId job);
    // All jobs of the application.
    void abort(AppId app);

private:
    using Key = std::pair<AppId, JobId>;

    void clear(const std::string& folder);

    std::string out_folder_;
    std::map<std::string, std::string> folders_{};  // of each path, as it is compared
    std::map<Key, std::shared_ptr<SaveJob>> jobs_{};
};

}  // namespace forkyard::sim
