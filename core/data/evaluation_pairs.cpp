// Records of two datasets together: each with each, or one with one.
#include <array>
#include <cstddef>
#include <utility>

#include "core/data/evaluation.hpp"
#include "core/data/spilling_rows.hpp"

namespace forkyard {

std::array<Evaluation::Side, 2> Evaluation::sides_of(const Part& part) const {
    std::array<Side, 2> sides;
    std::size_t side = 0;
    (void)each_narrow_part(
        part.dataset,
        part.partition,
        [&](std::uint32_t parent) { return program_.datasets[parent].partitions; },
        [&](std::uint32_t parent, std::uint32_t of_it) {
            sides[side++] = {parent, of_it};
            return true;
        });
    return sides;
}

// What enters is each record of the first, and of the second as often as it is read: a record of
// either may be large, or cost much to make, and neither side is held in memory.
bool Evaluation::produce(const Cartesian& /*op*/, const Part& part, Emitter& out) {
    const auto [first, second] = sides_of(part);
    const Side again = second;
    Taking entered{[&](Value&& from_first) {
        ++records_in_[part.number];
        Taking paired{[&](Value&& from_second) {
            ++records_in_[part.number];
            return out.emit(Value{Value{from_first}, std::move(from_second)});
        }};
        return produce(again, paired);
    }};
    return produce(first, entered);
}

// Records are pushed, so one side has to wait for the other: the second is put by, the first goes
// on as it is made. Spark draws them from both in turn.
bool Evaluation::produce(const Zip& /*op*/, const Part& part, Emitter& out) {
    const auto unequal = [&] {
        return fail("zip: the partitions do not have equally many records");
    };
    const auto [first, second] = sides_of(part);
    SpillingRows waiting{room_};
    Taking put_by{[&](Value&& record) {
        ++records_in_[part.number];
        return went_on(waiting.add(record));
    }};
    if (!produce(second, put_by)) {
        return false;
    }
    Taking zipped{[&](Value&& record) {
        ++records_in_[part.number];
        if (waiting.left() == 0) {
            return unequal();
        }
        Computed<Value> other = waiting.next();
        return other ? out.emit(Value{std::move(record), std::move(*other)})
                     : fail(std::move(other.error()));
    }};
    return produce(first, zipped) && (waiting.left() == 0 || unequal());
}

}  // namespace forkyard
