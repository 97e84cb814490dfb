#include "core/data/compute_task.hpp"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "core/data/evaluation.hpp"
#include "core/data/sinks.hpp"

namespace forkyard {

namespace {

// take(0) wants nothing at all: the source is not even opened.
bool wants_records(const Sink& sink) {
    const auto* result = std::get_if<ResultSink>(&sink);
    return result == nullptr || result->action != ActionKind::take || result->args.empty() ||
           result->args[0] != Value{std::int64_t{0}};
}

}  // namespace

Computed<TaskOutput> compute_task(const StageProgram& program,
                                  std::uint32_t partition,
                                  TaskInput& input,
                                  SpillStore& spills) {
    if (partition >= program.datasets.back().partitions) {
        return tl::make_unexpected(fmt::format("there is no partition {}", partition));
    }
    TaskMemory memory{program.memory};
    const TaskRoom room{memory, spills};
    const Computed<std::unique_ptr<RecordSink>> sink = make_sink(program.sink, partition, room);
    if (!sink) {
        return tl::make_unexpected(sink.error());
    }
    Evaluation evaluation{program, input, room};
    TaskOutput out;
    Taking into_sink{[&](Value&& record) {
        ++out.records_out;
        Computed<bool> more = (*sink)->accept(std::move(record));
        return more ? *more : evaluation.fail(std::move(more.error()));
    }};
    if (wants_records(program.sink)) {
        (void)evaluation.produce(
            static_cast<std::uint32_t>(program.datasets.size() - 1), partition, into_sink);
    }
    if (!evaluation.error().empty()) {
        return tl::make_unexpected(std::move(evaluation.error()));
    }
    if (Computed<void> finished = (*sink)->finish(out); !finished) {
        return tl::make_unexpected(std::move(finished.error()));
    }
    evaluation.account(out);
    out.spilled = memory.spilled();
    return out;
}

}  // namespace forkyard
