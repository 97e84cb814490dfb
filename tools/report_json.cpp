#include "tools/report_json.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/data/value_text.hpp"
#include "core/event_text.hpp"

namespace forkyard::tools {

namespace {

using Json = nlohmann::ordered_json;

Json to_json_value(const Value& value) {
    return Json::parse(to_json(value));
}

// The value of count and reduce; of all others the rows.
Json result_json(const JobResult& result) {
    switch (result.action) {
        case ActionKind::count:
        case ActionKind::reduce:
        case ActionKind::tree_reduce:
        case ActionKind::save:
            return to_json_value(result.value);
        case ActionKind::run:
        case ActionKind::foreach:
            return nullptr;
        default:
            break;
    }
    Json rows = Json::array();
    for (const Value& row : rows_of(result)) {
        rows.push_back(to_json_value(row));
    }
    return rows;
}

Json jobs_json(const RunReport& report, const AppSummary& app) {
    Json jobs = Json::array();
    for (const JobSummary& job : app.jobs) {
        const auto result =
            std::find_if(report.results.begin(), report.results.end(), [&](const JobResult& r) {
                return r.app == app.id && r.job == job.id;
            });
        jobs.push_back(
            {{"id", fmt::format("j{}", job.id.value)},
             {"name", job.name},
             {"status", to_text(job.status)},
             {"reason", job.reason},
             {"stages", job.stages},
             {"skipped", job.skipped},
             {"tasks", job.tasks},
             {"result", result == report.results.end() ? Json(nullptr) : result_json(*result)}});
    }
    return jobs;
}

// As Spark's REST interface has them: times in milliseconds.
Json metrics_json(const StageMetrics& metrics) {
    return {{"executorRunTime", micros(metrics.executor_run_time) / 1000},
            {"resultSize", metrics.result_size},
            {"recordsRead", metrics.records_read},
            {"shuffleBytesWritten", metrics.shuffle_bytes_written},
            {"memoryBytesSpilled", metrics.memory_bytes_spilled},
            {"diskBytesSpilled", metrics.disk_bytes_spilled}};
}

Json stages_json(const AppSummary& app) {
    Json stages = Json::array();
    for (const StageSummary& stage : app.stages) {
        stages.push_back({{"id", fmt::format("s{}", stage.id.value)},
                          {"name", stage.name},
                          {"attempts", stage.attempts},
                          {"tasks", stage.tasks},
                          {"status", to_text(stage.status)},
                          {"metrics", metrics_json(stage.metrics)}});
    }
    return stages;
}

Json apps_json(const RunReport& report) {
    Json apps = Json::array();
    for (const AppSummary& app : report.summary.apps) {
        apps.push_back({{"name", app.name},
                        {"status", to_text(app.outcome)},
                        {"reason", app.reason},
                        {"jobs", jobs_json(report, app)},
                        {"stages", stages_json(app)},
                        {"accumulators", app.accumulators}});
    }
    return apps;
}

}  // namespace

std::string report_json(const RunReport& report) {
    const Summary& summary = report.summary;
    Json expectations = Json::array();
    for (const ExpectationResult& expectation : report.expectations) {
        expectations.push_back(
            {{"what", expectation.what}, {"ok", expectation.ok}, {"seen", expectation.seen}});
    }
    const Json json = {
        {"scenario", summary.scenario},
        {"seed", summary.seed},
        {"clock", summary.clock == ClockKind::wall ? "wall" : "virtual"},
        {"outcome", to_text(summary.outcome)},
        {"exit", static_cast<int>(report.exit)},
        {"makespan_us", micros(summary.makespan)},
        {"digest", digest_text(report.digest)},
        {"apps", apps_json(report)},
        {"executors",
         {{"started", summary.executor_counts.started},
          {"lost", summary.executor_counts.lost},
          {"peak", summary.executor_counts.peak}}},
        {"tasks",
         {{"launched", summary.tasks.launched},
          {"succeeded", summary.tasks.succeeded},
          {"failed", summary.tasks.failed},
          {"killed", summary.tasks.killed},
          {"speculative", summary.tasks.speculative}}},
        {"faults",
         {{"planned", summary.faults.planned},
          {"applied", summary.faults.applied},
          {"noeffect", summary.faults.noeffect},
          {"asked", summary.faults.asked}}},
        {"invariants",
         {{"checked", report.invariants_checked}, {"broken", report.violations.size()}}},
        {"expectations", expectations}};
    // Texts of a scenario or of a task need not be UTF-8.
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace forkyard::tools
