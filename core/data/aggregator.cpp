#include "core/data/aggregator.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/data/function_tables.hpp"

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

Computed<void> Aggregator::add(OrderedHashMap& table, Value pair) const {
    if (!pair.is(Value::Kind::pair)) {
        return no_pair(pair);
    }
    const auto [value, inserted] = table.find_or_insert(std::move(pair.first()));
    switch (kind_) {
        case ByKey::group:
            if (inserted) {
                value = Value{List{}};
            }
            value.list().push_back(std::move(pair.second()));
            return {};
        case ByKey::aggregate:
            if (inserted) {
                value = zero_;
            }
            return combine_into(value, pair.second(), *info_, args_, info_->add);
        default:
            if (inserted) {
                value = std::move(pair.second());
                return {};
            }
            return combine_into(value, pair.second(), *info_, args_);
    }
}

Computed<void> Aggregator::merge(OrderedHashMap& table, Value pair) const {
    if (kind_ == ByKey::group) {
        return add(table, std::move(pair));
    }
    if (!pair.is(Value::Kind::pair)) {
        return no_pair(pair);
    }
    const auto [value, inserted] = table.find_or_insert(std::move(pair.first()));
    if (inserted) {
        value = std::move(pair.second());
        return {};
    }
    return combine_into(value, pair.second(), *info_, args_);
}

}  // namespace forkyard
