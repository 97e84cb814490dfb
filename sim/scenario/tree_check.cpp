#include "sim/scenario/tree_check.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/scenario/key_table.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/scenario/value_check.hpp"

namespace forkyard::sim {
namespace {

// A tree is walked by recursion; how deep it is was limited when it was made.
class TreeCheck {
public:
    TreeCheck(TreeSource source, Diagnostics& problems)
        : values_{source, problems}, problems_{problems} {}

    void check_table(const TreeNode& table, const std::string& path) {
        for (const KeyRow* row : keys_of(path)) {
            const std::string key = last_step(row->path);
            if (row->preset == required && row->state == KeyState::built &&
                table.find(key) == nullptr) {
                const std::string shown =
                    row->type == KeyType::tables && path.empty() ? "[[" + key + "]]" : key;
                problems_.error(table.at,
                                fmt::format("{} needs `{}`", table_title(path), shown),
                                std::string{row->help});
            }
        }
        for (const TreeMember& member : table.members) {
            check_member(member, path);
        }
    }

private:
    void check_member(const TreeMember& member, const std::string& path) {
        const KeyRow* row = find_key(path, member.key);
        if (row == nullptr) {
            report_unknown(member, path);
            return;
        }
        if (row->state == KeyState::later) {
            const bool header = row->type == KeyType::tables && member.value.is(TreeKind::array) &&
                                !member.value.items.empty();
            const bool table = row->type == KeyType::table && member.value.is(TreeKind::table);
            std::string shown = header  ? table_title(element_path(path, member.key))
                                : table ? table_title(table_path(path, member.key))
                                        : member.key;
            problems_.error(header ? member.value.items.front().at : first_of(member),
                            fmt::format("`{}` is not simulated yet", shown));
            return;
        }
        check_value({*row, member.key}, member.value);
    }

    // A table's header stands before its key.
    static const Position& first_of(const TreeMember& member) {
        const auto place = [](const Position& at) { return std::pair{at.line, at.column}; };
        return place(member.value.at) < place(member.at) ? member.value.at : member.at;
    }

    void report_unknown(const TreeMember& member, const std::string& path) {
        std::vector<std::string> known;
        for (const KeyRow* row : keys_of(path)) {
            known.push_back(last_step(row->path));
        }
        problems_.error(member.at,
                        fmt::format("unknown key `{}` in {}", member.key, table_title(path)),
                        did_you_mean(member.key, known));
    }

    void check_value(const Spot& spot, const TreeNode& value) {
        if (values_.check(spot, value) || check_list(spot, value) || check_either(spot, value)) {
            return;
        }
        switch (spot.row.type) {
            case KeyType::table:
                check_table_value(spot, value);
                break;
            case KeyType::tables:
                check_tables(spot, value);
                break;
            case KeyType::properties:
            case KeyType::pattern:
                if (!is_table(value)) {
                    values_.wrong_type(spot, value);
                }
                break;
            case KeyType::patterns:
                check_patterns(spot, value);
                break;
            case KeyType::arguments:
            case KeyType::rows:
                check_rows(spot, value);
                break;
            default:
                break;
        }
    }

    // Lists of simple values; false when the type is not one of them.
    bool check_list(const Spot& spot, const TreeNode& value) {
        switch (spot.row.type) {
            case KeyType::names:
                check_items(spot, value, &ValueCheck::check_text);
                return true;
            case KeyType::durations:
                check_items(spot, value, &ValueCheck::check_duration);
                if (value.is(TreeKind::array) && value.items.empty()) {
                    problems_.error(value.at, fmt::format("`{}` is empty", spot.key));
                }
                return true;
            case KeyType::wholes:
                check_items(spot, value, &ValueCheck::check_whole);
                return true;
            case KeyType::pair:
                check_items(spot, value, &ValueCheck::check_duration);
                if (value.is(TreeKind::array) && value.items.size() != 2) {
                    problems_.error(value.at,
                                    fmt::format("`{}` must be {}, not of {}",
                                                spot.key,
                                                type_name(spot.row),
                                                value.items.size()));
                }
                return true;
            default:
                return false;
        }
    }

