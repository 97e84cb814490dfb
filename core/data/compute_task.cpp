#include "core/data/compute_task.hpp"

#include <fmt/format.h>

#include "core/data/sinks.hpp"
#include "core/data/sources.hpp"
#include "core/int128.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

FunctionKind function_kind_of(NarrowKind kind) {
    switch (kind) {
        case NarrowKind::filter:
            return FunctionKind::filter;
        case NarrowKind::flat_map:
            return FunctionKind::flat_map;
        case NarrowKind::map:
        case NarrowKind::map_values:
        case NarrowKind::key_by:
            break;
    }
    return FunctionKind::map;
}

std::string_view step_name(NarrowKind kind) {
    switch (kind) {
        case NarrowKind::map:
            return "map";
        case NarrowKind::filter:
            return "filter";
        case NarrowKind::flat_map:
            return "flat_map";
        case NarrowKind::map_values:
            return "map_values";
        case NarrowKind::key_by:
            return "key_by";
    }
    return "?";
}

struct RunningStep {
    NarrowKind kind = NarrowKind::map;
    const FunctionInfo* info = nullptr;
    Arguments args;
    std::uint64_t records_in = 0;
};

// Pushes each record through the steps and into the sink before the next one comes.
class Pipeline final : public Emitter {
public:
    Pipeline(std::vector<RunningStep> steps, RecordSink& sink)
        : steps_{std::move(steps)}, sink_{sink} {}

    [[nodiscard]] bool emit(Value&& record) override { return push(std::move(record), 0); }

    [[nodiscard]] const std::vector<RunningStep>& steps() const { return steps_; }
    [[nodiscard]] std::uint64_t records_out() const { return records_out_; }
    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] std::string& error() { return error_; }

private:
    // What a flat_map emits into: the steps after it.
    class Rest final : public Emitter {
    public:
        Rest(Pipeline& pipeline, std::size_t at) : pipeline_{pipeline}, at_{at} {}
        [[nodiscard]] bool emit(Value&& record) override {
            return pipeline_.push(std::move(record), at_);
        }

    private:
        Pipeline& pipeline_;
        std::size_t at_;
    };

    [[nodiscard]] bool push(Value&& record, std::size_t at) {
        for (; at < steps_.size(); ++at) {
            RunningStep& step = steps_[at];
            ++step.records_in;
            switch (step.kind) {
                case NarrowKind::map:
                    if (!apply(step, record)) {
                        return fail_at(step);
                    }
                    break;
                case NarrowKind::map_values:
                    if (!record.is(Kind::pair)) {
                        error_ = "needs a pair, found " + std::string{kind_name(record.kind())};
                        return fail_at(step);
                    }
                    if (!apply(step, record.second())) {
                        return fail_at(step);
                    }
                    break;
                case NarrowKind::key_by: {
                    Value key = record;
                    if (!apply(step, key)) {
                        return fail_at(step);
                    }
                    record = Value{std::move(key), std::move(record)};
                    break;
                }
                case NarrowKind::filter: {
                    Computed<bool> kept = step.info->filter(record, step.args);
                    if (!kept) {
                        error_ = std::move(kept.error());
                        return fail_at(step);
                    }
                    if (!*kept) {
                        return true;
                    }
                    break;
                }
                case NarrowKind::flat_map:
                    return spread(step, record, at);
            }
        }
        return drain(std::move(record));
    }

    [[nodiscard]] bool apply(const RunningStep& step, Value& record) {
        Computed<Value> result = step.info->map(std::move(record), step.args);
        if (!result) {
            error_ = std::move(result.error());
            return false;
        }
        record = std::move(*result);
        return true;
    }

    [[nodiscard]] bool spread(const RunningStep& step, const Value& record, std::size_t at) {
        Rest rest{*this, at + 1};
        Computed<bool> more = step.info->flat_map(record, step.args, rest);
        if (!more) {
            error_ = std::move(more.error());
            return fail_at(step);
        }
        return *more;
    }

    [[nodiscard]] bool drain(Value&& record) {
        ++records_out_;
        Computed<bool> more = sink_.accept(std::move(record));
        if (!more) {
            error_ = std::move(more.error());
            failed_ = true;
            return false;
        }
        return *more;
    }

    [[nodiscard]] bool fail_at(const RunningStep& step) {
        error_ = fmt::format("{} {}: {}", step_name(step.kind), step.info->name, error_);
        failed_ = true;
        return false;
    }

    std::vector<RunningStep> steps_;
    RecordSink& sink_;
    std::uint64_t records_out_ = 0;
    bool failed_ = false;
    std::string error_;
};

Computed<std::vector<RunningStep>> resolve_steps(const std::vector<NarrowStep>& steps) {
    std::vector<RunningStep> running;
    for (const NarrowStep& step : steps) {
        const Computed<const FunctionInfo*> info = resolve(step.call, function_kind_of(step.kind));
        if (!info) {
            return tl::make_unexpected(info.error());
        }
        running.push_back({step.kind, *info, step.call.args, 0});
    }
    return running;
}

int128 cost_of(const StepCost& cost, std::uint64_t records) {
    return cost.per_task ? int128{micros(*cost.per_task)}
                         : int128{micros(cost.per_record)} * records;
}

void account(const StageProgram& program,
             std::uint64_t source_records,
             const Pipeline& pipeline,
             TaskOutput& out) {
    int128 cost = cost_of(program.source_cost, source_records);
    out.records_in.push_back(source_records);
    for (std::size_t i = 0; i < program.steps.size(); ++i) {
        const std::uint64_t records = pipeline.steps()[i].records_in;
        out.records_in.push_back(records);
        cost += cost_of(program.steps[i].cost, records);
    }
    out.records_out = pipeline.records_out();
    out.cost = cost > micros(duration_forever) ? duration_forever
                                               : SimDuration{static_cast<std::int64_t>(cost)};
}

// take(0) wants nothing at all: the source is not even opened.
bool wants_records(const Sink& sink) {
    const auto* result = std::get_if<ResultSink>(&sink);
    return result == nullptr || result->action != ActionKind::take || result->args.empty() ||
           result->args[0] != Value{std::int64_t{0}};
}

}  // namespace

Computed<TaskOutput> compute_task(const StageProgram& program,
                                  std::uint32_t partition,
                                  TaskInput& input) {
    if (partition >= partitions_of(program.source)) {
        return tl::make_unexpected(fmt::format("there is no partition {}", partition));
    }
    Computed<std::vector<RunningStep>> steps = resolve_steps(program.steps);
    if (!steps) {
        return tl::make_unexpected(std::move(steps.error()));
    }
    const Computed<std::unique_ptr<RecordSink>> sink = make_sink(program.sink, partition);
    if (!sink) {
        return tl::make_unexpected(sink.error());
    }
    Pipeline pipeline{std::move(*steps), **sink};
    std::uint64_t source_records = 0;
    if (wants_records(program.sink)) {
        Computed<std::uint64_t> produced = produce(program.source, partition, input, pipeline);
        if (!produced) {
            return tl::make_unexpected(std::move(produced.error()));
        }
        source_records = *produced;
    }
    if (pipeline.failed()) {
        return tl::make_unexpected(std::move(pipeline.error()));
    }
    TaskOutput out;
    if (Computed<void> finished = (*sink)->finish(out); !finished) {
        return tl::make_unexpected(std::move(finished.error()));
    }
    account(program, source_records, pipeline, out);
    return out;
}

}  // namespace forkyard
