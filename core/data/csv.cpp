#include "core/data/csv.hpp"

#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/data/read_options.hpp"

namespace forkyard {

namespace {

constexpr std::size_t columns_max = 20'480;

bool is_line_end(char c) {
    return c == '\n' || c == '\r';
}

class Splitter {
public:
    Splitter(std::string_view text, const ReadOptions& options)
        : text_{text},
          separator_{options.separator},
          quotes_{!options.quote.empty()},
          quote_{quotes_ ? options.quote.front() : '\0'},
          escapes_{!options.escape.empty()},
          escape_{escapes_ ? options.escape.front() : '\0'} {}

    std::size_t split(std::vector<CsvField>& fields) {
        fields.clear();
        while (true) {
            if (quotes_ && at_ < text_.size() && text_[at_] == quote_) {
                fields.push_back(take_quoted());
            } else {
                const std::size_t start = at_;
                at_ = end_of_field(start);
                fields.push_back({std::string{text_.substr(start, at_ - start)}, false});
            }
            if (at_ == text_.size() || is_line_end(text_[at_])) {
                return at_;
            }
            at_ += separator_.size();
        }
    }

private:
    [[nodiscard]] bool at_end_of_field(std::size_t at) const {
        return at == text_.size() || is_line_end(text_[at]) ||
               text_.substr(at).starts_with(separator_);
    }
    // Whether two characters from `at` on stand for the second of them.
    [[nodiscard]] bool is_escaped(std::size_t at) const {
        return escapes_ && text_[at] == escape_ && at + 1 < text_.size() &&
               (text_[at + 1] == quote_ || text_[at + 1] == escape_);
    }
    [[nodiscard]] std::size_t end_of_field(std::size_t at) const {
        while (!at_end_of_field(at)) {
            ++at;
        }
        return at;
    }
    CsvField take_quoted() {
        std::string value;
        std::size_t at = at_ + 1;
        while (at < text_.size() && (is_escaped(at) || text_[at] != quote_)) {
            at += is_escaped(at) ? 1 : 0;
            value += text_[at++];
        }
        const std::size_t closing = at;  // it may be the last of several quotes
        while (at < text_.size() && text_[at] == quote_) {
            ++at;
        }
        const std::size_t quotes = at - closing;
        const std::size_t behind = at;
        while (!at_end_of_field(at) && static_cast<unsigned char>(text_[at]) <= ' ') {
            ++at;
        }
        if (at_end_of_field(at)) {
            at_ = at;
            value.append(quotes == 0 ? 0 : quotes - 1, quote_);
            return {std::move(value), true};
        }
        at_ = end_of_field(behind);
        value.insert(value.begin(), quote_);
        value += text_.substr(closing, at_ - closing);
        return {std::move(value), false};
    }

    std::string_view text_;
    std::string_view separator_;
    bool quotes_;
    char quote_;
    bool escapes_;
    char escape_;
    std::size_t at_ = 0;
};

template <class Number>
std::optional<Number> number_of(std::string_view text) {
    text.remove_prefix(text.starts_with('+') && !text.starts_with("+-") ? 1 : 0);
    Number number{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && stop == end ? std::optional{number} : std::nullopt;
}

// As Java's parseDouble has it, but for hexadecimal.
std::optional<double> real_of(std::string_view text) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') {
        text.remove_prefix(1);
    }
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') {
        text.remove_suffix(1);
    }
    if (text == "NaN") {
        return std::numeric_limits<double>::quiet_NaN();
    }
    if (text == "Inf" || text == "Infinity") {
        return infinity;
    }
    if (text == "-Inf" || text == "-Infinity") {
        return -infinity;
    }
    if (text.size() > 1 && std::string_view{"dDfF"}.find(text.back()) != std::string_view::npos) {
        text.remove_suffix(1);
    }
    if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) {
        return std::nullopt;
    }
    text.remove_prefix(text.starts_with('+') && !text.starts_with("+-") ? 1 : 0);
    double number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (stop != end || error == std::errc::invalid_argument) {
        return std::nullopt;
    }
    // Too large or too small: which, from_chars does not say.
    return error == std::errc{} ? number : std::strtod(std::string{text}.c_str(), nullptr);
}

std::optional<bool> truth_of(std::string_view text) {
    std::string lower{text};
    for (char& c : lower) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return lower == "true"    ? std::optional{true}
           : lower == "false" ? std::optional{false}
                              : std::nullopt;
}

template <class T>
std::optional<Value> as_value(const std::optional<T>& number) {
    return number ? std::optional{Value{*number}} : std::nullopt;
}

// None: the text is not one of this type.
std::optional<Value> value_of(std::string_view text, ColumnType type) {
    switch (type) {
        case ColumnType::text:
            return Value{text};
        case ColumnType::integer: {
            const auto number = number_of<std::int32_t>(text);
            return number ? std::optional{Value{std::int64_t{*number}}} : std::nullopt;
        }
        case ColumnType::long_integer:
            return as_value(number_of<std::int64_t>(text));
        case ColumnType::real:
            return as_value(real_of(text));
        default: {
            const auto truth = truth_of(text);
            return truth ? std::optional{Value{std::int64_t{*truth ? 1 : 0}}} : std::nullopt;
        }
    }
}

bool is_null(const CsvField& field, const ReadOptions& options) {
    return (field.text.empty() && !field.quoted) || field.text == options.null_value;
}

}  // namespace

std::size_t split_csv(std::string_view text,
                      const ReadOptions& options,
                      std::vector<CsvField>& fields) {
    return Splitter{text, options}.split(fields);
}

ParsedText parse_csv(std::string_view text,
                     const ReadOptions& options,
                     std::span<const Column> columns) {
    std::vector<CsvField> fields;
    (void)split_csv(text, options, fields);
    ParsedText parsed;
    List row;
    std::size_t next = 0;
    for (const Column& column : columns) {
        row.emplace_back();
        if (column.name == options.corrupt_column) {
            continue;
        }
        if (next < fields.size() && !is_null(fields[next], options)) {
            const std::string& written = fields[next].text;
            if (auto value = value_of(written, column.type)) {
                row.back() = std::move(*value);
            } else if (parsed.problem.empty()) {
                parsed.problem = fmt::format("column {} has `{}`, which is no {}",
                                             column.name,
                                             written,
                                             type_name(column.type));
            }
        }
        ++next;
    }
    if (fields.size() != next || fields.size() > columns_max) {
        parsed.problem = fmt::format("it has {} column{} and not {}",
                                     fields.size(),
                                     fields.size() == 1 ? "" : "s",
                                     std::min(next, columns_max));
    }
    parsed.rows.emplace_back(std::move(row));
    return parsed;
}

}  // namespace forkyard
