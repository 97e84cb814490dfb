#include <algorithm>

#include <fmt/format.h>

#include "core/event_text.hpp"
#include "sim/scenario/builders.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

bool all_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_wide(StepKind kind) {
    return kind >= StepKind::join;
}

template <class Part>
std::vector<std::string> gather(const std::vector<KnownNames::App>& apps,
                                std::string_view app,
                                Part part,
                                std::vector<std::string> out = {}) {
    for (const KnownNames::App& known : apps) {
        if (app.empty() || known.name == app) {
            out.insert(out.end(), (known.*part).begin(), (known.*part).end());
        }
    }
    return out;
}

}  // namespace

void UniqueNames::add(const std::string& name, const Position& at) {
    const auto [found, fresh] = places_.emplace(name, at);
    if (fresh) {
        names_.push_back(name);
        return;
    }
    const int line = found->second.line;
    problems_.error(at,
                    fmt::format("there are two {}s named `{}`", what_, name),
                    line > 0 ? fmt::format("the first is in line {}", line) : "");
}

bool UniqueNames::has(std::string_view name) const {
    return places_.find(name) != places_.end();
}

KnownNames::KnownNames(const Scenario& scenario) : in_driver{scenario.cluster.manager == "local"} {
    for (const NodeSpec& node : scenario.cluster.nodes) {
        nodes.push_back(node.name);
    }
    for (const AppSpec& app : scenario.apps) {
        App known;
        known.name = app.name;
        for (const StageSpec& stage : app.stages) {
            known.stages.push_back(stage.name);
        }
        for (const DatasetSpec& dataset : app.datasets) {
            known.stages.push_back(dataset.name);
            for (std::size_t i = 0; i < dataset.steps.size(); ++i) {
                if (is_wide(dataset.steps[i].kind)) {
                    known.stages.push_back(fmt::format("{}:{}", dataset.name, i));
                }
                if (dataset.steps[i].kind == StepKind::join ||
                    dataset.steps[i].kind == StepKind::cogroup) {
                    known.stages.push_back(fmt::format("{}:{}:right", dataset.name, i));
                }
                if (dataset.steps[i].kind == StepKind::sort_by) {
                    known.sample_stages.push_back(fmt::format("{}:{}:sample", dataset.name, i));
                    known.sample_jobs.push_back(fmt::format("sort_by at {}:{}", dataset.name, i));
                }
            }
        }
        known.grows = app.program.has_value();
        for (const JobSpec& job : app.jobs) {
            known.jobs.push_back(job.name);
        }
        apps.push_back(std::move(known));
    }
}

std::vector<std::string> KnownNames::app_names() const {
    std::vector<std::string> out;
    for (const App& app : apps) {
        out.push_back(app.name);
    }
    return out;
}

bool KnownNames::grow(std::string_view app) const {
    return std::any_of(apps.begin(), apps.end(), [&](const App& known) {
        return known.grows && (app.empty() || known.name == app);
    });
}

std::vector<std::string> KnownNames::stages(std::string_view app) const {
    return gather(apps, app, &App::stages);
}

std::vector<std::string> KnownNames::jobs(std::string_view app) const {
    return gather(apps, app, &App::jobs);
}

std::vector<std::string> KnownNames::recorded_stages(std::string_view app) const {
    return gather(apps, app, &App::sample_stages, stages(app));
}

std::vector<std::string> KnownNames::recorded_jobs(std::string_view app) const {
    return gather(apps, app, &App::sample_jobs, jobs(app));
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_stage_id(std::string_view text) {
    if (!text.starts_with('s')) {
        return false;
    }
    text.remove_prefix(1);
    const std::size_t dot = text.find('.');
    return all_digits(text.substr(0, dot)) &&
           (dot == std::string_view::npos || all_digits(text.substr(dot + 1)));
}

bool is_job_id(std::string_view text) {
    return text.starts_with('j') && all_digits(text.substr(1));
}

std::optional<ExecutorId> executor_named(std::string_view text, bool in_driver) {
    if (in_driver) {
        return text == to_text(local_executor) ? std::optional{local_executor} : std::nullopt;
    }
    constexpr std::size_t digits_max = 9;
    if (!text.starts_with('e') || !all_digits(text.substr(1)) || text.size() > digits_max + 1) {
        return std::nullopt;
    }
    const auto number = static_cast<std::uint32_t>(parse_whole(text.substr(1)).value_or(0));
    return number > 0 ? std::optional{ExecutorId{number}} : std::nullopt;
}

void report_unknown(std::string_view what,
                    const std::string& name,
                    const Position& at,
                    const std::vector<std::string>& known,
                    Diagnostics& problems) {
    problems.error(at, fmt::format("unknown {} `{}`", what, name), did_you_mean(name, known));
}

}  // namespace forkyard::sim
