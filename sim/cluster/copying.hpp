// A kept partition that is to have more copies than it has, or is passed on, while real bytes are
// on their way: under the wall clock that takes its time.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "core/executor/block_manager.hpp"
#include "core/ids.hpp"

namespace forkyard::sim {

struct Copying {
    bool under_way = false;  // one at a time
    bool leaves = false;     // who has it, and waits for this one
    std::int64_t bytes = 0;
    std::set<ExecutorId> failed{};  // that did not get it
};

using Copies = std::map<std::pair<AppId, RddBlock>, Copying>;

}  // namespace forkyard::sim
