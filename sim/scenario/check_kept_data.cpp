// Whether real data can be kept as an application wants it. Under the wall clock executors
// come and go when they do, so there is only what they hold themselves.
#include <string>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"
#include "sim/scenario/conf_properties.hpp"

namespace forkyard::sim {

void check_kept_data(const ConfProperties& given, const AppSpec& app, ClockKind clock) {
    if (app.datasets.empty() || clock != ClockKind::wall) {
        return;
    }
    const auto refuse = [&](const char* property) {
        given.error(property,
                    {},
                    fmt::format("under the wall clock `{}` is simulated for synthetic stages "
                                "alone, and `{}` has datasets",
                                property,
                                app.name),
                    "use the virtual clock, or leave the property out for this application");
    };
    if (app.conf.shuffle_service) {
        refuse("spark.shuffle.service.enabled");
    }
    if (app.conf.decommission.storage && app.conf.decommission.shuffle_blocks) {
        refuse("spark.storage.decommission.enabled");
    }
}

}  // namespace forkyard::sim
