// What Spark calls the class of a dataset that is made this way.
#pragma once

#include <string_view>

#include "core/data/stage_program.hpp"

namespace forkyard {

[[nodiscard]] std::string_view rdd_class(const Operator& op);

}  // namespace forkyard
