// What the invariants ask of the drivers (DriverView), answered by a control plane.
#pragma once

#include <cstdint>

#include "core/driver/control_plane.hpp"
#include "core/report/invariants/driver_view.hpp"

namespace forkyard::sim {

class ControlView final : public DriverView {
public:
    // `control` must outlive the view.
    explicit ControlView(const ControlPlane& control) : control_{control} {}
    [[nodiscard]] std::uint32_t free_cores(AppId app, ExecutorId exec) const override {
        return control_.driver(app).task_scheduler().executors().free_cores(exec);
    }
    [[nodiscard]] bool alive(AppId app, ExecutorId exec) const override {
        return control_.driver(app).task_scheduler().executors().alive(exec);
    }

private:
    const ControlPlane& control_;
};

}  // namespace forkyard::sim
