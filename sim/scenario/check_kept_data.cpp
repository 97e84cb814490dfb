// Whether an application's properties let its data be kept: whether executors have the memory,
// and under the wall clock, where they come and go when they do, whether it is only what they
// hold themselves.
#include <algorithm>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "core/executor/unified_memory.hpp"
#include "sim/scenario/builders.hpp"
#include "sim/scenario/conf_properties.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {

namespace {

// Spark's executors do not start with less (DP-MEM-01). Where nothing asks for memory it only
// draws a warning: many a scenario is about other things.
void check_heap(const ConfProperties& given, const AppSpec& app) {
    const Bytes heap = app.conf.executor_memory;
    if (heap.count >= MemorySizes::smallest_heap) {
        return;
    }
    const char* property =
        app.conf.runs_in_driver ? "spark.driver.memory" : "spark.executor.memory";
    const bool asks =
        std::any_of(app.stages.begin(),
                    app.stages.end(),
                    [](const StageSpec& stage) {
                        return stage.memory.count > 0 ||
                               (stage.cache && stage.cache_size.count > 0);
                    }) ||
        std::any_of(app.datasets.begin(), app.datasets.end(), [](const DatasetSpec& dataset) {
            return std::any_of(dataset.steps.begin(),
                               dataset.steps.end(),
                               [](const StepSpec& step) { return step.kind == StepKind::cache; });
        });
    const std::string what = fmt::format("Spark refuses `{}` below {}: {} are reserved",
                                         property,
                                         print_size(Bytes{MemorySizes::smallest_heap}),
                                         print_size(Bytes{MemorySizes::reserved}));
    if (asks) {
        given.error(property, property, what);
    } else {
        given.warning(property, what);
    }
}

}  // namespace

void check_kept_data(const ConfProperties& given, const AppSpec& app, ClockKind clock) {
    check_heap(given, app);
    if (app.datasets.empty() || clock != ClockKind::wall) {
        return;
    }
    const auto refuse = [&](const char* property) {
        given.error(property,
                    {},
                    fmt::format("under the wall clock `{}` is simulated for synthetic stages "
                                "alone, and `{}` has datasets",
                                property,
                                app.name),
                    "use the virtual clock, or leave the property out for this application");
    };
    if (app.conf.shuffle_service) {
        refuse("spark.shuffle.service.enabled");
    }
    if (app.conf.decommission.storage && app.conf.decommission.shuffle_blocks) {
        refuse("spark.storage.decommission.enabled");
    }
}

}  // namespace forkyard::sim
