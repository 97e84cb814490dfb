#include "core/data/aggregator.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/data/function_tables.hpp"
#include "core/data/memory_estimate.hpp"
#include "core/data/spilling_table.hpp"

namespace forkyard {

tl::unexpected<std::string> no_pair(const Value& record) {
    return mistake(fmt::format("a shuffle by key needs pairs, found {}", kind_name(record.kind())));
}

Computed<Aggregator> Aggregator::make(const Aggregation& aggregation) {
    Aggregator made;
    made.kind_ = aggregation.kind;
    made.args_ = aggregation.call.args;
    if (made.kind_ == ByKey::group) {
        return made;
    }
    Call call = aggregation.call;
    if (made.kind_ == ByKey::aggregate) {
        if (call.args.empty()) {
            return mistake(fmt::format("'{}' needs a value to start from", call.function));
        }
        made.zero_ = std::move(call.args.front());
        call.args.erase(call.args.begin());
        made.args_ = call.args;
    }
    return resolve(call,
                   made.kind_ == ByKey::aggregate ? FunctionKind::aggregate : FunctionKind::combine)
        .map([&](const FunctionInfo* info) {
            made.info_ = info;
            return made;
        });
}

Computed<std::int64_t> Aggregator::combine(Value& into,
                                           const Value& next,
                                           CombineFunction how) const {
    const std::int64_t before = owned_memory(into);
    return combine_into(into, next, *info_, args_, how).map([&] {
        return owned_memory(into) - before;
    });
}

Computed<std::int64_t> Aggregator::add(OrderedHashMap& table, Value pair) const {
    if (!pair.is(Value::Kind::pair)) {
        return no_pair(pair);
    }
    const auto [value, inserted] = table.find_or_insert(std::move(pair.first()));
    switch (kind_) {
        case ByKey::group: {
            if (inserted) {
                value = Value{List{}};
            }
            const std::int64_t bytes = value_memory + owned_memory(pair.second());
            value.list().push_back(std::move(pair.second()));
            return inserted ? entered_memory(table) : bytes;
        }
        case ByKey::aggregate: {
            if (inserted) {
                value = zero_;
            }
            const Computed<std::int64_t> grown = combine(value, pair.second(), info_->add);
            return grown && inserted ? entered_memory(table) : grown;
        }
        default:
            if (inserted) {
                value = std::move(pair.second());
                return entered_memory(table);
            }
            return combine(value, pair.second(), nullptr);
    }
}

Computed<std::int64_t> Aggregator::merge(OrderedHashMap& table, Value pair) const {
    if (kind_ == ByKey::group) {
        return add(table, std::move(pair));
    }
    if (!pair.is(Value::Kind::pair)) {
        return no_pair(pair);
    }
    const auto [value, inserted] = table.find_or_insert(std::move(pair.first()));
    if (inserted) {
        value = std::move(pair.second());
        return entered_memory(table);
    }
    return combine(value, pair.second(), nullptr);
}

Computed<void> Aggregator::merge(Value& earlier, Value later) const {
    if (kind_ == ByKey::group) {
        append_list(earlier, std::move(later));
        return {};
    }
    return combine_into(earlier, later, *info_, args_);
}

}  // namespace forkyard
