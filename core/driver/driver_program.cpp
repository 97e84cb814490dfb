// What a driver program in C++ adds to what its driver knows: datasets, and what to make of them.
#include <utility>

#include "core/check.hpp"
#include "core/driver/driver.hpp"
#include "core/model/argument_text.hpp"

namespace forkyard {

void Driver::on(Step& /*step*/, const DatasetDefined& event) {
    StepSpec spec;
    spec.kind = event.step;
    spec.value = event.value;
    spec.partitions = event.partitions;
    spec.cost = event.cost;
    std::optional<std::vector<Argument>> args = parse_arguments(event.args);
    FORKYARD_CHECK(args, "a definition's arguments can be read");
    spec.args = std::move(*args);
    DatasetSpec dataset{event.name, {}};
    if (!event.of.empty()) {
        StepSpec from;
        from.kind = StepKind::from;
        from.value = event.of;
        dataset.steps.push_back(std::move(from));
    }
    dataset.steps.push_back(std::move(spec));
    program_->define(dataset, event.inputs);
}

void Driver::on(Step& /*step*/, const JobDefined& event) {
    JobSpec spec;
    spec.name = event.name;
    spec.of = event.of;
    spec.action = event.action;
    std::optional<std::vector<Argument>> args = parse_arguments(event.args);
    FORKYARD_CHECK(args, "an action's arguments can be read");
    spec.args = std::move(*args);
    program_->add_job(spec);
}

}  // namespace forkyard
