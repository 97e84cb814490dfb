// The kinds of faults: what each strikes, which keys it takes, and whether it is
// simulated yet. Keys that every fault takes are common_fault_keys.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "core/model/scenario.hpp"

namespace forkyard::sim {

enum class FaultTarget { executor, task, worker, app, app_or_worker, holder, link, none };

struct FaultRow {
    std::string_view kind;
    FaultTarget target;
    std::string_view keys;  // its own keys, separated by spaces
    std::string_view help;
    std::optional<FaultKind> built{};  // none: not simulated yet
};

[[nodiscard]] std::span<const FaultRow> fault_table();
[[nodiscard]] const FaultRow* find_fault(std::string_view kind);

// Keys of every fault, and those that name a target of this kind.
inline constexpr std::string_view common_fault_keys =
    "name kind when at nth delay times probability optional";
[[nodiscard]] std::string_view target_keys(FaultTarget target);

// Whether a fault of this kind takes the key.
[[nodiscard]] bool takes_key(const FaultRow& row, std::string_view key);

}  // namespace forkyard::sim
