// One journal line, taken apart.
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "core/journal/codec.hpp"

namespace forkyard {

namespace {

class Cursor {
public:
    explicit Cursor(std::string_view line) : rest_{line} {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }

    // The next word, without the blank after it.
    std::string_view word() {
        const std::size_t blank = rest_.find(' ');
        const std::string_view word = rest_.substr(0, blank);
        rest_.remove_prefix(blank == std::string_view::npos ? rest_.size() : blank + 1);
        return word;
    }

    std::optional<Record::Field> field() {
        const std::size_t equals = rest_.find('=');
        if (equals == std::string_view::npos) {
            return std::nullopt;
        }
        Record::Field field{std::string{rest_.substr(0, equals)}, {}};
        rest_.remove_prefix(equals + 1);
        if (rest_.empty() || rest_.front() != '"') {
            field.value = word();
            return field;
        }
        rest_.remove_prefix(1);
        return quoted(field.value) ? std::optional{field} : std::nullopt;
    }

private:
    bool quoted(std::string& out) {
        while (!rest_.empty() && rest_.front() != '"') {
            if (rest_.front() != '\\') {
                out += rest_.front();
                rest_.remove_prefix(1);
            } else if (!escape(out)) {
                return false;
            }
        }
        if (rest_.empty()) {
            return false;
        }
        rest_.remove_prefix(1);
        if (!rest_.empty() && rest_.front() == ' ') {
            rest_.remove_prefix(1);
        }
        return true;
    }

    std::optional<std::uint32_t> unit() {
        std::uint32_t code = 0;
        if (rest_.size() < 6 || rest_.substr(0, 2) != "\\u") {
            return std::nullopt;
        }
        const auto [end, error] = std::from_chars(rest_.data() + 2, rest_.data() + 6, code, 16);
        if (error != std::errc{} || end != rest_.data() + 6) {
            return std::nullopt;
        }
        rest_.remove_prefix(6);
        return code;
    }

    bool escape(std::string& out) {
        if (rest_.size() < 2) {
            return false;
        }
        if (rest_[1] != 'u') {
            out += rest_[1];
            rest_.remove_prefix(2);
            return true;
        }
        std::optional<std::uint32_t> code = unit();
        if (code && *code >= 0xD800 && *code < 0xDC00) {
            const std::optional<std::uint32_t> low = unit();
            code = low ? std::optional{0x10000 + ((*code - 0xD800) << 10U) + (*low - 0xDC00)}
                       : std::nullopt;
        }
        if (!code) {
            return false;
        }
        append_utf8(out, *code);
        return true;
    }

    static void append_utf8(std::string& out, std::uint32_t code) {
        const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
        if (code < 0x80) {
            put(code);
        } else if (code < 0x800) {
            put(0xC0U | (code >> 6U));
            put(0x80U | (code & 63U));
        } else if (code < 0x10000) {
            put(0xE0U | (code >> 12U));
            put(0x80U | ((code >> 6U) & 63U));
            put(0x80U | (code & 63U));
        } else {
            put(0xF0U | (code >> 18U));
            put(0x80U | ((code >> 12U) & 63U));
            put(0x80U | ((code >> 6U) & 63U));
            put(0x80U | (code & 63U));
        }
    }

    std::string_view rest_;
};

template <class T>
bool number(std::string_view text, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

bool read_place(Cursor& cursor, Record& record) {
    const std::string_view place = cursor.word();
    if (record.letter == 'E' || record.letter == 'F') {
        std::int64_t time = 0;
        const bool ok = number(place, record.seq) && number(cursor.word(), time);
        record.time = SimTime{SimDuration{time}};
        return ok;
    }
    const std::size_t dot = place.find('.');
    return dot != std::string_view::npos && number(place.substr(0, dot), record.seq) &&
           number(place.substr(dot + 1), record.sub);
}

}  // namespace

Result<Record> parse_line(std::string_view line) {
    const auto bad = [](std::string what) {
        return fail({std::move(what), {}, {}, Exit::bad_input});
    };
    Cursor cursor{line};
    Record record;
    const std::string_view letter = cursor.word();
    if (letter.size() != 1 || std::string_view{"EADFMV"}.find(letter) == std::string_view::npos) {
        return bad(fmt::format("`{}` begins no record", letter));
    }
    record.letter = letter.front();
    if (!read_place(cursor, record)) {
        return bad("the record's number or time cannot be read");
    }
    record.kind = cursor.word();
    if (record.letter == 'F') {
        record.fields.push_back({"state", std::string{cursor.word()}});
    }
    while (!cursor.at_end()) {
        std::optional<Record::Field> field = cursor.field();
        if (!field) {
            return bad(fmt::format("a key and its value are expected after `{}`", record.kind));
        }
        record.fields.push_back(std::move(*field));
    }
    return record;
}

}  // namespace forkyard
