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
    ExecutorId from;  // of the one that is under way,
    ExecutorId to;    // invalid: none is
    std::int64_t bytes = 0;
    std::set<ExecutorId> failed{};   // that did not get it
    std::set<ExecutorId> leavers{};  // that have it, and wait until another has
};

using Copies = std::map<std::pair<AppId, RddBlock>, Copying>;

}  // namespace forkyard::sim
