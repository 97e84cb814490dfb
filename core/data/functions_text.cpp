// Functions on texts. Letters are ASCII's: the answer must not depend on a locale.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/data/function_tables.hpp"
#include "core/data/utf8.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

constexpr bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

char lower_letter(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
char upper_letter(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

Computed<bool> split_words(const Value& record, Arguments /*args*/, Emitter& out) {
    if (!record.is(Kind::text)) {
        return wrong_kind("a text", record);
    }
    const std::string_view text = record.text();
    std::size_t at = 0;
    while (true) {
        while (at < text.size() && is_space(text[at])) {
            ++at;
        }
        if (at == text.size()) {
            return true;
        }
        const std::size_t start = at;
        while (at < text.size() && !is_space(text[at])) {
            ++at;
        }
        if (!out.emit(Value{text.substr(start, at - start)})) {
            return false;
        }
    }
}

// Every part, empty ones too: "a,,b" by "," is a, an empty text, b.
Computed<bool> split(const Value& record, Arguments args, Emitter& out) {
    if (!record.is(Kind::text)) {
        return wrong_kind("a text", record);
    }
    if (!args[0].is(Kind::text) || args[0].text().empty()) {
        return mistake("needs a separator");
    }
    const std::string_view text = record.text();
    const std::string_view separator = args[0].text();
    std::size_t start = 0;
    while (true) {
        const std::size_t end = text.find(separator, start);
        if (!out.emit(Value{text.substr(start, end - start)})) {
            return false;
        }
        if (end == std::string_view::npos) {
            return true;
        }
        start = end + separator.size();
    }
}

Computed<bool> chars(const Value& record, Arguments /*args*/, Emitter& out) {
    if (!record.is(Kind::text)) {
        return wrong_kind("a text", record);
    }
    const std::string_view text = record.text();
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t bytes = decode_utf8(text, at).bytes;
        if (!out.emit(Value{text.substr(at, bytes)})) {
            return false;
        }
        at += bytes;
    }
    return true;
}

// Field n of a line, from 0, by a separator (",").
Computed<Value> field(Value record, Arguments args) {
    if (!args[0].is(Kind::integer) || args[0].integer() < 0) {
        return mistake("needs the number of a field, from 0");
    }
    const std::array separator{args.size() > 1 ? args[1] : Value{","}};
    Computed<Value> fields = listed<split>(std::move(record), separator);
    if (!fields) {
        return fields;
    }
    const auto index = static_cast<std::uint64_t>(args[0].integer());
    List& list = fields->list();
    if (index >= list.size()) {
        return mistake(fmt::format("a line of {} fields has no field {}", list.size(), index));
    }
    return Value{std::move(list[index])};
}

template <char (*Letter)(char)>
Computed<Value> each_letter(Value record, Arguments /*args*/) {
    if (!record.is(Kind::text)) {
        return wrong_kind("a text", record);
    }
    std::string text = record.take_text();
    std::transform(text.begin(), text.end(), text.begin(), Letter);
    return Value{std::move(text)};
}

Computed<Value> trim(Value record, Arguments /*args*/) {
    if (!record.is(Kind::text)) {
        return wrong_kind("a text", record);
    }
    std::string_view text = record.text();
    while (!text.empty() && is_space(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_space(text.back())) {
        text.remove_suffix(1);
    }
    return Value{text};
}

Computed<Value> length(Value record, Arguments /*args*/) {
    if (!record.is(Kind::text)) {
        return wrong_kind("a text", record);
    }
    std::int64_t count = 0;
    for (std::size_t at = 0; at < record.text().size(); ++count) {
        at += decode_utf8(record.text(), at).bytes;
    }
    return Value{count};
}

template <bool (*Test)(std::string_view text, std::string_view part)>
Computed<bool> compare_texts(const Value& record, Arguments args) {
    if (!record.is(Kind::text) || !args[0].is(Kind::text)) {
        return wrong_kind("a text", record.is(Kind::text) ? args[0] : record);
    }
    return Test(record.text(), args[0].text());
}
bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}
bool begins(std::string_view text, std::string_view part) {
    return text.starts_with(part);
}
bool ends(std::string_view text, std::string_view part) {
    return text.ends_with(part);
}

Computed<Value> prepend(Value record, Arguments args) {
    if (!record.is(Kind::text) || !args[0].is(Kind::text)) {
        return wrong_kind("a text", record.is(Kind::text) ? args[0] : record);
    }
    std::string text{args[0].text()};
    text += record.text();
    return Value{std::move(text)};
}

Computed<Value> append(Value record, Arguments args) {
    if (!record.is(Kind::text) || !args[0].is(Kind::text)) {
        return wrong_kind("a text", record.is(Kind::text) ? args[0] : record);
    }
    std::string text = record.take_text();
    text += args[0].text();
    return Value{std::move(text)};
}

Computed<Value> replace(Value record, Arguments args) {
    if (!record.is(Kind::text) || !args[1].is(Kind::text)) {
        return wrong_kind("a text", record.is(Kind::text) ? args[1] : record);
    }
    const std::array separator{args[0]};
    Computed<Value> parts = listed<split>(std::move(record), separator);
    if (!parts) {
        return parts;
    }
    std::string out{parts->list()[0].text()};
    for (std::size_t i = 1; i < parts->list().size(); ++i) {
        out += args[1].text();
        out += parts->list()[i].text();
    }
    return Value{std::move(out)};
}

constexpr std::array table{
    flat_map_row<split_words>({"split_words", "maximal runs of bytes that are not white space"}),
    flat_map_row<split>({"split", "the parts between separators, empty ones too", 1, 1}),
    flat_map_row<chars>({"chars", "each character"}),
    map_row({"field", "field n of a line, from 0; separator \",\" or the second argument", 1, 2},
            field),
    map_row({"lower", "ASCII letters in lower case"}, each_letter<lower_letter>),
    map_row({"upper", "ASCII letters in upper case"}, each_letter<upper_letter>),
    map_row({"trim", "without white space at its ends"}, trim),
    map_row({"length", "number of characters"}, length),
    map_row({"prepend", "argument, then the text", 1, 1}, prepend),
    map_row({"append", "the text, then the argument", 1, 1}, append),
    map_row({"replace", "every occurrence of the first argument by the second", 2, 2}, replace),
    test_row<compare_texts<has>>({"contains", "the text has the argument in it", 1, 1}),
    test_row<compare_texts<begins>>({"starts_with", "the text starts with the argument", 1, 1}),
    test_row<compare_texts<ends>>({"ends_with", "the text ends with the argument", 1, 1}),
};

}  // namespace

std::span<const FunctionInfo> text_functions() {
    return table;
}

}  // namespace forkyard
