// The figures of forkyard bench: a table on the way, JSON at the end.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace forkyard::tools {

struct Figure {
    std::string name;
    double value = 0;
    std::string unit;
    std::string note{};  // how it came about, if not as all the others of its group
};

class Figures {
public:
    // `out`: where the table goes, row by row.
    explicit Figures(std::FILE* out) : out_{out} {}

    void title(std::string_view name) const { print(fmt::format("{}\n", name)); }
    void note(std::string_view text) const { print(fmt::format("  {}\n", text)); }
    void add(std::string name, double value, std::string unit) {
        add(Figure{std::move(name), value, std::move(unit)});
    }
    void add(Figure figure) {
        print(fmt::format("  {:<58} {:>14.1f} {}{}{}\n",
                          figure.name,
                          figure.value,
                          figure.unit,
                          figure.note.empty() ? "" : ", ",
                          figure.note));
        rows_.push_back(std::move(figure));
    }
    [[nodiscard]] nlohmann::ordered_json json() const {
        nlohmann::ordered_json all = nlohmann::ordered_json::array();
        for (const Figure& row : rows_) {
            all.push_back({{"name", row.name}, {"value", row.value}, {"unit", row.unit}});
            if (!row.note.empty()) {
                all.back()["note"] = row.note;
            }
        }
        return all;
    }

private:
    void print(const std::string& line) const {
        fmt::print(out_, "{}", line);
        std::fflush(out_);
    }

    std::FILE* out_;
    std::vector<Figure> rows_;
};

}  // namespace forkyard::tools
