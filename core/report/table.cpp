#include "core/report/table.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/event_text.hpp"
#include "core/report/readable.hpp"
#include "core/report/text_grid.hpp"

namespace forkyard {

namespace {

constexpr std::size_t lines_max = 20;
constexpr std::size_t name_width = 40;

void add_section(std::string& out, const std::string& title, const std::string& body) {
    if (!body.empty()) {
        out += fmt::format("\n{}\n{}", title, body);
    }
}

std::string more(std::size_t count, std::string_view noun) {
    return count > lines_max ? fmt::format("  ... and {}\n", counted(count - lines_max, noun)) : "";
}

// Applications are named only where there are several.
std::string app_cell(const Summary& summary, const std::string& name) {
    return summary.apps.size() > 1 ? shortened(one_line(name), name_width) : "";
}

TextGrid grid_for(const Summary& summary, std::string columns, std::vector<std::string> head) {
    if (summary.apps.size() > 1) {
        columns.insert(columns.begin(), 'l');
        head.insert(head.begin(), "app");
    }
    TextGrid grid{columns};
    grid.add(std::move(head));
    return grid;
}

void add_row(TextGrid& grid,
             const Summary& summary,
             const std::string& app,
             std::vector<std::string> cells) {
    if (summary.apps.size() > 1) {
        cells.insert(cells.begin(), app_cell(summary, app));
    }
    grid.add(std::move(cells));
}

std::string heading(const RunReport& report) {
    const Summary& summary = report.summary;
    return fmt::format("{}: {} in {} of {} time (seed {})\n",
                       one_line(summary.scenario),
                       to_text(summary.outcome),
                       readable(summary.makespan),
                       summary.clock == ClockKind::wall ? "wall-clock" : "virtual",
                       summary.seed);
}

void add_results(std::string& out, const RunReport& report) {
    for (const JobResult& result : report.results) {
        if (result.action == ActionKind::run) {
            continue;  // synthetic work gives nothing back
        }
        std::string title = one_line(result.name);
        if (report.summary.apps.size() > 1 && result.app.index() < report.summary.apps.size()) {
            title = fmt::format("{}: {}", report.summary.apps[result.app.index()].name, title);
        }
        add_section(out, title, result_lines(result));
    }
}

std::string app_lines(const Summary& summary) {
    std::string text;
    for (const AppSummary& app : summary.apps) {
        if (app.outcome != Outcome::succeeded) {
            text += wrapped(fmt::format("{} {}{}{}",
                                        app.name,
                                        to_text(app.outcome),
                                        app.reason.empty() ? "" : ": ",
                                        one_line(app.reason)),
                            2);
        }
    }
    return text;
}

std::string job_lines(const Summary& summary) {
    TextGrid grid = grid_for(
        summary, "llrrrrl", {"job", "name", "stages", "skipped", "tasks", "took", "status"});
    std::size_t count = 0;
    for (const AppSummary& app : summary.apps) {
        for (const JobSummary& job : app.jobs) {
            if (count++ < lines_max) {
                add_row(grid,
                        summary,
                        app.name,
                        {fmt::format("j{}", job.id.value),
                         shortened(one_line(job.name), name_width),
                         std::to_string(job.stages),
                         std::to_string(job.skipped),
                         std::to_string(job.tasks),
                         job.status ? readable(job.ended - job.submitted) : "",
                         std::string{to_text(job.status)}});
            }
        }
    }
    return count == 0 ? "" : grid.text() + more(count, "job");
}

bool any_spilled(const Summary& summary) {
    return std::any_of(summary.apps.begin(), summary.apps.end(), [](const AppSummary& app) {
        return std::any_of(app.stages.begin(), app.stages.end(), [](const StageSummary& stage) {
            return stage.metrics.disk_bytes_spilled > 0;
        });
    });
}

std::string stage_lines(const Summary& summary) {
    std::vector<std::string> head{"stage", "name", "tasks", "attempts", "launched", "status"};
    const bool spilled = any_spilled(summary);
    if (spilled) {
        head.emplace_back("spilled");
    }
    TextGrid grid = grid_for(summary, spilled ? "llrrrlr" : "llrrrl", std::move(head));
    std::size_t count = 0;
    for (const AppSummary& app : summary.apps) {
        for (const StageSummary& stage : app.stages) {
            if (count++ >= lines_max) {
                continue;
            }
            std::vector<std::string> cells{fmt::format("s{}", stage.id.value),
                                           shortened(one_line(stage.name), name_width),
                                           stage.attempts == 0 ? "" : std::to_string(stage.tasks),
                                           std::to_string(stage.attempts),
                                           std::to_string(stage.launched),
                                           std::string{to_text(stage.status)}};
            if (spilled) {
                cells.push_back(readable_bytes(stage.metrics.disk_bytes_spilled));
            }
            add_row(grid, summary, app.name, std::move(cells));
        }
    }
    return count == 0 ? "" : grid.text() + more(count, "stage");
}

std::string accumulator_lines(const Summary& summary) {
    TextGrid grid = grid_for(summary, "lr", {"accumulator", "value"});
    std::size_t count = 0;
    for (const AppSummary& app : summary.apps) {
        for (const auto& [name, value] : app.accumulators) {
            if (count++ < lines_max) {
                add_row(grid,
                        summary,
                        app.name,
                        {shortened(one_line(name), name_width), std::to_string(value)});
            }
        }
    }
    return count == 0 ? "" : grid.text() + more(count, "accumulator");
}

std::string end_of(const ExecutorSummary& executor) {
    if (!executor.lost) {
        return executor.registered ? "" : "never registered";
    }
    return fmt::format(
        "{} at {}", to_text(executor.reason), readable(executor.lost->time_since_epoch()));
}

std::string executor_lines(const Summary& summary) {
    TextGrid grid =
        grid_for(summary, "llrrrl", {"executor", "node", "cores", "tasks", "busy", "end"});
    for (std::size_t i = 0; i < summary.executors.size() && i < lines_max; ++i) {
        const ExecutorSummary& executor = summary.executors[i];
        add_row(grid,
                summary,
                summary.apps[executor.app.index()].name,
                {fmt::format("{}", to_text(executor.id)),
                 shortened(executor.node, name_width),
                 std::to_string(executor.cores),
                 std::to_string(executor.tasks),
                 readable(executor.busy),
                 end_of(executor)});
    }
    return summary.executors.empty() ? ""
                                     : grid.text() + more(summary.executors.size(), "executor");
}

std::string task_lines(const Summary& summary) {
    const auto& tasks = summary.tasks;
    std::string text = fmt::format("  {} launched, {} succeeded", tasks.launched, tasks.succeeded);
    const auto add = [&text](std::uint64_t count, std::string_view word) {
        if (count > 0) {
            text += fmt::format(", {} {}", count, word);
        }
    };
    add(tasks.failed, "failed");
    add(tasks.killed, "killed");
    add(tasks.speculative, "speculative");
    text += "\n";
    if (summary.faults.planned > 0) {
        text += fmt::format("  {}: {} took effect{}\n",
                            counted(summary.faults.planned, "fault"),
                            summary.faults.applied,
                            summary.faults.noeffect > 0
                                ? fmt::format(", {} did not", summary.faults.noeffect)
                                : "");
        for (const std::string& name : summary.faults.without_effect) {
            text += wrapped("without effect: " + one_line(name), 4);
        }
    }
    if (summary.faults.asked > 0) {
        text +=
            fmt::format("  {} that the policy asked for\n", counted(summary.faults.asked, "fault"));
    }
    return text;
}

std::string expectation_lines(const RunReport& report) {
    std::string text;
    std::size_t met = 0;
    for (const ExpectationResult& expectation : report.expectations) {
        if (!expectation.ok) {
            text += wrapped("FAILED  " + one_line(expectation.what), 2);
            text += wrapped("seen: " + one_line(expectation.seen), 10);
        }
    }
    for (const ExpectationResult& expectation : report.expectations) {
        if (expectation.ok && met++ < lines_max) {
            text += wrapped("ok      " + one_line(expectation.what), 2);
        }
    }
    return text + more(met, "met");
}

std::string invariant_lines(const RunReport& report) {
    std::string text;
    for (std::size_t i = 0; i < report.violations.size() && i < lines_max; ++i) {
        text += wrapped(
            fmt::format(
                "{}  {}", report.violations[i].invariant, one_line(report.violations[i].text)),
            2);
    }
    return text + more(report.violations.size(), "more");
}

std::string quoted_path(const std::string& path) {
    const bool plain = !path.empty() && path.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789_./+-:=@%,") == std::string::npos;
    if (plain) {
        return path;
    }
    std::string out = "'";
    for (const char c : path) {
        out += c == '\'' ? std::string{"'\\''"} : std::string{c};
    }
    return out + "'";
}

std::string replay_lines(const RunReport& report, const TableSource& source) {
    std::string text = fmt::format("\ndigest {}\n", digest_text(report.digest));
    if (!source.journal_path.empty() && source.journal_path != "-") {
        return text +
               fmt::format("replay it:  forkyard replay {}\n", quoted_path(source.journal_path));
    }
    if (source.journal_path.empty() && !source.scenario_path.empty()) {
        text += fmt::format(
            "record it:  forkyard run {} --journal run.fyj, then forkyard replay "
            "run.fyj\n",
            quoted_path(source.scenario_path));
    }
    return text;
}

}  // namespace

std::string digest_text(std::uint64_t digest) {
    return fmt::format("{:016x}", digest);
}

std::string run_table(const RunReport& report, const TableSource& source) {
    const Summary& summary = report.summary;
    std::string out = heading(report);
    add_results(out, report);
    add_section(out, "Not succeeded", app_lines(summary));
    add_section(out, "Jobs", job_lines(summary));
    add_section(out, "Stages", stage_lines(summary));
    add_section(out, "Accumulators", accumulator_lines(summary));
    add_section(out,
                fmt::format("Executors: {} started, {} lost, {} at once",
                            summary.executor_counts.started,
                            summary.executor_counts.lost,
                            summary.executor_counts.peak),
                executor_lines(summary));
    add_section(out, "Tasks", task_lines(summary));
    add_section(out, "Lost, and run again", loss_lines(summary));
    add_section(out, "Broken invariants", invariant_lines(report));
    add_section(out, "Expectations", expectation_lines(report));
    return out + replay_lines(report, source);
}

}  // namespace forkyard
