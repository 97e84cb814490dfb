// I08, I09, I10 and I11: when stages start and end, and when jobs do.
#include <algorithm>

#include <fmt/format.h>

#include "core/report/invariants/names_of.hpp"
#include "core/report/invariants/rules.hpp"

namespace forkyard::invariants {

namespace {

// How many partitions the attempt has to make, by the books; none: not known yet.
std::optional<std::uint64_t> missing(Books& books, const SubmitStage& action) {
    if (action.shuffle.valid()) {
        const ShuffleBook& written = books.shuffle(action.app, action.shuffle);
        return written.holders.empty()
                   ? std::nullopt
                   : std::optional<std::uint64_t>{written.holders.size() - written.available};
    }
    const JobId job = books.stage(action.app, action.stage.stage).result_of;
    if (!job.valid()) {
        return std::nullopt;
    }
    const JobBook& whose = books.job(action.app, job);
    return whose.accepted.size() - whose.accepted_count;
}

// The job whose results the stage makes, if there is one that has not ended.
const JobBook* open_job(Books& books, AppId app, const StageBook& stage) {
    if (!stage.result_of.valid()) {
        return nullptr;
    }
    const JobBook& job = books.job(app, stage.result_of);
    return job.ended ? nullptr : &job;
}

}  // namespace

void check_submission(Books& books, const SubmitStage& action, Findings& out) {
    const PlanBook* plan = books.plan(action.app, action.plan);
    // Which parents a stage of datasets reads, when some are cached, is not written down.
    const bool reads_cache =
        plan != nullptr ? plan->all_cached() : books.app(action.app).caches_datasets;
    for (const StageId parent : reads_cache ? std::vector<StageId>{} : action.parents) {
        const StageBook& entry = books.stage(action.app, parent);
        if (!entry.shuffle.valid()) {
            books.dirty.unseen.emplace_back(action.app, parent);
            continue;
        }
        const ShuffleBook& written = books.shuffle(action.app, entry.shuffle);
        if (!written.complete()) {
            out.push_back({8,
                           fmt::format("{} starts with {} of {} outputs of its parent s{}",
                                       name_of(action.stage),
                                       written.available,
                                       written.holders.size(),
                                       parent.value)});
        }
    }
    const std::optional<std::uint64_t> tasks = missing(books, action);
    if (tasks && *tasks != action.tasks) {
        out.push_back({10,
                       fmt::format("{} starts with {} tasks where {} partitions are missing",
                                   name_of(action.stage),
                                   action.tasks,
                                   *tasks)});
    }
}

void check_finish(Books& books, const FinishStage& action, Findings& out) {
    const StageBook& stage = books.stage(action.app, action.stage.stage);
    const StageAttemptBook& attempt = books.attempt(action.app, action.stage);
    const std::string who = name_of(action.stage);
    if (!attempt.submitted) {
        out.push_back({9, fmt::format("{} is finished but was never submitted", who)});
        return;
    }
    if (attempt.finished) {
        out.push_back({9, fmt::format("{} is announced as finished a second time", who)});
    }
    if (action.status != EndStatus::succeeded) {
        return;
    }
    if (stage.shuffle.valid() && stage.pending_count > 0) {
        out.push_back({9,
                       fmt::format("{} is finished while {} partitions have no accepted output",
                                   who,
                                   stage.pending_count)});
    }
    const JobBook* job = stage.shuffle.valid() ? nullptr : open_job(books, action.app, stage);
    if (job != nullptr && job->accepted_count < job->accepted.size()) {
        out.push_back({9,
                       fmt::format("{} is finished while {} partitions have no accepted result",
                                   who,
                                   job->accepted.size() - job->accepted_count)});
    }
}

void check_job_end(Books& books, const FinishJob& action, Findings& out) {
    const JobBook& job = books.job(action.app, action.job);
    if (!job.submitted) {
        out.push_back({11, fmt::format("j{} ends but was never submitted", action.job.value)});
        return;
    }
    if (job.ended) {
        out.push_back({11, fmt::format("j{} ends a second time", action.job.value)});
        return;
    }
    if (action.status == EndStatus::succeeded && job.map_stage) {
        const StageBook& last = books.stage(action.app, job.final_stage);
        if (last.shuffle.valid() && !books.shuffle(action.app, last.shuffle).complete()) {
            out.push_back({11,
                           fmt::format("j{} succeeds without all outputs of its map stage s{}",
                                       action.job.value,
                                       job.final_stage.value)});
        }
    } else if (action.status == EndStatus::succeeded && job.accepted_count < job.accepted.size()) {
        out.push_back({11,
                       fmt::format("j{} succeeds while {} of its {} partitions have no accepted "
                                   "result",
                                   action.job.value,
                                   job.accepted.size() - job.accepted_count,
                                   job.accepted.size())});
    }
    for (const StageId id : job.stages) {
        const StageBook& stage = books.stage(action.app, id);
        if (stage.running && stage.jobs == 1) {
            out.push_back({9,
                           fmt::format("j{} ends and its stage s{} is never announced as finished",
                                       action.job.value,
                                       id.value)});
        }
    }
}

void check_announced(Books& books, Findings& out) {
    for (const auto& [app, id] : books.dirty.stages) {
        const StageBook& stage = books.stage(app, id);
        if (books.app(app).finished || stage.jobs == 0) {
            continue;
        }
        if (stage.shuffle.valid() && stage.running && stage.pending_count == 0) {
            out.push_back(
                {9, fmt::format("s{} has all its outputs accepted and is not finished", id.value)});
        }
        const JobBook* job = stage.shuffle.valid() ? nullptr : open_job(books, app, stage);
        if (job != nullptr && job->accepted_count == job->accepted.size()) {
            out.push_back(
                {11,
                 fmt::format("j{} has all its results and has not ended", stage.result_of.value)});
        }
    }
    for (const auto& [app, id] : books.dirty.unseen) {
        if (!books.stage(app, id).skipped) {
            out.push_back({8,
                           fmt::format("a stage starts whose parent s{} neither ran nor is skipped",
                                       id.value)});
        }
    }
}

}  // namespace forkyard::invariants
