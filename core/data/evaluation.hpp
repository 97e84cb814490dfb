// The datasets of one task, computed from the last one back to what they read: records are
// pushed from the sources on, through all narrow steps, one by one.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/data/compute_task.hpp"
#include "core/data/functions.hpp"
#include "core/data/narrow_parts.hpp"
#include "core/data/sources.hpp"
#include "core/data/spilling_table.hpp"
#include "core/data/stage_program.hpp"

namespace forkyard {

// An emitter that is written where it is needed.
template <class Take>
class Taking final : public Emitter {
public:
    explicit Taking(Take take) : take_{std::move(take)} {}
    [[nodiscard]] bool emit(Value&& record) override { return take_(std::move(record)); }

private:
    Take take_;
};

class Evaluation {
public:
    Evaluation(const StageProgram& program, TaskInput& input, const TaskRoom& room)
        : program_{program},
          input_{input},
          room_{room},
          records_in_(program.datasets.size()),
          entered_(program.datasets.size()) {}

    // False: no more are wanted, or it has failed.
    bool produce(std::uint32_t number, std::uint32_t partition, Emitter& out) {
        const Part part{program_.datasets[number], number, partition};
        return part.dataset.kept ? produce_kept(part, out) : compute(part, out);
    }
    bool fail(std::string why) {
        error_ = std::move(why);
        return false;
    }
    [[nodiscard]] std::string& error() { return error_; }
    void account(TaskOutput& out);

private:
    // A partition of a dataset.
    struct Part {
        const ComputedDataset& dataset;
        std::uint32_t number;
        std::uint32_t partition;
    };

    bool compute(const Part& part, Emitter& out) {
        entered_[part.number] = 1;
        return std::visit([&](const auto& op) { return produce(op, part, out); }, part.dataset.op);
    }
    // As it was kept; else it is computed as a whole before anything of it goes on, since it is
    // to be kept as a whole (DP-BLK-03).
    bool produce_kept(const Part& part, Emitter& out);
    // `of` is named where it is corrupt.
    bool emit_rows(std::string_view of, std::string_view bytes, Emitter& out);
    // Of what was computed before: they count as read.
    bool read_rows(std::string_view of, std::string_view bytes, Emitter& out);

    // Sources.
    template <class Source>
    bool produce(const Source& source, const Part& part, Emitter& out) {
        bool more = true;
        Taking watched{[&](Value&& record) { return more = out.emit(std::move(record)); }};
        const Computed<std::uint64_t> records =
            forkyard::produce(source, part.dataset.partitions, part.partition, input_, watched);
        if (!records) {
            return fail(records.error());
        }
        records_in_[part.number] += *records;
        read_ += *records;
        return more;
    }
    bool produce(const LostCheckpoint& lost, const Part& part, Emitter& out);
    bool produce(const CheckpointSource& source, const Part& part, Emitter& out);
    bool produce(const Apply& /*and those before it*/, const Part& part, Emitter& out);
    bool produce(const Sample& sample, const Part& part, Emitter& out);
    bool produce(const Deal& deal, const Part& part, Emitter& out);
    bool produce(const KeyByPlace& op, const Part& part, Emitter& out);
    // What the call's function gets beside its record. False: it cannot be had.
    bool arguments_of(const Call& call, Arguments& args);
    bool produce(const Accumulate& op, const Part& part, Emitter& out);
    bool produce(const Union& /*op*/, const Part& part, Emitter& out) {
        return produce_parts(part, out);
    }
    bool produce(const Coalesce& /*op*/, const Part& part, Emitter& out) {
        return produce_parts(part, out);
    }
    bool produce(const Cartesian& op, const Part& part, Emitter& out);
    bool produce(const Zip& op, const Part& part, Emitter& out);
    bool produce(const InPlace& op, const Part& part, Emitter& out);
    bool produce(const ShuffleRead& op, const Part& part, Emitter& out);
    bool produce(const CoGroup& op, const Part& part, Emitter& out);

    // Of a dataset of pairs: the partitions that its two parents are read for.
    struct Side {
        std::uint32_t number = 0;
        std::uint32_t partition = 0;
    };
    [[nodiscard]] std::array<Side, 2> sides_of(const Part& part) const;
    bool produce(const Side& side, Emitter& out) {
        return produce(side.number, side.partition, out);
    }
    // Of a union or coalesce. Its records are counted where that costs anything.
    bool produce_parts(const Part& part, Emitter& out);
    // Hands every row of a partition of a shuffle to `take`, in map order, until it says
    // false. False: it has, or reading failed.
    template <class Take>
    bool read(std::uint32_t shuffle, const Part& part, Take take);
    template <class Take>
    bool aggregate(const Aggregation& aggregation, Take fill, Emitter& out);
    bool emit_entries(SpillingTable& table, Emitter& out);
    bool sort(const ShuffleRead& op, const Part& part, Emitter& out);
    // What happened to a collection. False: it failed, or no more are wanted.
    bool went_on(const Computed<void>& done) { return done ? true : fail(done.error()); }
    bool went_on(const Computed<bool>& done) { return done ? *done : fail(done.error()); }
    bool emit_distinct(const Part& part, Emitter& out);

    const StageProgram& program_;
    TaskInput& input_;
    TaskRoom room_;
    std::vector<std::uint64_t> records_in_;
    std::vector<char> entered_;  // by dataset: whether anything of it was computed
    std::uint64_t read_ = 0;
    std::vector<std::int64_t> accumulated_;
    std::map<BroadcastId, std::shared_ptr<const Value>> broadcasts_;  // that it uses
    std::deque<MadeBlock> made_;  // views of their bytes stay valid when more come
    std::string error_;
};

}  // namespace forkyard
