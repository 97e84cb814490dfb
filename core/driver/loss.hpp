// What the loss of an executor is called, and which ends of a task count towards
// spark.task.maxFailures.
#pragma once

#include <string>

#include "core/event.hpp"

namespace forkyard {

// The reason in the words of a driver: "executor e1 was killed (exit code 137)".
[[nodiscard]] std::string describe_loss(const ExecutorLost& event);

// Whether the loss is blamed on the application (DRV-01): its tasks then take a
// counted failure each.
[[nodiscard]] bool blamed_on_app(LossReason reason);

}  // namespace forkyard
