#include "core/data/merge_results.hpp"

#include "core/data/action_arguments.hpp"
#include "core/data/value_codec.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

// Hands every row to `take` in partition order, until it says false.
template <class Take>
Computed<void> each_row(std::span<const std::string_view> partitions, Take take) {
    for (const std::string_view bytes : partitions) {
        ByteReader reader{bytes};
        while (!reader.at_end()) {
            Value row = decode(reader);
            if (reader.failed()) {
                return tl::make_unexpected(std::string{"a corrupt result of a task"});
            }
            const Computed<bool> more = take(std::move(row));
            if (!more) {
                return tl::make_unexpected(more.error());
            }
            if (!*more) {
                return {};
            }
        }
    }
    return {};
}

Computed<Value> total(std::span<const std::string_view> partitions) {
    std::int64_t sum = 0;
    return each_row(partitions,
                    [&sum](const Value& row) -> Computed<bool> {
                        sum += row.integer();
                        return true;
                    })
        .map([&sum] { return Value{sum}; });
}

Computed<Value> first_rows(std::span<const std::string_view> partitions, std::uint64_t most) {
    List rows;
    if (most == 0) {
        return Value{std::move(rows)};
    }
    return each_row(partitions,
                    [&](Value row) -> Computed<bool> {
                        rows.push_back(std::move(row));
                        return rows.size() < most;
                    })
        .map([&rows] { return Value{std::move(rows)}; });
}

Computed<Value> reduced(const Call& call, std::span<const std::string_view> partitions) {
    const Computed<const FunctionInfo*> info = resolve(call, FunctionKind::combine);
    if (!info) {
        return tl::make_unexpected(info.error());
    }
    bool found = false;
    Value result;
    const Computed<void> done = each_row(partitions, [&](Value row) -> Computed<bool> {
        if (!found) {
            found = true;
            result = std::move(row);
            return true;
        }
        return combine_into(result, row, **info, call.args).map([] { return true; });
    });
    if (!done) {
        return tl::make_unexpected(done.error());
    }
    if (!found) {
        return tl::make_unexpected(std::string{"empty collection"});
    }
    return result;
}

Computed<Value> best(const ActionArguments& args, std::span<const std::string_view> partitions) {
    TopRecords top{args.n, args.by};
    return each_row(partitions,
                    [&top](Value row) { return top.add(std::move(row)).map([] { return true; }); })
        .map([&top] { return Value{top.take_sorted()}; });
}

}  // namespace

Computed<Value> merge_results(ActionKind action,
                              std::span<const Value> args,
                              std::span<const std::string_view> partitions) {
    const Computed<ActionArguments> known = action_arguments(action, args);
    if (!known) {
        return tl::make_unexpected(known.error());
    }
    switch (action) {
        case ActionKind::count:
        case ActionKind::save:
            return total(partitions);
        case ActionKind::collect:
        case ActionKind::lookup:
            return first_rows(partitions, UINT64_MAX);
        case ActionKind::take:
        case ActionKind::show:
            return first_rows(partitions, known->n);
        case ActionKind::first: {
            Computed<Value> rows = first_rows(partitions, 1);
            if (rows && rows->list().empty()) {
                return tl::make_unexpected(std::string{"empty collection"});
            }
            return rows.map([](Value& list) { return Value{std::move(list.list()[0])}; });
        }
        case ActionKind::top:
            return best(*known, partitions);
        case ActionKind::reduce:
        case ActionKind::tree_reduce:
            return reduced(*known->call, partitions);
        case ActionKind::run:
        case ActionKind::foreach:
            break;
    }
    return Value{};
}

}  // namespace forkyard
