#include "core/data/read_options.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace forkyard {

namespace {

constexpr std::array option_rows{
    ReadOptionRow{"mode",
                  OptionOf::both,
                  "PERMISSIVE",
                  "of malformed records: PERMISSIVE nulls, DROPMALFORMED, FAILFAST"},
    ReadOptionRow{"schema",
                  OptionOf::both,
                  "",
                  "as in name STRING, age INT; types STRING INT BIGINT DOUBLE BOOLEAN"},
    ReadOptionRow{"columnNameOfCorruptRecord",
                  OptionOf::both,
                  "_corrupt_record",
                  "the column that keeps the text of a malformed record, if the schema has it"},
    ReadOptionRow{"multiLine",
                  OptionOf::both,
                  "false",
                  "records may go over several lines: a file is one task's"},
    ReadOptionRow{"header", OptionOf::csv, "false", "the first line of each file is none"},
    ReadOptionRow{"sep", OptionOf::csv, ",", "between columns; also called delimiter"},
    ReadOptionRow{"quote", OptionOf::csv, "\"", "around a value with separators; empty: none"},
    ReadOptionRow{"escape", OptionOf::csv, "\\", "before a quote within quotes"},
    ReadOptionRow{"comment", OptionOf::csv, "", "lines that begin with it are left out"},
    ReadOptionRow{"nullValue", OptionOf::csv, "", "the text that stands for null"},
};

// Spark has these too.
constexpr std::array<std::string_view, 27> not_simulated{
    "inferSchema",
    "samplingRatio",
    "encoding",
    "charset",
    "lineSep",
    "enforceSchema",
    "ignoreLeadingWhiteSpace",
    "ignoreTrailingWhiteSpace",
    "emptyValue",
    "nanValue",
    "positiveInf",
    "negativeInf",
    "dateFormat",
    "timestampFormat",
    "maxColumns",
    "maxCharsPerColumn",
    "charToEscapeQuoteEscaping",
    "unescapedQuoteHandling",
    "locale",
    "primitivesAsString",
    "prefersDecimal",
    "allowComments",
    "allowSingleQuotes",
    "allowUnquotedFieldNames",
    "allowNonNumericNumbers",
    "dropFieldIfAllNull",
    "recursiveFileLookup",
};

struct TypeWord {
    std::string_view word;
    ColumnType type;
};
constexpr std::array type_words{
    TypeWord{"STRING", ColumnType::text},
    TypeWord{"INT", ColumnType::integer},
    TypeWord{"INTEGER", ColumnType::integer},
    TypeWord{"BIGINT", ColumnType::long_integer},
    TypeWord{"LONG", ColumnType::long_integer},
    TypeWord{"DOUBLE", ColumnType::real},
    TypeWord{"BOOLEAN", ColumnType::boolean},
};

struct Mistake {
    std::string what;
    std::string mend;
};
using Checked = std::optional<Mistake>;  // none: all is well

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool same_word(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char left, char right) {
        return upper(left) == upper(right);
    });
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(blanks);
    return begin == std::string_view::npos
               ? std::string_view{}
               : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// "name TYPE" or "name: TYPE"; a name may stand between backquotes.
Checked read_column(std::string_view text, std::vector<Column>& schema) {
    std::string_view name;
    std::string_view rest;
    if (text.starts_with('`') && text.find('`', 1) != std::string_view::npos) {
        const std::size_t close = text.find('`', 1);
        name = text.substr(1, close - 1);
        rest = text.substr(close + 1);
    } else {
        const std::size_t end = std::min(text.find_first_of(" \t:"), text.size());
        name = text.substr(0, end);
        rest = text.substr(end);
    }
    rest = trimmed(rest);
    const std::string_view word = trimmed(rest.starts_with(':') ? rest.substr(1) : rest);
    const auto* type = std::find_if(type_words.begin(), type_words.end(), [&](const auto& known) {
        return same_word(known.word, word);
    });
    if (name.empty() || word.empty()) {
        return Mistake{fmt::format("`{}` is no column of a schema", text),
                       "write it as in \"schema=name STRING, age INT\""};
    }
    if (type == type_words.end()) {
        return Mistake{fmt::format("the type `{}` of column `{}` is not simulated", word, name),
                       "there are STRING, INT, BIGINT, DOUBLE and BOOLEAN"};
    }
    const bool twice = std::any_of(schema.begin(), schema.end(), [&](const Column& column) {
        return same_word(column.name, name);
    });
    if (twice) {
        return Mistake{fmt::format("the schema has two columns `{}`", name), ""};
    }
    schema.push_back({std::string{name}, type->type});
    return std::nullopt;
}

Checked read_schema(std::string_view text, std::vector<Column>& schema) {
    schema.clear();
    while (true) {
        const std::size_t comma = text.find(',');
        if (Checked wrong = read_column(trimmed(text.substr(0, comma)), schema)) {
            return wrong;
        }
        if (comma == std::string_view::npos) {
            return std::nullopt;
        }
        text.remove_prefix(comma + 1);
    }
}

