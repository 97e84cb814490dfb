#include "sim/scenario/overrides.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/scenario/json_text.hpp"
#include "sim/scenario/key_table.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/scenario/toml_tree.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

bool holds_list(KeyType type) {
    switch (type) {
        case KeyType::tables:
        case KeyType::names:
        case KeyType::durations:
        case KeyType::wholes:
        case KeyType::pair:
        case KeyType::patterns:
        case KeyType::arguments:
        case KeyType::rows:
            return true;
        default:
            return false;
    }
}

// steps[from] .. steps[from + count - 1] as one name: names may have dots in them.
std::string joined(const Path& steps, std::size_t from, std::size_t count) {
    std::string out = steps[from];
    for (std::size_t i = 1; i < count; ++i) {
        out += "." + steps[from + i];
    }
    return out;
}

// A tree is walked by recursion; how deep it is was limited when it was made.
void erase_property(TreeNode& table, std::string_view name) {
    table.erase(name);
    for (TreeMember& member : table.members) {
        const std::string prefix = member.key + ".";
        if (member.value.is(TreeKind::table) && name.starts_with(prefix)) {
            erase_property(member.value, name.substr(prefix.size()));
        }
    }
}

void set_property(TreeNode& conf, const std::string& name, TreeNode value) {
    erase_property(conf, name);
    const Position at = value.at;
    conf.at_key(name, at) = std::move(value);
}

// The name that an element without one will get.
std::string default_name(std::string_view table, std::size_t index) {
    std::string last{table.substr(0, table.size() - 2)};
    last = last.substr(last.rfind('.') == std::string::npos ? 0 : last.rfind('.') + 1);
    return fmt::format("{}-{}", last, index + 1);
}

// A tree is walked by recursion; how deep it is was limited when it was made.
class Setter {
public:
    Setter(Path steps, TreeNode value, Diagnostics& problems)
        : steps_{std::move(steps)}, value_{std::move(value)}, problems_{problems} {}

    // The node stands at `table` in the key table; steps_[from] is the next step.
    void set(TreeNode& node, const std::string& table, std::size_t from) {
        if (node.is(TreeKind::array)) {
            set_in_list(node, table, from);
        } else if (node.is(TreeKind::table)) {
            set_in_table(node, table, from);
        } else if (!keys_of(table).empty()) {
            node = make_table(value_.at);  // `duration = "1s"` becomes a drawn one
            set_in_table(node, table, from);
        } else {
            problems_.error(value_.at, fmt::format("there is nothing below `{}`", before(from)));
        }
    }

private:
    void set_in_table(TreeNode& node, const std::string& table, std::size_t from) {
        std::size_t count = 1;
        for (std::size_t n = steps_.size() - from; n > 1; --n) {
            if (node.member(joined(steps_, from, n)) != nullptr) {
                count = n;
                break;
            }
        }
        const std::string key = joined(steps_, from, count);
        const KeyRow* row = find_key(table, key);
        const bool last = from + count == steps_.size();
        const bool made = node.member(key) == nullptr;
        TreeNode& child = node.at_key(key, value_.at);
        if (last) {
            child = std::move(value_);
            node.member(key)->at = child.at;
            return;
        }
        if (made && row != nullptr && holds_list(row->type)) {
            child.kind = TreeKind::array;
        }
        if (row != nullptr && row->type == KeyType::properties && child.is(TreeKind::table)) {
            const std::size_t next = from + count;
            set_property(child, joined(steps_, next, steps_.size() - next), std::move(value_));
            return;
        }
        set(child, table_path(table, key), from + count);
    }

    void set_in_list(TreeNode& list, const std::string& table, std::size_t from) {
        const std::string element = table + "[]";
        std::size_t count = 1;
        std::optional<std::size_t> index = by_name(list, element, from, count);
        if (!index) {
            const auto number = parse_whole(steps_[from]);
            if (number && *number >= 0) {
                index = static_cast<std::size_t>(*number);
            }
        }
        if (!index || *index > list.items.size()) {
            report_no_element(list, element, from);
            return;
        }
        if (*index == list.items.size()) {
            list.items.push_back(make_table(value_.at));
        }
        TreeNode& item = list.items[*index];
        if (from + count == steps_.size()) {
            item = std::move(value_);
        } else {
            set(item, element, from + count);
        }
    }

    std::optional<std::size_t> by_name(const TreeNode& list,
                                       std::string_view element,
                                       std::size_t from,
                                       std::size_t& count) const {
        const std::vector<std::string> names = names_in(list, element);
        for (std::size_t n = steps_.size() - from; n > 0; --n) {
            const auto found = std::find(names.begin(), names.end(), joined(steps_, from, n));
            if (found != names.end()) {
                count = n;
                return static_cast<std::size_t>(found - names.begin());
            }
        }
        return std::nullopt;
    }

    static std::vector<std::string> names_in(const TreeNode& list, std::string_view element) {
        std::vector<std::string> names;
        for (const TreeNode& item : list.items) {
            const TreeNode* name = item.find("name");
            if (name != nullptr && name->is(TreeKind::text)) {
                names.push_back(name->text);
            } else {
                names.push_back(default_name(element, names.size()));
            }
        }
        return names;
    }

    void report_no_element(const TreeNode& list, std::string_view element, std::size_t from) {
        problems_.error(value_.at,
                        fmt::format("there is no `{}` in {}", steps_[from], table_title(element)),
                        did_you_mean(steps_[from], names_in(list, element)));
    }

    [[nodiscard]] std::string before(std::size_t from) const { return joined(steps_, 0, from); }

    Path steps_;
    TreeNode value_;
    Diagnostics& problems_;
};

void set_for_all_apps(TreeNode& scenario, const std::string& name, TreeNode value) {
    const Position at = value.at;
    if (const TreeMember* apps = scenario.member("app"); apps != nullptr) {
        for (TreeNode& app : scenario.member("app")->value.items) {
            TreeMember* conf = app.member("conf");
            if (conf != nullptr) {
                erase_property(conf->value, name);
            }
        }
    }
    TreeNode& conf = scenario.at_key("conf", at);
    if (conf.is(TreeKind::table)) {
        set_property(conf, name, std::move(value));
    }
}

void apply_override(TreeNode& scenario, const std::string& text, Diagnostics& problems) {
    const Position at{0, 0, "--set " + text};
    const std::size_t equals = text.find('=');
    const std::string key = text.substr(0, std::min(equals, text.size()));
    const Path path = split_path(key);
    if (equals == std::string::npos || path.empty()) {
        problems.error(at, "this is not KEY=VALUE", "write it as in --set seed=7");
        return;
    }
    const std::string written = text.substr(equals + 1);
    if (!is_utf8(written)) {
        problems.error(at, "the value is not UTF-8");
        return;
    }
    TreeNode value = parse_toml_value(written, at).value_or(make_text(written, at));
    if (key.starts_with("spark.") || key.starts_with("forkyard.")) {
        set_for_all_apps(scenario, key, std::move(value));
        return;
    }
    Setter{path, std::move(value), problems}.set(scenario, "", 0);
}

}  // namespace

void apply_overrides(TreeNode& scenario,
                     const std::vector<std::string>& overrides,
                     Diagnostics& problems) {
    for (const std::string& text : overrides) {
        apply_override(scenario, text, problems);
    }
}

}  // namespace forkyard::sim
