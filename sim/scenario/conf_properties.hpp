// The Spark properties of one place, [conf] with the application's over it, or
// [cluster.conf]: checked by name against the conf table, then read by type. A value that
// is not of its type is reported and reads as absent.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/units.hpp"
#include "core/sim_time.hpp"
#include "sim/scenario/conf_table.hpp"
#include "sim/scenario/diagnostic.hpp"
#include "sim/scenario/scenario_lines.hpp"
#include "sim/scenario/source_tree.hpp"

namespace forkyard::sim {

class ConfProperties {
public:
    ConfProperties(ConfScope scope, Diagnostics& problems) : scope_{scope}, problems_{problems} {}

    // Later layers go over earlier ones; null is an empty one.
    void add_layer(const TreeNode* table);

    // None: not given, or not as it must be.
    std::optional<std::uint32_t> whole(std::string_view name, std::int64_t least);
    std::optional<SimDuration> time(std::string_view name);           // above 0
    std::optional<SimDuration> time_or_never(std::string_view name);  // 0 and below: never, none
    std::optional<SimDuration> wait(std::string_view name);           // from 0
    std::optional<Bytes> memory(std::string_view name);               // whole MiB, at least one
    // From `least`; a bare number is in `unit`.
    std::optional<Bytes> size(std::string_view name, Bytes unit = Bytes{1}, Bytes least = Bytes{0});
    std::optional<Millionths> ratio(std::string_view name);           // from 0 to 1
    std::optional<Millionths> factor(std::string_view name);          // from 0
    std::optional<bool> boolean(std::string_view name);
    std::optional<std::string> choice(std::string_view name);

    std::optional<std::string> text(std::string_view name) const;
    // What stands between the two in the names that are given.
    [[nodiscard]] std::vector<std::string> named(std::string_view prefix,
                                                 std::string_view suffix) const;

    // Of two properties that do not go together; it stands at the first that is given.
    void error(std::string_view first,
               std::string_view second,
               std::string text,
               std::string mend = "") const;

    // At a property, if it is given.
    void warning(std::string_view name, std::string text, std::string mend = "") const;

private:
    struct Given {
        std::string text;
        Position at;
    };

    [[nodiscard]] const Given* find(std::string_view name) const;
    std::optional<SimDuration> time_from(std::string_view name, SimDuration least);
    void malformed(std::string_view name,
                   const Given& given,
                   const std::string& wanted,
                   std::string mend = "");
    [[nodiscard]] bool is_ours(const Property& property);

    ConfScope scope_;
    Diagnostics& problems_;
    std::map<std::string, Given, std::less<>> given_{};
};

// A field keeps its preset where nothing is given.
template <class Field, class Value>
void put(Field& field, const std::optional<Value>& value) {
    if (value) {
        field = *value;
    }
}

}  // namespace forkyard::sim
