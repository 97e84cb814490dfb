#include "core/plan/lowering.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/data/range_bounds.hpp"
#include "core/random.hpp"

namespace forkyard {

namespace {

// The datasets of a stage, parents first, with numbers of the program's own.
class Collector {
public:
    explicit Collector(const LoweringInput& input) : input_{input} {
        program_.shuffles.assign(input.reads.begin(), input.reads.end());
        (void)add(input.stage.root.value);
    }
    [[nodiscard]] StageProgram take() { return std::move(program_); }

private:
    std::uint32_t add(std::uint32_t dataset) {
        const auto known = numbers_.find(dataset);
        if (known != numbers_.end()) {
            return known->second;
        }
        ComputedDataset computed = input_.program.lineage().at(DatasetId{dataset}).computed;
        for (std::uint32_t& parent : computed.parents) {
            parent = add(parent);
        }
        if (auto* read = std::get_if<ShuffleRead>(&computed.op)) {
            read->shuffle = number_of(read->shuffle);
        } else if (auto* sample = std::get_if<Sample>(&computed.op)) {
            sample->seed = mix(input_.seed, sample->seed);
        } else if (auto* grouped = std::get_if<CoGroup>(&computed.op)) {
            for (CoGroup::Input& input : grouped->inputs) {
                input.number = input.shuffled ? number_of(input.number) : input.number;
            }
        }
        program_.datasets.push_back(std::move(computed));
        const auto number = static_cast<std::uint32_t>(program_.datasets.size() - 1);
        numbers_.emplace(dataset, number);
        return number;
    }

    // Of a shuffle of the lineage among those that the stage reads.
    [[nodiscard]] std::uint32_t number_of(std::uint32_t shuffle) const {
        const std::vector<PlanId>& parents = input_.stage.parents;
        const auto at =
            std::find(parents.begin(), parents.end(), input_.program.writer_of(shuffle));
        return static_cast<std::uint32_t>(at - parents.begin());
    }

    const LoweringInput& input_;
    StageProgram program_;
    std::map<std::uint32_t, std::uint32_t> numbers_;
};

}  // namespace

StageProgram lower_map_stage(const LoweringInput& input, const std::vector<Value>* bounds) {
    StageProgram program = Collector{input}.take();
    const ShuffleDependency& shuffle = input.program.lineage().shuffles()[*input.stage.writes];
    ShuffleSink sink;
    sink.partitions = shuffle.partitioner.partitions;
    sink.combine = shuffle.combine;
    if (shuffle.partitioner.sort) {
        sink.range = RangePartitioner{shuffle.descending,
                                      bounds == nullptr ? std::vector<Value>{} : *bounds};
    }
    program.sink = std::move(sink);
    return program;
}

StageProgram lower_result_stage(const LoweringInput& input, const JobSpec& job) {
    StageProgram program = Collector{input}.take();
    program.sink = ResultSink{job.action, values_of(job.args)};
    return program;
}

StageProgram lower_checkpoint_stage(const LoweringInput& input) {
    StageProgram program = Collector{input}.take();
    program.sink = CheckpointSink{};
    return program;
}

StageProgram lower_sample_stage(const LoweringInput& input,
                                std::uint32_t partitions,
                                std::uint32_t fraction) {
    StageProgram program = Collector{input}.take();
    program.sink = SampleSink{sample_size(partitions, input.stage.tasks), fraction, input.seed};
    return program;
}

}  // namespace forkyard
