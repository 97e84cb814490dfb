#include "core/journal/field_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace forkyard {

namespace {

bool is_bare(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view{"_.:/#@+*-"}.find(c) != std::string_view::npos;
}

bool is_bare(std::string_view text) {
    if (text.empty() || text == "-") {
        return false;
    }
    for (const char c : text) {
        if (!is_bare(c)) {
            return false;
        }
    }
    return true;
}

constexpr std::uint32_t replacement = 0xFFFD;

// One code point of UTF-8, or the replacement character for a byte that is not.
std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const std::uint32_t first = byte(at);
    const auto tail = [&](std::size_t n) {
        for (std::size_t i = 1; i <= n; ++i) {
            if ((byte(at + i) & 0xC0U) != 0x80U) {
                return false;
            }
        }
        return true;
    };
    if (first >= 0xF0U && first < 0xF8U && tail(3)) {
        const std::uint32_t code = ((first & 7U) << 18U) | ((byte(at + 1) & 63U) << 12U) |
                                   ((byte(at + 2) & 63U) << 6U) | (byte(at + 3) & 63U);
        at += 4;
        return code >= 0x10000 && code < 0x110000 ? code : replacement;
    }
    if (first >= 0xE0U && first < 0xF0U && tail(2)) {
        const std::uint32_t code =
            ((first & 15U) << 12U) | ((byte(at + 1) & 63U) << 6U) | (byte(at + 2) & 63U);
        at += 3;
        const bool surrogate = code >= 0xD800 && code < 0xE000;
        return code >= 0x800 && !surrogate ? code : replacement;
    }
    if (first >= 0xC0U && first < 0xE0U && tail(1)) {
        const std::uint32_t code = ((first & 31U) << 6U) | (byte(at + 1) & 63U);
        at += 2;
        return code >= 0x80 ? code : replacement;
    }
    ++at;
    return first < 0x80 ? first : replacement;
}

void append_escaped(std::string& out, std::uint32_t code) {
    if (code == '"' || code == '\\') {
        out += '\\';
        out += static_cast<char>(code);
    } else if (code >= 0x20 && code < 0x7F) {
        out += static_cast<char>(code);
    } else if (code < 0x10000) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
    } else {
        const std::uint32_t rest = code - 0x10000;
        fmt::format_to(std::back_inserter(out),
                       "\\u{:04x}\\u{:04x}",
                       0xD800U + (rest >> 10U),
                       0xDC00U + (rest & 0x3FFU));
    }
}

}  // namespace

void append_number(std::string& out, std::int64_t value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void append_unsigned(std::string& out, std::uint64_t value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void append_hex(std::string& out, std::uint64_t value) {
    for (int shift = 60; shift >= 0; shift -= 4) {
        out += "0123456789abcdef"[(value >> static_cast<unsigned>(shift)) & 15U];
    }
}

void append_text(std::string& out, std::string_view text) {
    if (text.empty() || text == "-") {
        out += '-';
        return;
    }
    if (is_bare(text)) {
        out += text;
        return;
    }
    out += '"';
    for (std::size_t at = 0; at < text.size();) {
        append_escaped(out, next_code_point(text, at));
    }
    out += '"';
}

std::string recordable(std::string_view text) {
    std::string clean;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        if (next_code_point(text, at) == replacement) {
            clean += "\xEF\xBF\xBD";
        } else {
            clean += text.substr(begin, at - begin);
        }
    }
    return clean;
}

void ValueWriter::write(StageAttempt stage) {
    if (!stage.stage.valid()) {
        out_ += '-';
        return;
    }
    write(stage.stage);
    out_ += '.';
    append_unsigned(out_, stage.attempt);
}

void ValueWriter::write(TaskAttempt task) {
    write(task.stage);
    out_ += "/p";
    append_unsigned(out_, task.partition);
    out_ += '#';
    append_unsigned(out_, task.attempt);
}

void ValueWriter::write(BroadcastId id) {
    if (!id.valid()) {
        out_ += '-';
        return;
    }
    out_ += "broadcast_";
    append_unsigned(out_, id.value);
}

void ValueWriter::write(BroadcastPiece piece) {
    write(piece.broadcast);
    if (piece.broadcast.valid()) {
        out_ += "_piece";
        append_unsigned(out_, piece.piece);
    }
}

void ValueWriter::write(RddBlock block) {
    if (!block.rdd.valid()) {
        out_ += '-';
        return;
    }
    out_ += "rdd_";
    append_unsigned(out_, block.rdd.value);
    out_ += '_';
    append_unsigned(out_, block.partition);
}

std::string joined(const std::vector<NodeId>& list, const Names& names) {
    std::string text;
    for (const NodeId node : list) {
        text += (text.empty() ? "" : ",") + names.nodes[node.index()];
    }
    return text;
}

std::string joined(const std::vector<NodeTasks>& list, const Names& names) {
    std::string text;
    for (const NodeTasks& tasks : list) {
        text += (text.empty() ? "" : ",") + names.nodes[tasks.node.index()] + ":" +
                std::to_string(tasks.tasks);
    }
    return text;
}

std::string joined(const std::vector<InputFile>& list, const Names& /*files have their own*/) {
    std::string text;
    for (const InputFile& file : list) {
        text += fmt::format("{}{}{}{}:{}",
                            text.empty() ? "" : ",",
                            file.source,
                            file.name.empty() ? "" : "/",
                            file.name,
                            file.size.count);
    }
    return text;
}

template <class T>
bool ValueReader::number(std::string_view text, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}
template bool ValueReader::number(std::string_view, std::int32_t&);
template bool ValueReader::number(std::string_view, std::uint32_t&);
template bool ValueReader::number(std::string_view, std::int64_t&);
template bool ValueReader::number(std::string_view, std::uint64_t&);

bool ValueReader::read(std::string_view text, AppId& id) const {
    id = text == "-" ? AppId{} : names_.app(text);
    return text == "-" || id.valid();
}

bool ValueReader::read(std::string_view text, NodeTasks& tasks) const {
    const std::size_t colon = text.rfind(':');  // names have none
    return colon != std::string_view::npos && read(text.substr(0, colon), tasks.node) &&
           read(text.substr(colon + 1), tasks.tasks);
}

bool ValueReader::read(std::string_view text, InputFile& file) const {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || !read(text.substr(colon + 1), file.size)) {
        return false;
    }
    const std::string_view place = text.substr(0, colon);
    const std::size_t slash = std::min(place.find('/'), place.size());
    file.name = place.substr(std::min(slash + 1, place.size()));
    return number(place.substr(0, slash), file.source);
}

