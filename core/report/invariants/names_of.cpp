#include "core/report/invariants/names_of.hpp"

#include <fmt/format.h>

#include "core/event_text.hpp"

namespace forkyard::invariants {

std::string name_of(StageAttempt stage) {
    return to_text(stage);
}

std::string name_of(TaskAttempt task) {
    return fmt::format("{}/p{}#{}", name_of(task.stage), task.partition, task.attempt);
}

}  // namespace forkyard::invariants
