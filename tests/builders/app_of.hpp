// Applications in a few words: stages with their parents, a job for each name.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/model/scenario.hpp"

namespace forkyard {

inline StageSpec stage_of(std::string name, std::uint32_t tasks, std::vector<std::string> parents) {
    StageSpec stage;
    stage.name = std::move(name);
    stage.tasks = tasks;
    stage.parents = std::move(parents);
    return stage;
}

// Offers go by number of executor, so that no chance is involved.
inline AppSpec app_of(std::vector<StageSpec> stages, const std::vector<std::string>& jobs) {
    AppSpec app;
    app.name = "app";
    app.stages = std::move(stages);
    app.conf.offers = OfferOrder::in_order;
    for (const std::string& of : jobs) {
        JobSpec job;
        job.name = of;
        job.of = of;
        app.jobs.push_back(std::move(job));
    }
    return app;
}

// A map stage and a reduce stage, as many jobs over them as wanted.
inline AppSpec map_reduce(std::uint32_t maps, std::uint32_t reduces, std::size_t jobs = 1) {
    return app_of({stage_of("map", maps, {}), stage_of("reduce", reduces, {"map"})},
                  std::vector<std::string>(jobs, "reduce"));
}

// a <- b <- c, a shuffle between each two.
inline AppSpec chain_of_three(std::uint32_t tasks, std::size_t jobs = 1) {
    return app_of(
        {stage_of("a", tasks, {}), stage_of("b", tasks, {"a"}), stage_of("c", tasks, {"b"})},
        std::vector<std::string>(jobs, "c"));
}

}  // namespace forkyard