bool ValueReader::read(std::string_view text, NodeId& id) const {
    id = text == "-" ? NodeId{} : names_.node(text);
    return text == "-" || id.valid();
}

bool ValueReader::read(std::string_view text, StageAttempt& stage) const {
    const std::size_t dot = text.find('.');
    if (text == "-") {
        stage = StageAttempt{};
        return true;
    }
    return dot != std::string_view::npos && read(text.substr(0, dot), stage.stage) &&
           number(text.substr(dot + 1), stage.attempt);
}

bool ValueReader::read(std::string_view text, TaskAttempt& task) const {
    const std::size_t slash = text.find("/p");
    const std::size_t hash = text.find('#');
    return slash != std::string_view::npos && hash != std::string_view::npos && hash > slash &&
           read(text.substr(0, slash), task.stage) &&
           number(text.substr(slash + 2, hash - slash - 2), task.partition) &&
           number(text.substr(hash + 1), task.attempt);
}

bool ValueReader::read(std::string_view text, RddBlock& block) const {
    block = RddBlock{};
    if (text == "-") {
        return true;
    }
    const std::size_t underscore = text.rfind('_');
    return text.substr(0, 4) == "rdd_" && underscore > 4 &&
           number(text.substr(4, underscore - 4), block.rdd.value) &&
           number(text.substr(underscore + 1), block.partition);
}

bool ValueReader::read(std::string_view text, BroadcastId& id) const {
    id = BroadcastId{};
    constexpr std::string_view prefix = "broadcast_";
    return text == "-" ||
           (text.starts_with(prefix) && number(text.substr(prefix.size()), id.value));
}

bool ValueReader::read(std::string_view text, BroadcastPiece& piece) const {
    piece = BroadcastPiece{};
    constexpr std::string_view infix = "_piece";
    const std::size_t at = text.find(infix);
    return text == "-" ||
           (at != std::string_view::npos && read(text.substr(0, at), piece.broadcast) &&
            number(text.substr(at + infix.size()), piece.piece));
}

bool ValueReader::read(std::string_view text, SimDuration& duration) const {
    std::int64_t count = 0;
    const bool ok = number(text, count);
    duration = SimDuration{count};
    return ok;
}

bool ValueReader::read(std::string_view text, SimTime& time) const {
    std::int64_t count = 0;
    const bool ok = number(text, count);
    time = SimTime{SimDuration{count}};
    return ok;
}

bool ValueReader::read(std::string_view text, std::string& value) const {
    value = text == "-" ? std::string_view{} : text;
    return true;
}

bool ValueReader::read(std::string_view text, bool& flag) const {
    flag = text == "1";
    return text == "0" || text == "1";
}

}  // namespace forkyard
