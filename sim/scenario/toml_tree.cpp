#include "sim/scenario/toml_tree.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace forkyard::sim {
namespace {

Position position_of(const toml::source_position& at) {
    return Position{static_cast<int>(at.line), static_cast<int>(at.column), ""};
}

// The library hands out decimals as doubles; their digits are read from the text
// itself, since no double may reach a decision. Its columns count code points.
class Source {
public:
    explicit Source(std::string_view text) : text_{text} {
        line_starts_.push_back(0);
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\n') {
                line_starts_.push_back(i + 1);
            }
        }
    }

    [[nodiscard]] std::string digits_at(const toml::source_position& at) const {
        std::string out;
        for (std::size_t i = offset(at); i < text_.size(); ++i) {
            const char c = text_[i];
            const bool part = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' ||
                              c == 'e' || c == 'E' || c == '_';
            if (!part) {
                break;
            }
            if (c != '_') {
                out.push_back(c);
            }
        }
        return out;
    }

private:
    [[nodiscard]] std::size_t offset(const toml::source_position& at) const {
        std::size_t i = line_starts_.at(at.line - 1);
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
        if (i == 0 && text_.starts_with(byte_order_mark)) {
            i += byte_order_mark.size();
        }
        for (std::size_t column = 1; column < at.column && i < text_.size(); ++column) {
            ++i;
            while (i < text_.size() && (static_cast<unsigned char>(text_[i]) & 0xC0U) == 0x80U) {
                ++i;
            }
        }
        return i;
    }

    std::string_view text_;
    std::vector<std::size_t> line_starts_;
};

TreeNode converted(const toml::node& from, const Source& source);

void convert_value(const toml::node& from, const Source& source, TreeNode& out) {
    out.kind = TreeKind::other;
    if (const auto* text = from.as_string()) {
        out.kind = TreeKind::text;
        out.text = text->get();
    } else if (const auto* integer = from.as_integer()) {
        out.kind = TreeKind::integer;
        out.text = std::to_string(integer->get());
    } else if (const auto* boolean = from.as_boolean()) {
        out.kind = TreeKind::boolean;
        out.text = boolean->get() ? "true" : "false";
    } else if (from.is_floating_point()) {
        out.text = source.digits_at(from.source().begin);
        const bool finite = std::any_of(
            out.text.begin(), out.text.end(), [](char c) { return c >= '0' && c <= '9'; });
        out.kind = finite ? TreeKind::decimal : TreeKind::other;
    }
}

TreeNode converted(const toml::node& from, const Source& source) {
    TreeNode out;
    out.at = position_of(from.source().begin);
    if (const toml::table* table = from.as_table()) {
        for (auto&& [key, value] : *table) {
            out.members.push_back(TreeMember{
                std::string{key.str()}, position_of(key.source().begin), converted(value, source)});
        }
        // As written, so that a list of keys in a message reads like the file.
        std::stable_sort(
            out.members.begin(), out.members.end(), [](const TreeMember& a, const TreeMember& b) {
                return std::pair{a.at.line, a.at.column} < std::pair{b.at.line, b.at.column};
            });
    } else if (const toml::array* array = from.as_array()) {
        out.kind = TreeKind::array;
        for (const toml::node& item : *array) {
            out.items.push_back(converted(item, source));
        }
    } else {
        convert_value(from, source, out);
    }
    return out;
}

void place_all(TreeNode& node, const Position& at) {
    node.at = at;
    for (TreeMember& member : node.members) {
        member.at = at;
        place_all(member.value, at);
    }
    for (TreeNode& item : node.items) {
        place_all(item, at);
    }
}

}  // namespace

tl::expected<TreeNode, SyntaxError> parse_toml(std::string_view text) {
    const toml::parse_result result = toml::parse(text);
    if (!result) {
        const toml::parse_error& error = result.error();
        return tl::unexpected(
            SyntaxError{position_of(error.source().begin), std::string{error.description()}});
    }
    TreeNode out = converted(result.table(), Source{text});
    out.at = Position{1, 1, ""};
    return out;
}

std::optional<TreeNode> parse_toml_value(std::string_view text, const Position& at) {
    const std::string document = "value = " + std::string{text};
    auto tree = parse_toml(document);
    if (!tree || tree->members.size() != 1 || tree->members.front().key != "value") {
        return std::nullopt;
    }
    TreeNode out = std::move(tree->members.front().value);
    place_all(out, at);
    return out;
}

}  // namespace forkyard::sim
