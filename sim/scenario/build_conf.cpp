#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"
#include "sim/scenario/conf_table.hpp"
#include "sim/scenario/key_table.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/scenario/scenario_lines.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

constexpr std::int64_t mib = std::int64_t{1} << 20;

struct Given {
    std::string text;
    Position at;
};

SimDuration bare_time_unit(std::string_view unit) {
    return unit == "s" ? SimDuration{std::chrono::seconds{1}}
                       : SimDuration{std::chrono::milliseconds{1}};
}

// The properties of one place: checked by name, then read by type.
class Properties {
public:
    Properties(ConfScope scope, Diagnostics& problems) : scope_{scope}, problems_{problems} {}

    // Later layers go over earlier ones.
    void add_layer(const TreeNode* table) {
        if (table == nullptr) {
            return;
        }
        std::map<std::string, Position> here;
        for (const Property& property : properties_in(*table)) {
            if (!property.value->is_value()) {
                problems_.error(property.value->at,
                                fmt::format("`{}` must be a number, text, true or false, not {}",
                                            property.name,
                                            kind_name(property.value->kind)));
                continue;
            }
            if (!here.emplace(property.name, property.at).second) {
                problems_.error(
                    property.at,
                    fmt::format("`{}` is given twice in the same table", property.name));
            }
            if (is_ours(property)) {
                given_[property.name] = Given{property.value->text, property.value->at};
            }
        }
    }

    [[nodiscard]] const Given* find(std::string_view name) const {
        const auto found = given_.find(name);
        return found == given_.end() ? nullptr : &found->second;
    }

    std::optional<std::uint32_t> whole(std::string_view name, std::int64_t least) {
        const Given* given = find(name);
        if (given == nullptr) {
            return std::nullopt;
        }
        const auto value = parse_whole(given->text);
        if (!value || *value < least || *value > std::numeric_limits<std::int32_t>::max()) {
            malformed(name, *given, fmt::format("a whole number from {}", least));
            return std::nullopt;
        }
        return static_cast<std::uint32_t>(*value);
    }

    std::optional<SimDuration> time(std::string_view name) {
        const Given* given = find(name);
        if (given == nullptr) {
            return std::nullopt;
        }
        const std::string_view unit = find_conf(name)->unit;
        const auto value = parse_spark_time(given->text, bare_time_unit(unit));
        if (!value || value->count() <= 0) {
            malformed(name,
                      *given,
                      "a time",
                      fmt::format("write it as Spark does, as in \"200ms\", \"3s\" or \"5min\", "
                                  "without fractions; a bare number is in {}",
                                  unit));
            return std::nullopt;
        }
        return value;
    }

    std::optional<Bytes> memory(std::string_view name) {
        const Given* given = find(name);
        if (given == nullptr) {
            return std::nullopt;
        }
        auto value = parse_spark_size(given->text, Bytes{mib});
        if (!value || value->count < mib) {
            malformed(name,
                      *given,
                      "a size of at least 1 MiB",
                      "write it as Spark does, as in \"512m\" or \"2g\", without fractions; a bare "
                      "number is in MiB");
            return std::nullopt;
        }
        value->count -= value->count % mib;  // Spark keeps whole MiB
        return value;
    }

    std::optional<Millionths> ratio(std::string_view name) {
        const Given* given = find(name);
        if (given == nullptr) {
            return std::nullopt;
        }
        const auto value = parse_millionths(given->text);
        if (!value || value->count < 0 || *value > one) {
            malformed(name, *given, "a number from 0 to 1");
            return std::nullopt;
        }
        return value;
    }

    std::optional<bool> boolean(std::string_view name) {
        const Given* given = find(name);
        if (given == nullptr) {
            return std::nullopt;
        }
        const std::string text = lower(given->text);
        if (text != "true" && text != "false") {
            malformed(name, *given, "true or false");
            return std::nullopt;
        }
        return text == "true";
    }

