// Datasets in a few words: steps, and an application with one dataset and one job.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/model/scenario.hpp"

namespace forkyard {

inline StepSpec step_of(StepKind kind, std::string value, std::vector<Argument> args = {}) {
    StepSpec step;
    step.kind = kind;
    step.value = std::move(value);
    step.args = std::move(args);
    return step;
}

inline StepSpec wide_step(StepKind kind,
                          std::string value,
                          std::optional<std::uint32_t> partitions,
                          std::vector<Argument> args = {}) {
    StepSpec step = step_of(kind, std::move(value), std::move(args));
    step.partitions = partitions;
    return step;
}

inline StepSpec range_step(std::int64_t end, std::optional<std::uint32_t> partitions) {
    return wide_step(StepKind::range, "", partitions, {end});
}

// One dataset, `data`, and one job that collects it.
inline AppSpec dataset_app(std::vector<StepSpec> steps) {
    AppSpec app;
    app.name = "app";
    app.datasets.push_back({"data", std::move(steps)});
    JobSpec job;
    job.name = "data";
    job.of = "data";
    app.jobs.push_back(std::move(job));
    return app;
}

}  // namespace forkyard
