// Whether real data can be kept as an application wants it: of datasets there is only what
// executors themselves hold.
#include <string>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"
#include "sim/scenario/conf_properties.hpp"

namespace forkyard::sim {

void check_kept_data(const TreeNode* common,
                     const TreeNode* own,
                     const AppSpec& app,
                     Diagnostics& problems) {
    if (app.datasets.empty()) {
        return;
    }
    ConfProperties given{ConfScope::app, problems, ConfProperties::Report::no};
    given.add_layer(common);
    given.add_layer(own);
    const auto refuse = [&](const char* property) {
        given.error(property,
                    {},
                    fmt::format("`{}` is simulated for synthetic stages alone, and `{}` has "
                                "datasets",
                                property,
                                app.name),
                    "use [[app.stage]], or leave the property out for this application");
    };
    if (app.conf.shuffle_service) {
        refuse("spark.shuffle.service.enabled");
    }
    if (app.conf.decommission.storage && app.conf.decommission.shuffle_blocks) {
        refuse("spark.storage.decommission.enabled");
    }
}

}  // namespace forkyard::sim
