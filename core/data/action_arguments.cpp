#include "core/data/action_arguments.hpp"

#include <algorithm>

namespace forkyard {

namespace {

using Kind = Value::Kind;

Computed<TopBy> top_by(const Value& name) {
    if (name == Value{"record"}) {
        return TopBy::record;
    }
    if (name == Value{"key"}) {
        return TopBy::key;
    }
    if (name == Value{"value"}) {
        return TopBy::value;
    }
    return tl::make_unexpected(std::string{"top goes by \"record\", \"key\" or \"value\""});
}

Computed<ActionArguments> counted(ActionKind action, std::span<const Value> args) {
    const std::size_t most = action == ActionKind::top ? 2 : 1;
    if (args.empty() || args.size() > most || !args[0].is(Kind::integer) || args[0].integer() < 0) {
        return tl::make_unexpected(std::string{action == ActionKind::top
                                                   ? "top takes a number of records, and by what"
                                                   : "take takes a number of records"});
    }
    ActionArguments out;
    out.n = static_cast<std::uint64_t>(args[0].integer());
    if (args.size() == 2) {
        const Computed<TopBy> by = top_by(args[1]);
        if (!by) {
            return tl::make_unexpected(by.error());
        }
        out.by = *by;
    }
    return out;
}

Computed<ActionArguments> called(ActionKind action, std::span<const Value> args) {
    ActionArguments out;
    if (args.empty() && action == ActionKind::foreach) {
        return out;
    }
    if (args.empty() || !args[0].is(Kind::text)) {
        return tl::make_unexpected(std::string{"the action takes the name of a function"});
    }
    out.call = Call{std::string{args[0].text()}, {args.begin() + 1, args.end()}};
    return out;
}

// A function of two values, and the depth.
Computed<ActionArguments> in_a_tree(std::span<const Value> args) {
    const bool says_depth = args.size() == 2;
    const bool sound = !says_depth || (args[1].is(Kind::integer) && args[1].integer() >= 1 &&
                                       args[1].integer() <= INT32_MAX);
    if (args.empty() || args.size() > 2 || !sound) {
        return tl::make_unexpected(
            std::string{"tree_reduce takes the name of a function, and a depth from 1 on"});
    }
    Computed<ActionArguments> out = called(ActionKind::reduce, args.first(1));
    if (out && says_depth) {
        out->depth = static_cast<std::uint32_t>(args[1].integer());
    }
    return out;
}

Computed<ActionArguments> looked_up(std::span<const Value> args) {
    if (args.size() != 1) {
        return tl::make_unexpected(std::string{"lookup takes a key"});
    }
    ActionArguments out;
    out.key = args[0];
    return out;
}

// n, characters of a cell, "vertical".
Computed<ActionArguments> shown(std::span<const Value> args) {
    const auto number = [&](std::size_t at, std::int64_t most) {
        return args[at].is(Kind::integer) && args[at].integer() >= 0 && args[at].integer() <= most;
    };
    ActionArguments out;
    const bool sound = args.size() <= 3 && (args.empty() || number(0, INT32_MAX)) &&
                       (args.size() < 2 || number(1, INT32_MAX)) &&
                       (args.size() < 3 || args[2] == Value{"vertical"});
    if (!sound) {
        return tl::make_unexpected(std::string{
            "show takes a number of rows, of characters (0: all) and \"vertical\", or fewer"});
    }
    if (!args.empty()) {
        out.form.rows = static_cast<std::uint64_t>(args[0].integer());
    }
    if (args.size() > 1) {
        out.form.cut = static_cast<std::uint32_t>(args[1].integer());
    }
    out.form.vertical = args.size() == 3;
    out.n = out.form.rows + 1;
    return out;
}

}  // namespace

Computed<ActionArguments> read_arguments(ActionKind action, std::span<const Value> args) {
    switch (action) {
        case ActionKind::take:
        case ActionKind::top:
            return counted(action, args);
        case ActionKind::show:
            return shown(args);
        case ActionKind::reduce:
        case ActionKind::foreach:
            return called(action, args);
        case ActionKind::tree_reduce:
            return in_a_tree(args);
        case ActionKind::lookup:
            return looked_up(args);
        case ActionKind::run:
        case ActionKind::count:
        case ActionKind::collect:
        case ActionKind::first:
        case ActionKind::save:
            break;
    }
    return ActionArguments{};
}

Computed<ActionArguments> action_arguments(ActionKind action, std::span<const Value> args) {
    Computed<ActionArguments> read = read_arguments(action, args);
    if (read && read->call) {
        const FunctionKind kind =
            action == ActionKind::foreach ? FunctionKind::map : FunctionKind::combine;
        if (const auto info = resolve(*read->call, kind); !info) {
            return tl::make_unexpected(info.error());
        }
    }
    return read;
}

bool comes_before(const Value& a, const Value& b, TopBy by) {
    if (by == TopBy::record) {
        return a > b;
    }
    const auto order = by == TopBy::key ? a.first() <=> b.first() : a.second() <=> b.second();
    return order != 0 ? order > 0 : a < b;
}

Computed<void> TopRecords::add(Value record) {
    if (by_ != TopBy::record && !record.is(Kind::pair)) {
        return tl::make_unexpected("top by key or value needs pairs, found " +
                                   std::string{kind_name(record.kind())});
    }
    const auto before = [this](const Value& a, const Value& b) { return comes_before(a, b, by_); };
    if (heap_.size() == n_) {
        if (n_ == 0 || !before(record, heap_.front())) {
            return {};
        }
        std::pop_heap(heap_.begin(), heap_.end(), before);
        heap_.back() = std::move(record);
    } else {
        heap_.push_back(std::move(record));
    }
    std::push_heap(heap_.begin(), heap_.end(), before);
    return {};
}

std::vector<Value> TopRecords::take_sorted() {
    std::sort_heap(heap_.begin(), heap_.end(), [this](const Value& a, const Value& b) {
        return comes_before(a, b, by_);
    });
    return std::move(heap_);
}

}  // namespace forkyard
