#include "sim/scenario/conf_table.hpp"

namespace forkyard::sim {
namespace {

bool matches(std::string_view pattern, std::string_view name) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) {
        return pattern == name;
    }
    const std::string_view before = pattern.substr(0, star);
    const std::string_view after = pattern.substr(star + 1);
    return name.size() > before.size() + after.size() && name.starts_with(before) &&
           name.ends_with(after);
}

template <class Visit>
void each_row(Visit visit) {
    for (const auto part : {simulated_conf(),
                            scheduler_conf(),
                            leaving_conf(),
                            manager_conf(),
                            data_conf(),
                            other_conf()}) {
        for (const ConfRow& row : part) {
            visit(row);
        }
    }
}

}  // namespace

const ConfRow* find_conf(std::string_view name) {
    const ConfRow* found = nullptr;
    const ConfRow* pattern = nullptr;
    each_row([&](const ConfRow& row) {
        if (row.name == name) {
            found = &row;
        } else if (pattern == nullptr && matches(row.name, name)) {
            pattern = &row;
        }
    });
    return found != nullptr ? found : pattern;
}

const std::vector<std::string>& conf_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> out;
        each_row([&](const ConfRow& row) {
            if (row.name.find('*') == std::string_view::npos) {
                out.emplace_back(row.name);
            }
        });
        return out;
    }();
    return names;
}

}  // namespace forkyard::sim
