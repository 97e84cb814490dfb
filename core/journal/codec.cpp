#include "core/journal/codec.hpp"

#include <variant>

#include <fmt/format.h>

#include "core/journal/field_text.hpp"

namespace forkyard {

namespace {

struct KeyValueWriter {
    std::string& out;
    ValueWriter values;
    template <class T>
    void operator()(std::string_view key, const T& value) {
        out += ' ';
        out += key;
        out += '=';
        values.write(value);
    }
    // Few records have it: the others do not mention it.
    template <class T>
    void if_any(std::string_view key, const T& value) {
        if (value != T{}) {
            (*this)(key, value);
        }
    }
};

// Texts stand in a Record as they are, without quotes.
struct FieldCollector {
    std::vector<Record::Field>& fields;
    const Names& names;
    template <class T>
    void operator()(std::string_view key, const T& value) {
        std::string text;
        if constexpr (std::is_same_v<T, std::string>) {
            text = value.empty() ? "-" : value;
        } else if constexpr (std::is_same_v<T, AppId>) {
            text = value.valid() ? names.apps[value.index()] : "-";
        } else if constexpr (std::is_same_v<T, NodeId>) {
            text = value.valid() ? names.nodes[value.index()] : "-";
        } else if constexpr (requires { joined(value, names); }) {
            text = value.empty() ? "-" : joined(value, names);
        } else {
            ValueWriter{text, names}.write(value);
        }
        fields.push_back({std::string{key}, std::move(text)});
    }
    template <class T>
    void if_any(std::string_view key, const T& value) {
        if (value != T{}) {
            (*this)(key, value);
        }
    }
};

struct FieldReader {
    const Record& record;
    ValueReader values;
    std::string problem;
    template <class T>
    void operator()(std::string_view key, T& value) {
        const std::string* text = record.find(key);
        if (text == nullptr) {
            problem = fmt::format("key `{}` is missing", key);
        } else if (!values.read(*text, value)) {
            problem = fmt::format("`{}` is no value for key `{}`", *text, key);
        }
    }
    template <class T>
    void if_any(std::string_view key, T& value) {
        if (record.find(key) != nullptr) {
            (*this)(key, value);
        }
    }
};

void append_event_head(std::string& out, char letter, EventHead head) {
    out += letter;
    out += ' ';
    append_unsigned(out, head.seq);
    out += ' ';
    append_number(out, micros(head.time));
    out += ' ';
}

void append_action_head(std::string& out, char letter, ActionHead head) {
    out += letter;
    out += ' ';
    append_unsigned(out, head.seq);
    out += '.';
    append_unsigned(out, head.sub);
    out += ' ';
}

void append_cause(std::string& out, std::uint64_t cause) {
    out += " cause=";
    if (cause == 0) {
        out += '-';
    } else {
        append_unsigned(out, cause);
    }
    out += '\n';
}

std::string_view kind_of(const Choice& choice) {
    return choice.point;
}
template <class T>
std::string_view kind_of(const T& /*value*/) {
    return T::kind;
}

template <class T>
constexpr char letter_of = std::is_same_v<T, Choice> ? 'D' : 'A';

Record::Field cause_field(std::uint64_t cause) {
    return {"cause", cause == 0 ? "-" : std::to_string(cause)};
}

template <class Variant, std::size_t... I>
Result<Variant> typed(const Names& names, const Record& record, std::index_sequence<I...> /*all*/) {
    Result<Variant> result = fail({fmt::format("unknown record kind `{}`", record.kind),
                                   {},
                                   "the journal may be of a newer version",
                                   Exit::stale});
    const auto attempt = [&]<class T>(T value) {
        FieldReader reader{record, ValueReader{names}, {}};
        T::fields(value, reader);
        if (reader.problem.empty()) {
            result = Variant{std::move(value)};
        } else {
            result = fail({reader.problem, {}, {}, Exit::bad_input});
        }
    };
    ((std::variant_alternative_t<I, Variant>::kind == record.kind
          ? attempt(std::variant_alternative_t<I, Variant>{})
          : void()),
     ...);
    return result;
}

}  // namespace

void write_record(std::string& out, const Names& names, EventHead head, const Event& event) {
    append_event_head(out, 'E', head);
    std::visit(
        [&](const auto& e) {
            out += e.kind;
            KeyValueWriter writer{out, {out, names}};
            e.fields(e, writer);
        },
        event);
    append_cause(out, head.cause);
}

void write_record(std::string& out, const Names& names, ActionHead head, const Action& action) {
    std::visit(
        [&](const auto& a) {
            append_action_head(out, letter_of<std::decay_t<decltype(a)>>, head);
            out += kind_of(a);
            KeyValueWriter writer{out, {out, names}};
            a.fields(a, writer);
        },
        action);
    out += '\n';
}

void write_record(std::string& out, const Names& names, EventHead head, const FaultRecord& fault) {
    append_event_head(out, 'F', head);
    out += to_text(fault.kind);
    out += ' ';
    out += to_text(fault.state);
    KeyValueWriter writer{out, {out, names}};
    FaultRecord::fields(fault, writer);
    append_cause(out, head.cause);
}

void write_record(std::string& out, const Names& names, ActionHead head, const Violation& broken) {
    append_action_head(out, 'V', head);
    out += broken.invariant;
    KeyValueWriter writer{out, {out, names}};
    Violation::fields(broken, writer);
    out += '\n';
}

Record to_record(const Names& names, EventHead head, const Event& event) {
    Record record{
        .letter = 'E', .seq = head.seq, .sub = 0, .time = head.time, .kind = {}, .fields = {}};
    std::visit(
        [&](const auto& e) {
            record.kind = e.kind;
            FieldCollector collector{record.fields, names};
            e.fields(e, collector);
        },
        event);
    record.fields.push_back(cause_field(head.cause));
    return record;
}

Record to_record(const Names& names, ActionHead head, SimTime time, const Action& action) {
    Record record{
        .letter = 'A', .seq = head.seq, .sub = head.sub, .time = time, .kind = {}, .fields = {}};
    std::visit(
        [&](const auto& a) {
            record.letter = letter_of<std::decay_t<decltype(a)>>;
            record.kind = kind_of(a);
            FieldCollector collector{record.fields, names};
            a.fields(a, collector);
        },
        action);
    return record;
}

Record to_record(const Names& names, EventHead head, const FaultRecord& fault) {
    Record record{.letter = 'F',
                  .seq = head.seq,
                  .sub = 0,
                  .time = head.time,
                  .kind = std::string{to_text(fault.kind)},
                  .fields = {}};
    record.fields.push_back({"state", std::string{to_text(fault.state)}});
    FieldCollector collector{record.fields, names};
    FaultRecord::fields(fault, collector);
    record.fields.push_back(cause_field(head.cause));
    return record;
}

Result<Event> to_event(const Names& names, const Record& record) {
    return typed<Event>(names, record, std::make_index_sequence<std::variant_size_v<Event>>{});
}

Result<Action> to_action(const Names& names, const Record& record) {
    if (record.letter == 'D') {
        Choice choice;
        choice.point = record.kind;
        FieldReader reader{record, ValueReader{names}, {}};
        Choice::fields(choice, reader);
        if (!reader.problem.empty()) {
            return fail({reader.problem, {}, {}, Exit::bad_input});
        }
        return Action{std::move(choice)};
    }
    return typed<Action>(names, record, std::make_index_sequence<std::variant_size_v<Action>>{});
}

Result<FaultRecord> to_fault(const Names& names, const Record& record) {
    FaultRecord fault;
    const std::string* state = record.find("state");
    FieldReader reader{record, ValueReader{names}, {}};
    FaultRecord::fields(fault, reader);
    if (!from_text(record.kind, fault.kind) || state == nullptr ||
        !from_text(*state, fault.state)) {
        reader.problem = fmt::format("unknown fault record `{}`", record.kind);
    }
    if (!reader.problem.empty()) {
        return fail({reader.problem, {}, {}, Exit::bad_input});
    }
    return fault;
}

}  // namespace forkyard
