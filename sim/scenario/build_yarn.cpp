// What YARN goes by: its table, the tree of its queues, and the properties of its resource manager.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"
#include "sim/scenario/conf_properties.hpp"

namespace forkyard::sim {
namespace {

constexpr Bytes mebibytes(std::uint32_t count) {
    return Bytes{std::int64_t{count} << 20};
}

std::optional<Millionths> maybe_decimal(const TableReader& table, std::string_view key) {
    return table.has(key) ? std::optional{table.decimal(key)} : std::nullopt;
}

void check_percent(const TableReader& table, std::string_view key, Diagnostics& problems) {
    const auto value = maybe_decimal(table, key);
    if (value && (value->count < 0 || value->count > 100 * one.count)) {
        problems.error(table.at(key), fmt::format("`{}` must be a percentage, 0 to 100", key));
    }
}

// Up to the root in as many steps as there are queues, or never. A name that is none ends the
// way too: it is reported where it stands.
bool is_below_itself(const QueueSpec& queue, const std::vector<QueueSpec>& queues) {
    const std::string* above = &queue.parent;
    for (std::size_t steps = 0; steps <= queues.size(); ++steps) {
        const auto parent = std::find_if(
            queues.begin(), queues.end(), [&](const QueueSpec& q) { return q.name == *above; });
        if (*above == "root" || parent == queues.end()) {
            return false;
        }
        above = &parent->parent;
    }
    return true;
}

void check_queues(const YarnSpec& spec,
                  const std::vector<TableReader>& tables,
                  Diagnostics& problems) {
    std::vector<std::string> known{"root"};
    for (const QueueSpec& queue : spec.queues) {
        known.push_back(queue.name);
    }
    for (std::size_t i = 0; i < spec.queues.size(); ++i) {
        const QueueSpec& queue = spec.queues[i];
        if (!contains(known, queue.parent)) {
            report_unknown("queue", queue.parent, tables[i].at("parent"), known, problems);
            continue;
        }
        if (is_below_itself(queue, spec.queues)) {
            problems.error(tables[i].at("parent"),
                           fmt::format("queue `{}` is below itself", queue.name));
        }
        Millionths sum{0};
        bool all = true;
        for (const QueueSpec& sibling : spec.queues) {
            if (sibling.parent == queue.parent) {
                sum.count += sibling.capacity.value_or(Millionths{0}).count;
                all = all && sibling.capacity.has_value();
            }
        }
        if (sum.count > 100 * one.count || (all && sum.count != 100 * one.count)) {
            problems.error(tables[i].at("capacity"),
                           fmt::format("the capacities below `{}` make {} %, not 100",
                                       queue.parent,
                                       sum.count / one.count));
        }
        if (queue.capacity && queue.max_capacity && *queue.max_capacity < *queue.capacity) {
            problems.error(tables[i].at("max_capacity"),
                           "`max_capacity` must not be below `capacity`");
        }
    }
}

// A queue's name, or its path from the root as Hadoop writes it.
QueueSpec* queue_named(YarnSpec& spec, std::string_view path) {
    const std::string_view name = path.substr(path.rfind('.') + 1);
    const auto found = std::find_if(spec.queues.begin(),
                                    spec.queues.end(),
                                    [&](const QueueSpec& queue) { return queue.name == name; });
    return found == spec.queues.end() ? nullptr : &*found;
}

void read_user_limits(ConfProperties& given, YarnSpec& spec) {
    const std::string prefix = "yarn.scheduler.capacity.";
    const auto each = [&](std::string_view suffix, auto&& set) {
        for (const std::string& path : given.named(prefix, suffix)) {
            const std::string name = prefix + path + std::string{suffix};
            if (spec.queues.empty()) {
                spec.queues.emplace_back().name = "default";
            }
            if (QueueSpec* queue = queue_named(spec, path)) {
                set(*queue, name);
            } else {
                given.error(name, {}, fmt::format("there is no queue `{}`", path));
            }
        }
    };
    each(".user-limit-factor", [&](QueueSpec& queue, const std::string& name) {
        const bool unlimited = given.text(name) == "-1";
        queue.user_limit_factor = unlimited ? Millionths{-1} : given.factor(name).value_or(one);
    });
    each(".minimum-user-limit-percent", [&](QueueSpec& queue, const std::string& name) {
        queue.user_limit_min = given.whole(name, 1).value_or(100);
    });
}

// -1 of a count that is off when below 0.
std::optional<std::uint32_t> read_or_off(ConfProperties& given, std::string_view name, bool& off) {
    off = given.text(name) == "-1";
    return off ? std::nullopt : given.whole(name, 0);
}

constexpr std::string_view calculator = "yarn.scheduler.capacity.resource-calculator";

void read_calculator(const ConfProperties& given, YarnSpec& out) {
    const auto name = given.text(calculator);
    if (!name) {
        return;
    }
    out.dominant = *name == "dominant" || name->ends_with("DominantResourceCalculator");
    if (!out.dominant && *name != "default" && !name->ends_with("DefaultResourceCalculator")) {
        given.error(calculator,
                    {},
                    fmt::format("there is no resource calculator `{}`", *name),
                    "it is `default` or `dominant`, or the name of a class of Hadoop");
    } else if (out.scheduler == YarnSchedulerKind::fair) {
        given.warning(
            calculator,
            fmt::format("`{}` is of the Capacity Scheduler and has no effect here", calculator),
            "set `cluster.yarn.policy`");
    }
}

void read_resource_manager(ConfProperties& given, YarnSpec& out) {
    put(out.node_beat, given.time("yarn.resourcemanager.nodemanagers.heartbeat-interval-ms"));
    put(out.node_expiry, given.time("yarn.nm.liveness-monitor.expiry-interval-ms"));
    if (const auto mib = given.whole("yarn.scheduler.minimum-allocation-mb", 1)) {
        out.container_min = mebibytes(*mib);
    }
    if (const auto mib = given.whole("yarn.scheduler.maximum-allocation-mb", 1)) {
        out.container_max = mebibytes(*mib);
    }
    put(out.cores_min, given.whole("yarn.scheduler.minimum-allocation-vcores", 1));
    put(out.cores_max, given.whole("yarn.scheduler.maximum-allocation-vcores", 1));
    read_calculator(given, out);
    put(out.node_locality_delay,
        read_or_off(given, "yarn.scheduler.capacity.node-locality-delay", out.ignores_locality));
    bool by_size = true;
    out.rack_delay =
        read_or_off(given, "yarn.scheduler.capacity.rack-locality-additional-delay", by_size);
    const std::string per_beat = "yarn.scheduler.capacity.per-node-heartbeat.";
    put(out.off_switch_per_beat, given.whole(per_beat + "maximum-offswitch-assignments", 1));
    put(out.assignments_per_beat, given.whole(per_beat + "maximum-container-assignments", 1));
    if (!given.boolean(per_beat + "multiple-assignments-enabled").value_or(true)) {
        out.assignments_per_beat = 1;
    }
    put(out.am_share, given.ratio("yarn.scheduler.capacity.maximum-am-resource-percent"));
    put(out.applications_max, given.whole("yarn.scheduler.capacity.maximum-applications", 1));
    put(out.preemption, given.boolean("yarn.resourcemanager.scheduler.monitor.enable"));
    const std::string preemption = "yarn.resourcemanager.monitor.capacity.preemption.";
    put(out.preemption_interval, given.time(preemption + "monitoring_interval"));
    put(out.preemption_wait, given.wait(preemption + "max_wait_before_kill"));
    put(out.preemption_per_round, given.ratio(preemption + "total_preemption_per_round"));
    put(out.preemption_ignored, given.ratio(preemption + "max_ignored_over_capacity"));
    put(out.preemption_natural, given.ratio(preemption + "natural_termination_factor"));
    put(out.assign_multiple, given.boolean("yarn.scheduler.fair.assignmultiple"));
    read_user_limits(given, out);
}

}  // namespace

YarnSpec build_yarn(const TableReader& yarn, ConfProperties& given, Diagnostics& problems) {
    YarnSpec out;
    if (yarn.text("scheduler") == "fair") {
        out.scheduler = YarnSchedulerKind::fair;
    }
    UniqueNames names{"queue", problems};
    const std::vector<TableReader> queues = yarn.tables("queue");
    for (const TableReader& queue : queues) {
        QueueSpec& spec = out.queues.emplace_back();
        spec.name = queue.text("name");
        spec.parent = queue.text("parent");
        spec.capacity = maybe_decimal(queue, "capacity");
        spec.max_capacity = maybe_decimal(queue, "max_capacity");
        spec.weight = maybe_decimal(queue, "weight").value_or(one);
        names.add(spec.name, queue.at("name"));
        if (spec.name == "root") {
            problems.error(queue.at("name"), "`root` is the queue above all others");
        }
        check_percent(queue, "capacity", problems);
        check_percent(queue, "max_capacity", problems);
        if (spec.weight.count < 0) {
            problems.error(queue.at("weight"), "`weight` must not be below 0");
        }
    }
    check_queues(out, queues, problems);
    read_resource_manager(given, out);
    if (out.scheduler == YarnSchedulerKind::fair) {
        out.dominant = yarn.text("policy") == "drf";
    } else if (yarn.has("policy")) {
        problems.warning(yarn.at("policy"),
                         "`policy` is of the Fair Scheduler and has no effect here",
                         fmt::format("take `scheduler = \"fair\"`, or set `{}`", calculator));
    }
    return out;
}

}  // namespace forkyard::sim
