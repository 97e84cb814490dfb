// The words of the journal for the closed sets of event.hpp and action.hpp, both
// ways. One table each: what is written can be read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/action.hpp"
#include "core/event.hpp"

namespace forkyard {

[[nodiscard]] std::string_view to_text(LossReason value);
[[nodiscard]] std::string_view to_text(TaskStatus value);
[[nodiscard]] std::string_view to_text(BarrierOp value);
[[nodiscard]] std::string_view to_text(BeatState value);
[[nodiscard]] std::string_view to_text(ManagerKeeps value);
[[nodiscard]] std::string_view to_text(TimerKind value);
[[nodiscard]] std::string_view to_text(ExecutorCall value);
[[nodiscard]] std::string_view to_text(Locality value);
[[nodiscard]] std::string_view to_text(EndStatus value);
[[nodiscard]] std::string_view to_text(AskedBy value);
[[nodiscard]] std::string_view to_text(LaunchReason value);
[[nodiscard]] std::string_view to_text(WaitReason value);
[[nodiscard]] std::string_view to_text(ExclusionScope value);
[[nodiscard]] std::string_view to_text(ExclusionLevel value);
[[nodiscard]] std::string_view to_text(FaultKind value);
[[nodiscard]] std::string_view to_text(StepKind value);
[[nodiscard]] std::string_view to_text(ActionKind value);

// e1, e2, ...; of a local manager `driver`.
[[nodiscard]] std::string to_text(ExecutorId exec);
// A stage attempt as in s1.0.
[[nodiscard]] std::string to_text(StageAttempt stage);

[[nodiscard]] bool from_text(std::string_view text, LossReason& value);
[[nodiscard]] bool from_text(std::string_view text, TaskStatus& value);
[[nodiscard]] bool from_text(std::string_view text, BarrierOp& value);
[[nodiscard]] bool from_text(std::string_view text, BeatState& value);
[[nodiscard]] bool from_text(std::string_view text, ManagerKeeps& value);
[[nodiscard]] bool from_text(std::string_view text, TimerKind& value);
[[nodiscard]] bool from_text(std::string_view text, ExecutorCall& value);
[[nodiscard]] bool from_text(std::string_view text, Locality& value);
[[nodiscard]] bool from_text(std::string_view text, EndStatus& value);
[[nodiscard]] bool from_text(std::string_view text, AskedBy& value);
[[nodiscard]] bool from_text(std::string_view text, LaunchReason& value);
[[nodiscard]] bool from_text(std::string_view text, WaitReason& value);
[[nodiscard]] bool from_text(std::string_view text, ExclusionScope& value);
[[nodiscard]] bool from_text(std::string_view text, ExclusionLevel& value);
[[nodiscard]] bool from_text(std::string_view text, FaultKind& value);
[[nodiscard]] bool from_text(std::string_view text, StepKind& value);
[[nodiscard]] bool from_text(std::string_view text, ActionKind& value);

}  // namespace forkyard
