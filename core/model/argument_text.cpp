#include "core/model/argument_text.hpp"

#include <charconv>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

namespace forkyard {

namespace {

std::string quoted(const std::string& text) {
    std::string out{'\''};
    for (const char c : text) {
        if (c == '\'' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + '\'';
}

// Takes the text up to its closing quote from `rest`; none: it has no such quote.
std::optional<std::string> take_quoted(std::string_view& rest) {
    std::string out;
    for (std::size_t i = 1; i < rest.size(); ++i) {
        if (rest[i] == '\'') {
            rest.remove_prefix(i + 1);
            return out;
        }
        i += rest[i] == '\\' ? 1 : 0;
        if (i < rest.size()) {
            out += rest[i];
        }
    }
    return std::nullopt;
}

template <class Number>
std::optional<Argument> number(std::string_view word) {
    Number value{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    const bool whole = error == std::errc{} && end == word.data() + word.size();
    return whole ? std::optional<Argument>{value} : std::nullopt;
}

std::optional<Argument> take_number(std::string_view& rest) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end);
    return word.starts_with('r') ? number<double>(word.substr(1)) : number<std::int64_t>(word);
}

}  // namespace

std::string to_text(const std::vector<Argument>& arguments) {
    std::string out;
    for (const Argument& argument : arguments) {
        out += out.empty() ? "" : " ";
        if (const auto* text = std::get_if<std::string>(&argument)) {
            out += quoted(*text);
        } else if (const auto* real = std::get_if<double>(&argument)) {
            out += fmt::format("r{}", *real);
        } else {
            out += fmt::format("{}", std::get<std::int64_t>(argument));
        }
    }
    return out;
}

std::optional<std::vector<Argument>> parse_arguments(std::string_view text) {
    std::vector<Argument> out;
    while (!text.empty()) {
        if (text.front() == '\'') {
            std::optional<std::string> taken = take_quoted(text);
            if (!taken) {
                return std::nullopt;
            }
            out.emplace_back(std::move(*taken));
        } else {
            const std::optional<Argument> taken = take_number(text);
            if (!taken) {
                return std::nullopt;
            }
            out.push_back(*taken);
        }
        if (!text.empty() && text.front() != ' ') {
            return std::nullopt;
        }
        text.remove_prefix(text.empty() ? 0 : 1);
    }
    return out;
}

}  // namespace forkyard
