#include "core/report/invariants/names_of.hpp"

#include <fmt/format.h>

namespace forkyard::invariants {

std::string name_of(StageAttempt stage) {
    return fmt::format("s{}.{}", stage.stage.value, stage.attempt);
}

std::string name_of(TaskAttempt task) {
    return fmt::format("{}/p{}#{}", name_of(task.stage), task.partition, task.attempt);
}

}  // namespace forkyard::invariants
