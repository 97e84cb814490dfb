#include "core/driver/loss.hpp"

#include <fmt/format.h>

#include "core/event_text.hpp"

namespace forkyard {

std::string describe_loss(const ExecutorLost& event) {
    return fmt::format("ExecutorLostFailure (executor {} lost: {}, exit code {})",
                       to_text(event.exec),
                       to_text(event.reason),
                       event.code);
}

bool blamed_on_app(LossReason reason) {
    switch (reason) {
        case LossReason::exited:
        case LossReason::killed:
        case LossReason::heartbeat_timeout:
            return true;
        default:
            return false;
    }
}

}  // namespace forkyard
