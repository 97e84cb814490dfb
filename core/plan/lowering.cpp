#include "core/plan/lowering.hpp"

#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/data/range_bounds.hpp"

namespace forkyard {

namespace {

Call call_of(const StepSpec& step) {
    return {step.value, values_of(step.args)};
}

StepCost cost_of(const StepSpec& step) {
    StepCost cost;
    cost.per_task = step.cost;
    if (step.cost_per_record) {
        cost.per_record = *step.cost_per_record;
    }
    return cost;
}

// The order of a sort stands behind the arguments of its key function.
bool is_order(const Argument& argument, bool descending) {
    const auto* text = std::get_if<std::string>(&argument);
    return text != nullptr && *text == (descending ? "desc" : "asc");
}

bool descending(const StepSpec& step) {
    return !step.args.empty() && is_order(step.args.back(), true);
}

Call sort_key(const StepSpec& step) {
    std::vector<Argument> args = step.args;
    if (!args.empty() && (is_order(args.back(), true) || is_order(args.back(), false))) {
        args.pop_back();
    }
    return {step.value, values_of(args)};
}

Source range_source(const StepSpec& step, std::uint32_t partitions) {
    RangeSource range;
    std::vector<std::int64_t> numbers;
    for (const Argument& argument : step.args) {
        numbers.push_back(std::get<std::int64_t>(argument));
    }
    FORKYARD_CHECK(!numbers.empty(), "a range has an end");
    range.start = numbers.size() > 1 ? numbers[0] : 0;
    range.end = numbers.size() > 1 ? numbers[1] : numbers[0];
    range.step = numbers.size() > 2 ? numbers[2] : 1;
    range.partitions = partitions;
    return range;
}

Source source_of(const LoweringInput& input) {
    const StepSpec& step = input.dataset.steps[input.stage.first_step];
    switch (step.kind) {
        case StepKind::read_text:
            return TextSource{input.path,
                              Bytes{input.input_bytes},
                              step.partitions.value_or(std::min(input.parallelism, 2U))};
        case StepKind::range:
            return range_source(step, input.stage.tasks);
        case StepKind::values:
            return ValuesSource{values_of(step.args), input.stage.tasks};
        case StepKind::reduce_by_key:
            return ShuffleSource{
                input.reads, WideKind::reduce, call_of(step), false, input.stage.tasks};
        case StepKind::group_by_key:
            return ShuffleSource{input.reads, WideKind::group, {}, false, input.stage.tasks};
        case StepKind::sort_by:
            return ShuffleSource{
                input.reads, WideKind::sort, {}, descending(step), input.stage.tasks};
        default:
            FORKYARD_CHECK(false, "a stage begins with a source or a wide step");
    }
    return RangeSource{};
}

NarrowKind narrow_kind(StepKind kind) {
    switch (kind) {
        case StepKind::map:
            return NarrowKind::map;
        case StepKind::filter:
            return NarrowKind::filter;
        case StepKind::flat_map:
            return NarrowKind::flat_map;
        case StepKind::map_values:
            return NarrowKind::map_values;
        case StepKind::key_by:
            return NarrowKind::key_by;
        default:
            FORKYARD_CHECK(false, "a narrow step");
    }
    return NarrowKind::map;
}

StageProgram chain(const LoweringInput& input) {
    StageProgram program;
    program.source = source_of(input);
    program.source_cost = cost_of(input.dataset.steps[input.stage.first_step]);
    for (std::uint32_t k = input.stage.first_step + 1; k < input.stage.end_step; ++k) {
        const StepSpec& step = input.dataset.steps[k];
        program.steps.push_back({narrow_kind(step.kind), call_of(step), cost_of(step)});
    }
    return program;
}

}  // namespace

StageProgram lower_map_stage(const LoweringInput& input, const std::vector<Value>* bounds) {
    StageProgram program = chain(input);
    const StepSpec& wide = input.dataset.steps[input.stage.end_step];
    ShuffleSink sink;
    sink.partitions = input.stage.children_partitions;
    if (wide.kind == StepKind::reduce_by_key) {
        sink.combine = call_of(wide);
    } else if (wide.kind == StepKind::sort_by) {
        sink.range = RangePartitioner{
            sort_key(wide), descending(wide), bounds == nullptr ? std::vector<Value>{} : *bounds};
    }
    program.sink = std::move(sink);
    return program;
}

StageProgram lower_result_stage(const LoweringInput& input, const JobSpec& job) {
    StageProgram program = chain(input);
    program.sink = ResultSink{job.action, values_of(job.args)};
    return program;
}

StageProgram lower_sample_stage(const LoweringInput& input, std::uint32_t partitions) {
    StageProgram program = chain(input);
    SampleSink sink;
    sink.key = sort_key(input.dataset.steps[input.stage.end_step]);
    sink.size = sample_size(partitions, input.stage.tasks);
    sink.seed = input.seed;
    program.sink = std::move(sink);
    return program;
}

}  // namespace forkyard