Checked read_flag(std::string_view name, std::string_view text, bool& out) {
    out = same_word(text, "true");
    if (out || same_word(text, "false")) {
        return std::nullopt;
    }
    return Mistake{fmt::format("`{}` must be true or false, not `{}`", name, text), ""};
}

// Spark's own way to write a tab.
std::string_view unescaped(std::string_view text) {
    return text == "\\t" ? "\t" : text == "\\\\" ? "\\" : text;
}

Checked read_character(std::string_view name, std::string_view text, std::string& out) {
    out = unescaped(text);
    if (out.size() > 1) {
        return Mistake{fmt::format("`{}` must be one character, not `{}`", name, text), ""};
    }
    return std::nullopt;
}

Checked read_mode(std::string_view text, ParseMode& out) {
    constexpr std::array<std::pair<std::string_view, ParseMode>, 3> modes{
        {{"PERMISSIVE", ParseMode::permissive},
         {"DROPMALFORMED", ParseMode::drop_malformed},
         {"FAILFAST", ParseMode::fail_fast}}};
    for (const auto& [word, mode] : modes) {
        if (same_word(word, text)) {
            out = mode;
            return std::nullopt;
        }
    }
    return Mistake{fmt::format("`mode` cannot be `{}`", text),
                   "there are PERMISSIVE, DROPMALFORMED and FAILFAST"};
}

Checked read_value(std::string_view name, std::string_view text, ReadOptions& out) {
    if (name == "mode") {
        return read_mode(text, out.mode);
    }
    if (name == "schema") {
        return read_schema(text, out.schema);
    }
    if (name == "multiLine") {
        return read_flag(name, text, out.multi_line);
    }
    if (name == "header") {
        return read_flag(name, text, out.header);
    }
    if (name == "quote") {
        return read_character(name, text, out.quote);
    }
    if (name == "escape") {
        return read_character(name, text, out.escape);
    }
    if (name == "comment") {
        return read_character(name, text, out.comment);
    }
    if (name == "sep") {
        out.separator = unescaped(text);
        return out.separator.empty() ? Checked{{"`sep` must not be empty", ""}} : std::nullopt;
    }
    (name == "nullValue" ? out.null_value : out.corrupt_column) = text;
    return std::nullopt;
}

const ReadOptionRow* find_option(FileFormat format, std::string_view name) {
    const std::string_view known = same_word(name, "delimiter") ? "sep" : name;
    const auto* row = std::find_if(option_rows.begin(), option_rows.end(), [&](const auto& each) {
        return same_word(each.name, known);
    });
    const bool found =
        row != option_rows.end() && (format == FileFormat::csv || row->of == OptionOf::both);
    return found ? row : nullptr;
}

// One "name=value".
std::optional<ReadOptionProblem> read_option(FileFormat format,
                                             const Argument& argument,
                                             ReadOptions& out) {
    const auto* text = std::get_if<std::string>(&argument);
    const std::size_t equals = text == nullptr ? std::string::npos : text->find('=');
    if (equals == std::string::npos) {
        return ReadOptionProblem{
            0, "an option is a text `name=value`", "write it as in args = [\"header=true\"]", ""};
    }
    const std::string name{trimmed(std::string_view{*text}.substr(0, equals))};
    const ReadOptionRow* row = find_option(format, name);
    if (row == nullptr) {
        const bool known = std::any_of(not_simulated.begin(),
                                       not_simulated.end(),
                                       [&](const auto& each) { return same_word(each, name); });
        return known ? ReadOptionProblem{0,
                                         fmt::format("the option `{}` is not simulated", name),
                                         same_word(name, "inferSchema") ? "give a `schema`" : "",
                                         ""}
                     : ReadOptionProblem{0, fmt::format("unknown option `{}`", name), "", name};
    }
    Checked wrong = read_value(row->name, std::string_view{*text}.substr(equals + 1), out);
    if (wrong) {
        return ReadOptionProblem{0, std::move(wrong->what), std::move(wrong->mend), ""};
    }
    return std::nullopt;
}

}  // namespace

std::span<const ReadOptionRow> read_option_rows() {
    return option_rows;
}

tl::expected<ReadOptions, ReadOptionProblem> parse_read_options(FileFormat format,
                                                                std::span<const Argument> args) {
    ReadOptions out;
    for (std::size_t i = 0; i < args.size(); ++i) {
        if (auto wrong = read_option(format, args[i], out)) {
            wrong->argument = i;
            return tl::make_unexpected(std::move(*wrong));
        }
    }
    for (const Column& column : out.schema) {
        if (column.name == out.corrupt_column && column.type != ColumnType::text) {
            return tl::make_unexpected(ReadOptionProblem{
                0, fmt::format("the column `{}` must be a STRING", column.name), "", ""});
        }
    }
    return out;
}

std::string_view type_name(ColumnType type) {
    return std::find_if(type_words.begin(),
                        type_words.end(),
                        [&](const TypeWord& word) { return word.type == type; })
        ->word;
}

}  // namespace forkyard
