// What a driver program in C++ adds to what its driver knows: datasets, and what to make of them.
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/check.hpp"
#include "core/driver/driver.hpp"
#include "core/model/argument_text.hpp"

namespace forkyard {

namespace {

std::vector<Argument> arguments_of(std::string_view text) {
    std::optional<std::vector<Argument>> args = parse_arguments(text);
    FORKYARD_CHECK(args, "the arguments of a step or an action can be read");
    return std::move(*args);
}

}  // namespace

void Driver::on(Step& /*step*/, const DatasetDefined& event) {
    StepSpec spec;
    spec.kind = event.step;
    spec.value = event.value;
    spec.partitions = event.partitions;
    spec.cost = event.cost;
    spec.args = arguments_of(event.args);
    spec.broadcast = event.broadcast;
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

// Its own books first; the executors follow when they hear of it (BlockManagerMasterEndpoint).
void Driver::on(Step& step, const DatasetUnpersisted& event) {
    if (const std::optional<RddId> rdd = program_->unpersist(event.name)) {
        dag_->forget_kept(*rdd);
        step.act(RemoveRdd{id_, *rdd});
    }
}

void Driver::on(Step& /*step*/, const DatasetMarked& event) {
    program_->mark(event.name, event.folder);
}

// What it counts nobody asks for.
void Driver::on(Step& /*step*/, const CheckpointDefined& event) {
    JobSpec spec;
    spec.name = event.name;
    spec.of = event.of;
    spec.action = ActionKind::count;
    program_->add_job(spec, Program::JobFor::checkpoint);
}

void Driver::on(Step& /*step*/, const DatasetCheckpointed& event) {
    program_->cut(
        event.name, event.action, [&](PlanId stage) { return dag_->known_shuffle(stage).valid(); });
}

void Driver::on(Step& /*step*/, const JobDefined& event) {
    JobSpec spec;
    spec.name = event.name;
    spec.of = event.of;
    spec.action = event.action;
    spec.args = arguments_of(event.args);
    program_->add_job(spec);
}

}  // namespace forkyard