    std::optional<std::string> choice(std::string_view name) {
        const Given* given = find(name);
        if (given == nullptr) {
            return std::nullopt;
        }
        std::vector<std::string> known;
        for (const KeyChoice& choice : choices_of(find_conf(name)->unit)) {
            if (lower(choice.name) == lower(given->text)) {
                if (choice.built) {
                    return choice.name;
                }
                problems_.error(
                    given->at,
                    fmt::format("`{} = \"{}\"` is not simulated yet", name, given->text));
                return std::nullopt;
            }
            known.push_back(choice.name);
        }
        problems_.error(given->at,
                        fmt::format("`{}` cannot be `{}`", name, given->text),
                        did_you_mean(given->text, known));
        return std::nullopt;
    }

private:
    static std::string lower(std::string text) {
        std::transform(text.begin(), text.end(), text.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        return text;
    }

    void malformed(std::string_view name,
                   const Given& given,
                   const std::string& wanted,
                   std::string mend = "") {
        problems_.error(given.at,
                        fmt::format("`{}` must be {}, which `{}` is not", name, wanted, given.text),
                        std::move(mend));
    }

    // Whether the property is to be read; says so when not.
    bool is_ours(const Property& property) {
        const ConfRow* row = find_conf(property.name);
        if (row == nullptr) {
            problems_.error(property.at,
                            fmt::format("unknown property `{}`", property.name),
                            did_you_mean(property.name, conf_names()));
            return false;
        }
        if (property.name == "forkyard.bug") {
            problems_.error(property.at, "`forkyard.bug` is not simulated yet");
            return false;
        }
        if (row->scope != scope_) {
            const bool app = row->scope == ConfScope::app;
            problems_.warning(
                property.at,
                fmt::format("`{}` is a property of {} and has no effect here",
                            property.name,
                            app ? "applications" : "masters and nodes"),
                app ? "move it to [conf] or [app.conf]" : "move it to [cluster.conf]");
            return false;
        }
        if (row->state == ConfState::known) {
            problems_.warning(
                property.at, fmt::format("`{}` is not simulated and has no effect", property.name));
            return false;
        }
        return true;
    }

    ConfScope scope_;
    Diagnostics& problems_;
    std::map<std::string, Given, std::less<>> given_;
};

template <class Field, class Value>
void put(Field& field, const std::optional<Value>& value) {
    if (value) {
        field = *value;
    }
}

// What Spark refuses when an application starts.
void check_together(const Properties& given, const AppConf& conf, Diagnostics& problems) {
    const auto place = [&](std::string_view first, std::string_view second) -> Position {
        const Given* found = given.find(first);
        found = found != nullptr ? found : given.find(second);
        return found != nullptr ? found->at : Position{};
    };
    if (conf.network_timeout <= conf.heartbeat_interval) {
        problems.error(place("spark.network.timeout", "spark.executor.heartbeatInterval"),
                       "`spark.network.timeout` must be longer than "
                       "`spark.executor.heartbeatInterval`");
    }
    if (conf.executor_cores && *conf.executor_cores < conf.task_cpus) {
        problems.error(place("spark.task.cpus", "spark.executor.cores"),
                       fmt::format("an executor of {} cores cannot run a task of {}",
                                   *conf.executor_cores,
                                   conf.task_cpus),
                       "raise `spark.executor.cores` or lower `spark.task.cpus`");
    }
}

}  // namespace

AppConf build_app_conf(const TreeNode* common, const TreeNode* own, Diagnostics& problems) {
    Properties given{ConfScope::app, problems};
    given.add_layer(common);
    given.add_layer(own);
    AppConf out;
    out.executor_cores = given.whole("spark.executor.cores", 1);
    put(out.executor_memory, given.memory("spark.executor.memory"));
    put(out.cores_max, given.whole("spark.cores.max", 1));
    put(out.task_cpus, given.whole("spark.task.cpus", 1));
    put(out.task_failures_max, given.whole("spark.task.maxFailures", 1));
    put(out.stage_attempts_consecutive_max, given.whole("spark.stage.maxConsecutiveAttempts", 1));
    put(out.stage_attempts_max, given.whole("spark.stage.maxAttempts", 1));
    out.default_parallelism = given.whole("spark.default.parallelism", 1);
    put(out.heartbeat_interval, given.time("spark.executor.heartbeatInterval"));
    put(out.network_timeout, given.time("spark.network.timeout"));
    put(out.network_timeout_interval, given.time("spark.network.timeoutInterval"));
    put(out.registered_ratio_min, given.ratio("spark.scheduler.minRegisteredResourcesRatio"));
    put(out.registered_wait_max, given.time("spark.scheduler.maxRegisteredResourcesWaitingTime"));
    if (given.choice("forkyard.offers") == "in-order") {
        out.offers = OfferOrder::in_order;
    }
    // One value each for now; read so that another is refused.
    static_cast<void>(given.choice("spark.scheduler.mode"));
    static_cast<void>(given.choice("forkyard.compat"));
    check_together(given, out, problems);
    return out;
}

MasterConf build_master_conf(const TreeNode* conf, Diagnostics& problems) {
    Properties given{ConfScope::master, problems};
    given.add_layer(conf);
    MasterConf out;
    put(out.spread_out, given.boolean("spark.deploy.spreadOut"));
    put(out.spread_out, given.boolean("spark.deploy.spreadOutApps"));
    put(out.default_cores, given.whole("spark.deploy.defaultCores", 1));
    put(out.worker_timeout, given.time("spark.worker.timeout"));
    return out;
}

void check_fit(const AppSpec& app,
               const ClusterSpec& cluster,
               const Position& at,
               Diagnostics& problems) {
    const AppConf& conf = app.conf;
    const std::uint32_t cores = conf.executor_cores.value_or(conf.task_cpus);
    const bool fits =
        std::any_of(cluster.nodes.begin(), cluster.nodes.end(), [&](const NodeSpec& node) {
            return node.cores >= cores && node.memory >= conf.executor_memory;
        });
    const std::string wanted = fmt::format(
        "executors of `{}` ({} cores, {})", app.name, cores, print_size(conf.executor_memory));
    if (!fits && !cluster.nodes.empty()) {
        problems.warning(at,
                         fmt::format("the {} fit on no worker, so it waits for resources", wanted),
                         "see `spark.executor.cores` and `spark.executor.memory`");
    } else if (conf.cores_max < cores) {
        problems.warning(at,
                         fmt::format("the {} are more than `spark.cores.max` ({}), so it waits "
                                     "for resources",
                                     wanted,
                                     conf.cores_max));
    }
}

}  // namespace forkyard::sim
