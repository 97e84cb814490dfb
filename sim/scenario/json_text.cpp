#include "sim/scenario/json_text.hpp"

#include <array>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>

#include "core/check.hpp"

namespace forkyard::sim {
namespace {

constexpr std::uint32_t surrogate_high = 0xD800;
constexpr std::uint32_t surrogate_low = 0xDC00;
constexpr std::uint32_t surrogate_end = 0xE000;
constexpr std::uint32_t supplementary = 0x10000;
constexpr std::uint32_t code_point_end = 0x110000;

// Takes one code point from the front; none when the bytes are not UTF-8.
std::optional<std::uint32_t> take_code_point(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text.front());
    std::size_t more = 0;
    std::uint32_t value = lead;
    std::uint32_t least = 0;
    if (lead >= 0xF0 && lead < 0xF8) {
        more = 3;
        value = lead & 0x07U;
        least = supplementary;
    } else if (lead >= 0xE0 && lead < 0xF0) {
        more = 2;
        value = lead & 0x0FU;
        least = 0x800;
    } else if (lead >= 0xC0 && lead < 0xE0) {
        more = 1;
        value = lead & 0x1FU;
        least = 0x80;
    } else if (lead >= 0x80) {
        return std::nullopt;
    }
    if (text.size() <= more) {
        return std::nullopt;
    }
    for (std::size_t i = 1; i <= more; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0U) != 0x80U) {
            return std::nullopt;
        }
        value = (value << 6U) | (next & 0x3FU);
    }
    if (value < least || value >= code_point_end ||
        (value >= surrogate_high && value < surrogate_end)) {
        return std::nullopt;
    }
    text.remove_prefix(more + 1);
    return value;
}

void append_utf8(std::string& out, std::uint32_t value) {
    const auto byte = [&](std::uint32_t bits) { out.push_back(static_cast<char>(bits)); };
    if (value < 0x80) {
        byte(value);
    } else if (value < 0x800) {
        byte(0xC0U | (value >> 6U));
        byte(0x80U | (value & 0x3FU));
    } else if (value < supplementary) {
        byte(0xE0U | (value >> 12U));
        byte(0x80U | ((value >> 6U) & 0x3FU));
        byte(0x80U | (value & 0x3FU));
    } else {
        byte(0xF0U | (value >> 18U));
        byte(0x80U | ((value >> 12U) & 0x3FU));
        byte(0x80U | ((value >> 6U) & 0x3FU));
        byte(0x80U | (value & 0x3FU));
    }
}

std::optional<std::uint32_t> take_hex4(std::string_view& text) {
    constexpr std::size_t digits = 4;
    if (text.size() < digits) {
        return std::nullopt;
    }
    std::uint32_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + digits, value, 16);
    if (error != std::errc{} || stop != text.data() + digits) {
        return std::nullopt;
    }
    text.remove_prefix(digits);
    return value;
}

// What follows `\u`, a pair of surrogates read as one.
std::optional<std::uint32_t> take_unicode_escape(std::string_view& text) {
    const auto first = take_hex4(text);
    if (!first || (*first >= surrogate_low && *first < surrogate_end)) {
        return std::nullopt;
    }
    if (*first < surrogate_high || *first >= surrogate_low) {
        return first;
    }
    if (!text.starts_with("\\u")) {
        return std::nullopt;
    }
    text.remove_prefix(2);
    const auto second = take_hex4(text);
    if (!second || *second < surrogate_low || *second >= surrogate_end) {
        return std::nullopt;
    }
    return supplementary + ((*first - surrogate_high) << 10U) + (*second - surrogate_low);
}

struct Escape {
    char letter;
    char meaning;
};
constexpr std::array<Escape, 8> escapes{{{'"', '"'},
                                         {'\\', '\\'},
                                         {'/', '/'},
                                         {'b', '\b'},
                                         {'f', '\f'},
                                         {'n', '\n'},
                                         {'r', '\r'},
                                         {'t', '\t'}}};

bool take_escape(std::string_view& text, std::string& out) {
    if (text.empty()) {
        return false;
    }
    const char letter = text.front();
    text.remove_prefix(1);
    if (letter == 'u') {
        const auto value = take_unicode_escape(text);
        if (value) {
            append_utf8(out, *value);
        }
        return value.has_value();
    }
    for (const Escape& known : escapes) {
        if (known.letter == letter) {
            out.push_back(known.meaning);
            return true;
        }
    }
    return false;
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        if (!take_code_point(text)) {
            return false;
        }
    }
    return true;
}

std::string print_json_text(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const auto value = take_code_point(text);
        FORKYARD_CHECK(value.has_value(), "text in a scenario is UTF-8");
        if (*value == '"' || *value == '\\') {
            out.push_back('\\');
            out.push_back(static_cast<char>(*value));
        } else if (*value >= 0x20 && *value < 0x7F) {
            out.push_back(static_cast<char>(*value));
        } else if (*value < supplementary) {
            out += fmt::format("\\u{:04x}", *value);
        } else {
            const std::uint32_t rest = *value - supplementary;
            out += fmt::format("\\u{:04x}\\u{:04x}",
                               surrogate_high + (rest >> 10U),
                               surrogate_low + (rest & 0x3FFU));
        }
    }
    return out + "\"";
}

std::size_t json_text_length(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            return i + 1;
        }
    }
    return 0;
}

std::optional<std::string> parse_json_text(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || json_text_length(text) != text.size()) {
        return std::nullopt;
    }
    text = text.substr(1, text.size() - 2);
    std::string out;
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c != '\\') {
            out.push_back(c);
        } else if (!take_escape(text, out)) {
            return std::nullopt;
        }
    }
    return is_utf8(out) ? std::optional{out} : std::nullopt;
}

}  // namespace forkyard::sim
