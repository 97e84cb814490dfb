// Whether executors have the memory that Spark's need.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "core/executor/unified_memory.hpp"
#include "sim/scenario/builders.hpp"
#include "sim/scenario/conf_properties.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {

// Spark's executors do not start with less (DP-MEM-01). Where nothing asks for memory it only
// draws a warning: many a scenario is about other things.
void check_executor_memory(const ConfProperties& given, const AppSpec& app) {
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

}  // namespace forkyard::sim
