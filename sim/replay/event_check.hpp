// Whether the schedulers can be asked about an event at all. A journal that was edited by
// hand may tell of jobs of applications that were never submitted; a run never does.
// Whether the event is the right one is not judged.
#pragma once

#include <string>

#include "core/driver/control_plane.hpp"
#include "core/event.hpp"

namespace forkyard::sim {

// Why not, in words; empty: they can.
[[nodiscard]] std::string why_impossible(const ControlPlane& control, const Event& event);

}  // namespace forkyard::sim
