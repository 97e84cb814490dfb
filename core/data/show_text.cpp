#include "core/data/show_text.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/data/utf8.hpp"
#include "core/data/value_text.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

constexpr std::size_t column_min = 3;

// East Asian characters that fill two places.
bool is_wide(char32_t code) {
    constexpr std::array<std::pair<char32_t, char32_t>, 8> wide{{{0x1100, 0x115F},
                                                                 {0x2E80, 0xA4CF},
                                                                 {0xAC00, 0xD7A3},
                                                                 {0xF900, 0xFAFF},
                                                                 {0xFE10, 0xFE19},
                                                                 {0xFE30, 0xFE6F},
                                                                 {0xFF00, 0xFF60},
                                                                 {0xFFE0, 0xFFE6}}};
    return std::any_of(wide.begin(), wide.end(), [code](const auto& range) {
        return code >= range.first && code <= range.second;
    });
}

std::size_t places(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = decode_utf8(text, at);
        count += is_wide(point.code) ? 2 : 1;
        at += point.bytes;
    }
    return count;
}

std::string_view first_characters(std::string_view text, std::size_t count) {
    std::size_t at = 0;
    for (; count > 0 && at < text.size(); --count) {
        at += decode_utf8(text, at).bytes;
    }
    return text.substr(0, at);
}

std::string cut(std::string text, std::size_t most) {
    constexpr std::string_view dots = "...";
    if (most == 0 || first_characters(text, most).size() == text.size()) {
        return text;
    }
    return most <= dots.size()
               ? std::string{first_characters(text, most)}
               : std::string{first_characters(text, most - dots.size())}.append(dots);
}

void append_cell(std::string& out, const Value& value, std::string_view none) {
    switch (value.kind()) {
        case Kind::none:
            out += none;
            break;
        case Kind::pair:  // a struct
            out += '{';
            append_cell(out, value.first(), none);
            out += ", ";
            append_cell(out, value.second(), none);
            out += '}';
            break;
        case Kind::list:
            out += '[';
            for (std::size_t i = 0; i < value.list().size(); ++i) {
                out += i == 0 ? "" : ", ";
                append_cell(out, value.list()[i], none);
            }
            out += ']';
            break;
        default:
            append_text(out, value);
            break;
    }
}

std::string cell_of(const Value& value, const ShowForm& form) {
    std::string plain;
    append_cell(plain, value, form.none);
    std::string text;
    for (const char c : plain) {
        switch (c) {
            case '\n':
                text += "\\n";
                break;
            case '\r':
                text += "\\r";
                break;
            case '\t':
                text += "\\t";
                break;
            default:
                text += c;
                break;
        }
    }
    return cut(std::move(text), form.cut);
}

using Cells = std::vector<std::string>;

std::string filled(const std::string& text, std::size_t width, bool right) {
    const std::string blanks(width - std::min(width, places(text)), ' ');
    return right ? blanks + text : text + blanks;
}

std::string frame(const std::vector<Cells>& table, bool right) {
    std::vector<std::size_t> widths(table.front().size(), column_min);
    for (const Cells& row : table) {
        for (std::size_t c = 0; c < row.size(); ++c) {
            widths[c] = std::max(widths[c], places(row[c]));
        }
    }
    std::string line = "+";
    for (const std::size_t width : widths) {
        line += std::string(width, '-') + '+';
    }
    line += '\n';
    std::string out = line;
    for (std::size_t r = 0; r < table.size(); ++r) {
        out += '|';
        for (std::size_t c = 0; c < widths.size(); ++c) {
            out += filled(table[r][c], widths[c], right) + '|';
        }
        out += '\n';
        out += r == 0 ? line : "";
    }
    return out + line;
}

std::string records(const std::vector<Cells>& table) {
    const Cells& names = table.front();
    std::size_t name_width = column_min;
    std::size_t cell_width = column_min;
    for (std::size_t r = 0; r < table.size(); ++r) {
        for (const std::string& cell : table[r]) {
            std::size_t& width = r == 0 ? name_width : cell_width;
            width = std::max(width, places(cell));
        }
    }
    std::string out;
    for (std::size_t r = 1; r < table.size(); ++r) {
        std::string head = fmt::format("-RECORD {}", r - 1);
        head.resize(std::max(head.size(), name_width + cell_width + 5), '-');
        out += head + '\n';
        for (std::size_t c = 0; c < names.size(); ++c) {
            out += fmt::format(" {} | {} \n",
                               filled(names[c], name_width, false),
                               filled(table[r][c], cell_width, false));
        }
    }
    return out;
}

}  // namespace

std::string show_text(const List& rows, const ShowForm& form) {
    const bool pairs = !rows.empty() && std::all_of(rows.begin(), rows.end(), [](const Value& row) {
        return row.is(Kind::pair);
    });
    std::vector<Cells> table{pairs ? Cells{"_1", "_2"} : Cells{"value"}};
    const std::size_t shown = std::min<std::uint64_t>(rows.size(), form.rows);
    for (std::size_t r = 0; r < shown; ++r) {
        table.push_back(pairs
                            ? Cells{cell_of(rows[r].first(), form), cell_of(rows[r].second(), form)}
                            : Cells{cell_of(rows[r], form)});
    }
    std::string out = form.vertical ? records(table) : frame(table, form.cut > 0);
    if (form.vertical && shown == 0) {
        return out + "(0 rows)\n";
    }
    if (rows.size() > shown) {
        out += fmt::format("only showing top {} {}\n", form.rows, form.rows == 1 ? "row" : "rows");
    }
    return out;
}

}  // namespace forkyard
