#include "sim/run/saved_outputs.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/data/part_path.hpp"
#include "sim/host/attempt_output.hpp"

namespace forkyard::sim {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view part_prefix = "part-";
constexpr std::size_t part_digits = 5;
constexpr std::string_view success_marker = "_SUCCESS";

// "out", "./out" and "out/" are one folder.
std::string compared(const std::string& path) {
    std::string text = fs::path{path}.lexically_normal().string();
    while (text.size() > 1 && text.back() == '/') {
        text.pop_back();
    }
    return text;
}

// Empty: nothing is written.
std::string in(const std::string& out_folder, const std::string& name) {
    return out_folder.empty()             ? std::string{}
           : fs::path{name}.is_absolute() ? name
                                          : (fs::path{out_folder} / name).string();
}

// One of ours, and not somebody's part-of-a-thesis.
bool is_part(std::string_view name) {
    return name.size() >= part_prefix.size() + part_digits && name.starts_with(part_prefix) &&
           name.find_first_not_of("0123456789", part_prefix.size()) == std::string_view::npos;
}

// What an earlier run has left there is no part of this one, least of all its success.
void remove_earlier(const std::string& folder) {
    std::error_code error;
    fs::remove_all(temporary_folder(folder), error);
    for (const auto& entry : fs::directory_iterator{folder, error}) {
        const std::string name = entry.path().filename().string();
        if (name == success_marker || is_part(name)) {
            fs::remove(entry.path(), error);
        }
    }
}

Result<void> set_up(const std::string& folder) {
    std::error_code error;
    fs::create_directories(attempts_folder(folder), error);
    return error ? fail(cannot_save(folder, error.message())) : Result<void>{};
}

// To where it is wanted; under version 2 it is there.
Result<void> finish_part(const AttemptOutput& output) {
    const std::string part = part_path(output.folder, output.partition);
    std::error_code error;
    if (output.algorithm == 1) {
        fs::rename(part_path(task_folder(output), output.partition), part, error);
    } else if (!fs::exists(part, error)) {
        error = std::make_error_code(std::errc::no_such_file_or_directory);
    }
    return error ? fail(cannot_save(part, error.message())) : Result<void>{};
}

}  // namespace

SavedOutputs::~SavedOutputs() {
    for (auto& [key, job] : jobs_) {
        job->open = false;
    }
    for (const auto& [key, job] : jobs_) {
        clear(job->folder);
    }
}

bool SavedOutputs::exists(const std::string& path) const {
    return paths_.contains(compared(path));
}

Result<void> SavedOutputs::begin(AppId app,
                                 JobId job,
                                 const std::string& path,
                                 const SaveConf& conf) {
    const std::string folder = in(out_folder_, compared(path));
    const bool fresh = paths_.insert(compared(path)).second;
    jobs_[{app, job}] = std::make_shared<SaveJob>(SaveJob{folder, conf});
    if (folder.empty()) {
        return {};
    }
    if (fresh) {
        remove_earlier(folder);
    }
    return set_up(folder);
}

Result<void> SavedOutputs::begin_checkpoint(AppId app, JobId job, std::string folder) {
    const SaveConf conf{.algorithm = 2, .coordinated = false, .validated = false};
    const auto save = std::make_shared<SaveJob>(SaveJob{std::move(folder), conf, false});
    jobs_[{app, job}] = save;
    return set_up(save->folder);
}

std::shared_ptr<const SaveJob> SavedOutputs::of(AppId app, JobId job) const {
    const auto found = jobs_.find({app, job});
    return found == jobs_.end() ? nullptr : found->second;
}

Result<void> SavedOutputs::commit(AppId app, JobId id, std::uint32_t partitions) {
    SaveJob& job = *jobs_.at({app, id});
    job.open = false;
    if (job.folder.empty()) {
        return {};
    }
    for (std::uint32_t partition = 0; partition < partitions; ++partition) {
        Result<void> finished =
            finish_part({job.folder, job.conf.algorithm, app.value, id.value, partition, 0});
        if (!finished) {
            return finished;
        }
    }
    clear(job.folder);
    return job.marked ? write_file(job.folder + "/" + std::string{success_marker}, "")
                      : Result<void>{};
}

void SavedOutputs::abort(AppId app, JobId id) {
    const auto found = jobs_.find({app, id});
    if (found != jobs_.end() && found->second->open) {
        found->second->open = false;
        clear(found->second->folder);
    }
}

void SavedOutputs::abort(AppId app) {
    for (const auto& [key, job] : jobs_) {
        if (key.first == app) {
            abort(app, key.second);
        }
    }
}

// Unless another job is about to save there as well. Attempts that nobody wants may still be
// at work in it, so it is tried again when the run is over.
void SavedOutputs::clear(const std::string& folder) {
    const bool used = std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
        return entry.second->open && entry.second->folder == folder;
    });
    if (!used && !folder.empty()) {
        std::error_code ignored;
        fs::remove_all(temporary_folder(folder), ignored);
    }
}

}  // namespace forkyard::sim
