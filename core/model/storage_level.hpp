// Where the partitions of a dataset that is kept are, and how many executors have each.
//
// "As objects" is a matter of the JVM: here records are kept in one form, so a level and its
// _SER are the same but for their name.
//
// In Spark: StorageLevel.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace forkyard {

struct StorageLevel {
    bool memory = true;
    bool disk = false;
    bool objects = true;
    std::uint32_t copies = 1;
    bool operator==(const StorageLevel&) const = default;
};

struct NamedStorageLevel {
    std::string_view name;
    StorageLevel level;
};

// DP-BLK-01. OFF_HEAP is not among them: there is one memory only.
[[nodiscard]] constexpr std::array<NamedStorageLevel, 11> storage_levels() {
    return {{{"MEMORY_ONLY", {true, false, true, 1}},
             {"MEMORY_ONLY_2", {true, false, true, 2}},
             {"MEMORY_ONLY_SER", {true, false, false, 1}},
             {"MEMORY_ONLY_SER_2", {true, false, false, 2}},
             {"MEMORY_AND_DISK", {true, true, true, 1}},
             {"MEMORY_AND_DISK_2", {true, true, true, 2}},
             {"MEMORY_AND_DISK_SER", {true, true, false, 1}},
             {"MEMORY_AND_DISK_SER_2", {true, true, false, 2}},
             {"DISK_ONLY", {false, true, false, 1}},
             {"DISK_ONLY_2", {false, true, false, 2}},
             {"DISK_ONLY_3", {false, true, false, 3}}}};
}

[[nodiscard]] constexpr std::optional<StorageLevel> storage_level(std::string_view name) {
    const auto levels = storage_levels();
    const auto* found = std::find_if(
        levels.begin(), levels.end(), [&](const NamedStorageLevel& l) { return l.name == name; });
    return found == levels.end() ? std::nullopt : std::optional{found->level};
}

[[nodiscard]] constexpr std::string_view name_of(const StorageLevel& level) {
    const auto levels = storage_levels();
    return std::find_if(levels.begin(),
                        levels.end(),
                        [&](const NamedStorageLevel& l) { return l.level == level; })
        ->name;
}

}  // namespace forkyard
