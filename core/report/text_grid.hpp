// Text in columns, for reports: widths by what a person sees, so UTF-8 counts by
// character; nothing wider than a page.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace forkyard {

inline constexpr std::size_t page_width = 98;

// Characters, not bytes.
[[nodiscard]] std::size_t width_of(std::string_view text);

// On one line: line ends, tabs and other control characters become escapes.
[[nodiscard]] std::string one_line(std::string_view text);

// At most `width` characters; "..." stands for what is cut off.
[[nodiscard]] std::string shortened(std::string text, std::size_t width);

// Broken at blanks into lines of at most page_width; later ones are indented more.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent);

class TextGrid {
public:
    // One letter a column: l left, r right.
    explicit TextGrid(std::string_view columns) : columns_{columns} {}

    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    // Rows indented by two, two blanks between columns.
    [[nodiscard]] std::string text() const;

private:
    std::string columns_;
    std::vector<std::vector<std::string>> rows_{};
};

}  // namespace forkyard
