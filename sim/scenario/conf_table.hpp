// Every property that forkyard knows by name: those of Spark, of its standalone
// master, of YARN, and forkyard's own. A simulated one has an effect; one that is
// only known draws a warning, since Spark would have heeded it; one that is not here
// is an error. The typed values are core/model/conf.hpp's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace forkyard::sim {

enum class ConfType { whole, ratio, boolean, time, size, choice, text };
enum class ConfState { simulated, known };
enum class ConfScope {
    app,     // read by drivers and executors: [conf], [app.conf]
    master,  // read by masters, nodes, resource managers: [cluster.conf]
};

struct ConfRow {
    std::string_view name;  // `*` stands for any text
    std::string_view preset;
    std::string_view help;
    ConfType type = ConfType::text;
    std::string_view unit = "";  // of a bare number: ms, s, MiB, ...; or the choices
    ConfState state = ConfState::known;
    ConfScope scope = ConfScope::app;
};

// The parts of the table.
[[nodiscard]] std::span<const ConfRow> simulated_conf();
[[nodiscard]] std::span<const ConfRow> scheduler_conf();
[[nodiscard]] std::span<const ConfRow> leaving_conf();
[[nodiscard]] std::span<const ConfRow> manager_conf();
[[nodiscard]] std::span<const ConfRow> data_conf();
[[nodiscard]] std::span<const ConfRow> other_conf();

[[nodiscard]] const ConfRow* find_conf(std::string_view name);

// Names without `*`: for "did you mean".
[[nodiscard]] const std::vector<std::string>& conf_names();

}  // namespace forkyard::sim
