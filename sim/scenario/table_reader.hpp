// Reads the values of one table of a checked tree, with the key table's defaults: a
// key that is absent, or that check_tree has already complained about, reads as its
// default. Keys are those of the key table; asking for another is a bug.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/units.hpp"
#include "core/sim_time.hpp"
#include "sim/scenario/source_tree.hpp"

namespace forkyard::sim {

class TableReader {
public:
    // `path` is the table's in the key table; null reads as an empty table.
    TableReader(const TreeNode* node, std::string path, Position at);
    explicit TableReader(const TreeNode& scenario);

    [[nodiscard]] bool has(std::string_view key) const { return node(key) != nullptr; }
    [[nodiscard]] const TreeNode* node(std::string_view key) const;
    // Where its value stands; that of the table when it is absent.
    [[nodiscard]] const Position& at(std::string_view key) const;
    [[nodiscard]] const Position& at() const { return at_; }
    [[nodiscard]] const TreeNode* self() const { return node_; }

    [[nodiscard]] std::string text(std::string_view key) const;
    [[nodiscard]] bool boolean(std::string_view key) const;
    [[nodiscard]] std::int64_t whole(std::string_view key) const;
    [[nodiscard]] std::uint32_t count(std::string_view key) const;
    [[nodiscard]] SimDuration duration(std::string_view key) const;
    [[nodiscard]] SimTime time(std::string_view key) const { return SimTime{duration(key)}; }
    [[nodiscard]] Bytes size(std::string_view key) const;
    [[nodiscard]] Millionths decimal(std::string_view key) const;

    // Without a default: none when absent.
    [[nodiscard]] std::optional<std::string> maybe_text(std::string_view key) const;
    [[nodiscard]] std::optional<bool> maybe_boolean(std::string_view key) const;
    [[nodiscard]] std::optional<std::int64_t> maybe_whole(std::string_view key) const;
    [[nodiscard]] std::optional<std::uint32_t> maybe_count(std::string_view key) const;
    [[nodiscard]] std::optional<SimDuration> maybe_duration(std::string_view key) const;
    [[nodiscard]] std::optional<SimTime> maybe_time(std::string_view key) const;
    [[nodiscard]] std::optional<BytesPerSecond> maybe_rate(std::string_view key) const;

    // The items of a list, or the one value that stands for a list.
    [[nodiscard]] std::vector<const TreeNode*> items(std::string_view key) const;
    [[nodiscard]] TableReader table(std::string_view key) const;
    [[nodiscard]] std::vector<TableReader> tables(std::string_view key) const;

private:
    [[nodiscard]] std::string value_text(std::string_view key) const;

    const TreeNode* node_;
    std::string path_;
    Position at_;
};

}  // namespace forkyard::sim