    // One type or another; false when the type is not one of them.
    bool check_either(const Spot& spot, const TreeNode& value) {
        switch (spot.row.type) {
            case KeyType::duration_or_table:
                is_table(value) ? check_table(value, std::string{spot.row.path})
                                : values_.check_duration(spot, value);
                return true;
            case KeyType::whole_or_table:
                is_table(value) ? check_table(value, std::string{spot.row.path})
                                : values_.check_whole(spot, value);
                return true;
            case KeyType::whole_or_all:
                if (!value.is(TreeKind::text)) {
                    values_.check_whole(spot, value);
                } else if (value.text != "all") {
                    values_.malformed(spot, value, type_name(spot.row));
                }
                return true;
            case KeyType::duration_or_never:
                if (!value.is(TreeKind::text) || value.text != "never") {
                    values_.check_duration(spot, value);
                }
                return true;
            case KeyType::boolean_or_names:
                is_list(value) ? check_items(spot, value, &ValueCheck::check_text)
                               : values_.check_boolean(spot, value);
                return true;
            case KeyType::text_or_names:
                is_list(value) ? check_items(spot, value, &ValueCheck::check_text)
                               : values_.check_text(spot, value);
                return true;
            case KeyType::text_or_whole:
                value.is(TreeKind::integer) ? values_.check_whole(spot, value)
                                            : values_.check_text(spot, value);
                return true;
            case KeyType::executors:
                check_executors(spot, value);
                return true;
            case KeyType::flag_or_level:
                value.is(TreeKind::text) ? values_.check_text(spot, value)
                                         : values_.check_flag(spot, value);
                return true;
            case KeyType::flag_or_text:
                if (!value.is(TreeKind::text) || !value.text.empty()) {
                    values_.check_flag(spot, value);
                }
                return true;
            case KeyType::range_bounds:
                check_range(spot, value);
                return true;
            default:
                return false;
        }
    }

    [[nodiscard]] static bool is_table(const TreeNode& value) {
        return value.is(TreeKind::table) || value.is(TreeKind::none);
    }

    [[nodiscard]] static bool is_list(const TreeNode& value) {
        return value.is(TreeKind::array) || value.is(TreeKind::none);
    }

    void check_items(const Spot& spot,
                     const TreeNode& value,
                     void (ValueCheck::*check)(const Spot&, const TreeNode&)) {
        if (!is_list(value)) {
            values_.wrong_type(spot, value);
        }
        for (const TreeNode& item : value.items) {
            (values_.*check)(spot, item);
        }
    }

    void check_table_value(const Spot& spot, const TreeNode& value) {
        if (is_table(value)) {
            check_table(value, std::string{spot.row.path});
        } else {
            values_.wrong_type(spot, value);
        }
    }

    void check_tables(const Spot& spot, const TreeNode& value) {
        const std::string element = std::string{spot.row.path} + "[]";
        if (!is_list(value)) {
            values_.must_be(
                spot, value, type_name(spot.row), "write it as " + table_title(element));
            return;
        }
        for (const TreeNode& item : value.items) {
            if (is_table(item)) {
                check_table(item, element);
            } else {
                values_.wrong_type(spot, item);
            }
        }
    }

    void check_patterns(const Spot& spot, const TreeNode& value) {
        if (!is_list(value)) {
            values_.wrong_type(spot, value);
            return;
        }
        for (const TreeNode& item : value.items) {
            if (!is_table(item)) {
                values_.wrong_type(spot, item);
            }
        }
    }

    // Rows and arguments: numbers and texts; rows may be lists of them.
    void check_rows(const Spot& spot, const TreeNode& value) {
        if (!is_list(value)) {
            values_.wrong_type(spot, value);
            return;
        }
        const bool nested = spot.row.type == KeyType::rows;
        for (const TreeNode& item : value.items) {
            if (nested && is_list(item)) {
                check_rows(spot, item);
            } else if (!item.is_value() || item.is(TreeKind::boolean)) {
                values_.wrong_type(spot, item);
            }
        }
    }

    void check_executors(const Spot& spot, const TreeNode& value) {
        if (is_table(value)) {
            check_table(value, std::string{spot.row.path});
            return;
        }
        if (value.is(TreeKind::array)) {
            for (const TreeNode& item : value.items) {
                if (!item.is(TreeKind::text) && !item.is(TreeKind::integer)) {
                    values_.wrong_type(spot, item);
                }
            }
        } else if (!value.is(TreeKind::text) && !value.is(TreeKind::integer)) {
            values_.wrong_type(spot, value);
        }
    }

    void check_range(const Spot& spot, const TreeNode& value) {
        if (value.is(TreeKind::array)) {
            for (const TreeNode& item : value.items) {
                if (!item.is(TreeKind::integer)) {
                    values_.wrong_type(spot, item);
                }
            }
        } else if (!value.is(TreeKind::integer) &&
                   !(value.is(TreeKind::text) && value.text.empty())) {
            values_.check_flag(spot, value);
        }
    }

    ValueCheck values_;
    Diagnostics& problems_;
};

}  // namespace

void check_tree(const TreeNode& scenario, TreeSource source, Diagnostics& problems) {
    TreeCheck{source, problems}.check_table(scenario, "");
}

}  // namespace forkyard::sim
