// What the arguments of an action mean: n of take and top, the order of top, the function of
// reduce, tree_reduce and foreach, the form of show, the key of lookup. Task and driver read them
// the same way.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/data/functions.hpp"
#include "core/data/show_text.hpp"
#include "core/data/value.hpp"
#include "core/model/application.hpp"

namespace forkyard {

enum class TopBy { record, key, value };

struct ActionArguments {
    std::uint64_t n = 1;  // take, first, top; show: one more than it shows
    TopBy by = TopBy::record;
    std::optional<Call> call;  // reduce, tree_reduce, and foreach if it names one
    ShowForm form{};           // show
    Value key{};               // lookup
    std::uint32_t depth = 2;   // tree_reduce: of its tree
};

// What is written, whether or not this binary has the function that it names.
[[nodiscard]] Computed<ActionArguments> read_arguments(ActionKind action,
                                                       std::span<const Value> args);
// The error says what is wrong; a loader can ask before anything runs.
[[nodiscard]] Computed<ActionArguments> action_arguments(ActionKind action,
                                                         std::span<const Value> args);

// Whether a comes before b in the answer of top: by what `by` says descending, then by
// the whole record ascending. The records are pairs unless it goes by the record.
[[nodiscard]] bool comes_before(const Value& a, const Value& b, TopBy by);

// The n first in that order, of which no more than n are held at a time.
class TopRecords {
public:
    TopRecords(std::uint64_t n, TopBy by) : n_{n}, by_{by} {}
    [[nodiscard]] Computed<void> add(Value record);
    [[nodiscard]] std::vector<Value> take_sorted();

private:
    std::uint64_t n_;
    TopBy by_;
    std::vector<Value> heap_;  // the worst in front
};

}  // namespace forkyard
