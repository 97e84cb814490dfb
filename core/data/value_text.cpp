#include "core/data/value_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "core/data/utf8.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

void append_integer(std::string& out, std::int64_t value) {
    std::array<char, 24> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    out.append(buffer.data(), end);
}

void append_real(std::string& out, double value) {
    if (!std::isfinite(value)) {
        out += std::isnan(value) ? "NaN" : (value > 0 ? "Infinity" : "-Infinity");
        return;
    }
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    const std::string_view digits{buffer.data(), static_cast<std::size_t>(end - buffer.data())};
    out += digits;
    if (digits.find_first_of(".e") == std::string_view::npos) {
        out += ".0";
    }
}

void append_json_escape(std::string& out, unsigned char c) {
    constexpr std::string_view hex = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            out += "\\u00";
            out += hex[c >> 4U];
            out += hex[c & 15U];
    }
}

void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    std::size_t at = 0;
    while (at < text.size()) {
        const auto c = static_cast<unsigned char>(text[at]);
        if (c >= 0x80) {
            const CodePoint point = decode_utf8(text, at);
            out += point.valid ? text.substr(at, point.bytes) : std::string_view{"\\ufffd"};
            at += point.bytes;
            continue;
        }
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F) {
            append_json_escape(out, c);
        } else {
            out += text[at];
        }
        ++at;
    }
    out += '"';
}

}  // namespace

void append_text(std::string& out, const Value& value) {
    switch (value.kind()) {
        case Kind::none:
            out += "null";
            break;
        case Kind::integer:
            append_integer(out, value.integer());
            break;
        case Kind::real:
            append_real(out, value.real());
            break;
        case Kind::text:
            out += value.text();
            break;
        case Kind::pair:
            out += '(';
            append_text(out, value.first());
            out += ',';
            append_text(out, value.second());
            out += ')';
            break;
        case Kind::list: {
            std::string_view separator;
            out += '[';
            for (const Value& element : value.list()) {
                out += separator;
                append_text(out, element);
                separator = ", ";
            }
            out += ']';
            break;
        }
    }
}

std::string to_text(const Value& value) {
    std::string out;
    append_text(out, value);
    return out;
}

void append_json(std::string& out, const Value& value) {
    switch (value.kind()) {
        case Kind::none:
            out += "null";
            break;
        case Kind::integer:
            append_integer(out, value.integer());
            break;
        case Kind::real:
            if (std::isfinite(value.real())) {
                append_real(out, value.real());
            } else {
                append_json_text(out, to_text(value));
            }
            break;
        case Kind::text:
            append_json_text(out, value.text());
            break;
        case Kind::pair:
            out += '[';
            append_json(out, value.first());
            out += ", ";
            append_json(out, value.second());
            out += ']';
            break;
        case Kind::list: {
            std::string_view separator;
            out += '[';
            for (const Value& element : value.list()) {
                out += separator;
                append_json(out, element);
                separator = ", ";
            }
            out += ']';
            break;
        }
    }
}

std::string to_json(const Value& value) {
    std::string out;
    append_json(out, value);
    return out;
}

}  // namespace forkyard
