// The two things that the invariants ask a driver, because no record tells them: what
// it believes of an executor. Asked only for executors that the event at hand touched.
#pragma once

#include <cstdint>

#include "core/ids.hpp"

namespace forkyard {

struct DriverView {
    virtual ~DriverView() = default;
    [[nodiscard]] virtual std::uint32_t free_cores(AppId app, ExecutorId exec) const = 0;
    [[nodiscard]] virtual bool alive(AppId app, ExecutorId exec) const = 0;
};

}  // namespace forkyard
