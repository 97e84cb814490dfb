#include "sim/scenario/table_reader.hpp"

#include <limits>
#include <utility>

#include "core/check.hpp"
#include "sim/scenario/key_table.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

// Whether one value may be written in place of a list of them.
bool may_stand_alone(KeyType type) {
    return type == KeyType::text_or_names || type == KeyType::executors ||
           type == KeyType::range_bounds;
}

}  // namespace

TableReader::TableReader(const TreeNode* node, std::string path, Position at)
    : node_{node}, path_{std::move(path)}, at_{std::move(at)} {}

TableReader::TableReader(const TreeNode& scenario) : TableReader(&scenario, "", scenario.at) {}

const TreeNode* TableReader::node(std::string_view key) const {
    FORKYARD_CHECK(find_key(path_, key) != nullptr, key);
    return node_ != nullptr ? node_->find(key) : nullptr;
}

const Position& TableReader::at(std::string_view key) const {
    const TreeNode* value = node(key);
    return value != nullptr ? value->at : at_;
}

std::string TableReader::value_text(std::string_view key) const {
    const TreeNode* value = node(key);
    if (value != nullptr && value->is_value()) {
        return value->text;
    }
    const std::string_view preset = find_key(path_, key)->preset;
    return preset == required ? "" : std::string{preset};
}

std::string TableReader::text(std::string_view key) const {
    const TreeNode* value = node(key);
    const bool text = value == nullptr || value->is(TreeKind::text);
    return text ? value_text(key) : "";
}

bool TableReader::boolean(std::string_view key) const {
    const std::string value = value_text(key);
    return value == "true" || value == "1";
}

std::int64_t TableReader::whole(std::string_view key) const {
    return parse_whole(value_text(key)).value_or(0);
}

std::uint32_t TableReader::count(std::string_view key) const {
    const std::int64_t value = whole(key);
    const bool fits = value >= 0 && value <= std::numeric_limits<std::int32_t>::max();
    return fits ? static_cast<std::uint32_t>(value) : 0;
}

SimDuration TableReader::duration(std::string_view key) const {
    return parse_duration(value_text(key)).value_or(SimDuration{0});
}

Bytes TableReader::size(std::string_view key) const {
    return parse_size(value_text(key)).value_or(Bytes{});
}

Millionths TableReader::decimal(std::string_view key) const {
    return parse_millionths(value_text(key)).value_or(Millionths{});
}

std::optional<std::string> TableReader::maybe_text(std::string_view key) const {
    const TreeNode* value = node(key);
    const bool text = value != nullptr && value->is(TreeKind::text);
    return text ? std::optional{value->text} : std::nullopt;
}

std::optional<bool> TableReader::maybe_boolean(std::string_view key) const {
    return has(key) ? std::optional{boolean(key)} : std::nullopt;
}

std::optional<std::int64_t> TableReader::maybe_whole(std::string_view key) const {
    return has(key) ? std::optional{whole(key)} : std::nullopt;
}

std::optional<std::uint32_t> TableReader::maybe_count(std::string_view key) const {
    return has(key) ? std::optional{count(key)} : std::nullopt;
}

std::optional<SimDuration> TableReader::maybe_duration(std::string_view key) const {
    return has(key) ? std::optional{duration(key)} : std::nullopt;
}

std::optional<SimTime> TableReader::maybe_time(std::string_view key) const {
    return has(key) ? std::optional{time(key)} : std::nullopt;
}

std::optional<BytesPerSecond> TableReader::maybe_rate(std::string_view key) const {
    return has(key) ? parse_rate(value_text(key)) : std::nullopt;
}

std::vector<const TreeNode*> TableReader::items(std::string_view key) const {
    std::vector<const TreeNode*> out;
    const TreeNode* list = node(key);
    if (list == nullptr) {
        return out;
    }
    if (list->is_value() && may_stand_alone(find_key(path_, key)->type)) {
        out.push_back(list);
    }
    for (const TreeNode& item : list->items) {
        out.push_back(&item);
    }
    return out;
}

TableReader TableReader::table(std::string_view key) const {
    const TreeNode* value = node(key);
    return TableReader{value, table_path(path_, key), value != nullptr ? value->at : at_};
}

std::vector<TableReader> TableReader::tables(std::string_view key) const {
    std::vector<TableReader> out;
    for (const TreeNode* item : items(key)) {
        if (item->is(TreeKind::table)) {
            out.emplace_back(item, element_path(path_, key), item->at);
        }
    }
    return out;
}

}  // namespace forkyard::sim
