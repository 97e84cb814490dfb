#include "sim/scenario/local_master.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "sim/scenario/units.hpp"

namespace forkyard::sim {

namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

// A number from 1 of at most six digits.
std::optional<std::uint32_t> parse_count(std::string_view text) {
    constexpr std::size_t digits_max = 6;
    const bool plain = text.find_first_not_of(digits) == std::string_view::npos;
    const auto number = plain && text.size() <= digits_max ? parse_whole(text) : std::nullopt;
    return number && *number > 0 ? std::optional{static_cast<std::uint32_t>(*number)}
                                 : std::nullopt;
}

// What stands between the brackets of NAME[...].
std::optional<std::string_view> in_brackets(std::string_view manager, std::string_view name) {
    if (!manager.starts_with(name) || !manager.ends_with(']') ||
        manager.substr(name.size(), 1) != "[") {
        return std::nullopt;
    }
    manager.remove_prefix(name.size() + 1);
    return manager.substr(0, manager.size() - 1);
}

// WORKERS,CORES,MEMORY: so many workers alike, the memory of each in MiB.
std::optional<std::array<std::uint32_t, 3>> parse_local_cluster(std::string_view manager) {
    const auto inside = in_brackets(manager, "local-cluster");
    if (!inside) {
        return std::nullopt;
    }
    std::string_view rest = *inside;
    std::array<std::uint32_t, 3> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const bool last = i + 1 == numbers.size();
        const std::size_t end = last ? rest.size() : rest.find(',');
        const auto number = end == std::string_view::npos
                                ? std::nullopt
                                : parse_count(trimmed(rest.substr(0, end)));
        if (!number) {
            return std::nullopt;
        }
        numbers[i] = *number;
        rest.remove_prefix(last ? rest.size() : end + 1);
    }
    return numbers;
}

void refuse_workers(const TableReader& cluster, std::string_view who, Diagnostics& problems) {
    if (cluster.has("worker")) {
        problems.error(cluster.at("worker"),
                       fmt::format("{} makes its own workers", who),
                       "leave [[cluster.worker]] out, or set `manager` to \"standalone\"");
    }
}

}  // namespace

std::optional<LocalMaster> parse_local(std::string_view manager) {
    if (manager == "local") {
        return LocalMaster{};
    }
    const auto inside = in_brackets(manager, "local");
    if (!inside) {
        return std::nullopt;
    }
    // Blanks may stand around the comma alone.
    const std::size_t comma = inside->find(',');
    std::string_view cores = inside->substr(0, comma);
    LocalMaster out;
    if (comma != std::string_view::npos) {
        cores = cores.substr(0, cores.find_last_not_of(blanks) + 1);
        std::string_view failures = inside->substr(comma + 1);
        failures.remove_prefix(std::min(failures.find_first_not_of(blanks), failures.size()));
        const auto count = parse_count(failures);
        if (!count) {
            return std::nullopt;
        }
        out.failures = *count;
    }
    const auto count = parse_count(cores);
    if (!count) {
        return std::nullopt;
    }
    out.cores = *count;
    return out;
}

void name_processors(TreeNode& scenario, Diagnostics& problems) {
    TreeMember* cluster = scenario.member("cluster");
    TreeMember* manager = cluster == nullptr ? nullptr : cluster->value.member("manager");
    constexpr std::string_view any = "local[*";
    if (manager == nullptr || !manager->value.is(TreeKind::text) ||
        !manager->value.text.starts_with(any)) {
        return;
    }
    const std::string written = manager->value.text;
    const std::string named = fmt::format("local[{}{}",
                                          std::max(1U, std::thread::hardware_concurrency()),
                                          written.substr(any.size()));
    if (!parse_local(named)) {
        return;  // it will be refused
    }
    manager->value.text = named;
    problems.warning(manager->value.at,
                     fmt::format("`{}` is `{}` on this machine, and another elsewhere: so is the "
                                 "journal",
                                 written,
                                 named),
                     "give the number of cores for a run that is the same everywhere");
}

void build_local(const TableReader& cluster, ClusterSpec& out, Diagnostics& problems) {
    const auto master = parse_local(out.manager);
    if (!master) {
        problems.error(cluster.at("manager"),
                       fmt::format("`{}` is no local master", out.manager),
                       "write local, local[CORES], local[*] or local[CORES,FAILURES], as in "
                       "local[4] or local[4,2]");
        return;
    }
    refuse_workers(cluster, "a local master", problems);
    out.manager = "local";
    out.local_failures_max = master->failures;
    NodeSpec node;
    node.name = "localhost";
    node.cores = master->cores;
    out.nodes.push_back(node);
}

// In Spark: LocalSparkCluster. Its master and workers follow the rules of standalone ones.
void build_local_cluster(const TableReader& cluster, ClusterSpec& out, Diagnostics& problems) {
    const auto numbers = parse_local_cluster(out.manager);
    if (!numbers) {
        problems.error(cluster.at("manager"),
                       fmt::format("`{}` is no local cluster", out.manager),
                       "write it as local-cluster[WORKERS,CORES,MEMORY], the memory of a worker in "
                       "MiB, as in local-cluster[2,1,1024]");
        return;
    }
    refuse_workers(cluster, "a local cluster", problems);
    out.manager = "standalone";
    out.local_cluster = true;
    NodeSpec node;
    node.cores = (*numbers)[1];
    node.memory = Bytes{std::int64_t{(*numbers)[2]} << 20};
    for (std::uint32_t i = 1; i <= numbers->front(); ++i) {
        node.name = fmt::format("worker-{}", i);
        out.nodes.push_back(node);
    }
}

// In Spark: SparkContext.createTaskScheduler, LocalSchedulerBackend, TaskSchedulerImpl.start.
void run_in_driver(const TableReader& app,
                   ClusterSpec& cluster,
                   AppSpec& out,
                   Diagnostics& problems) {
    if (out.cluster_mode) {
        problems.error(app.at("deploy_mode"),
                       "a local master has no nodes for a driver",
                       "leave `deploy_mode` out");
    }
    AppConf& conf = out.conf;
    NodeSpec& node = cluster.nodes.front();
    if (conf.task_cpus > node.cores) {
        problems.error(app.at(),
                       fmt::format("tasks of `{}` take {} cores, its local executor has {}",
                                   out.name,
                                   conf.task_cpus,
                                   node.cores),
                       "lower `spark.task.cpus`, or raise the number in local[...]");
    }
    node.memory = conf.driver_memory;
    conf.runs_in_driver = true;
    conf.executor_cores = node.cores;
    conf.executor_memory = conf.driver_memory;
    conf.backend_parallelism = node.cores;
    conf.task_failures_max = cluster.local_failures_max;
    conf.registered_ratio_min = {};
    conf.allocation.enabled = false;
    conf.speculation.enabled = false;
    for (ResourceConf& resource : conf.resources) {
        resource.per_executor = 0;
    }
    if (tasks_by_resources(conf.resources) == 0) {
        problems.warning(app.at(),
                         fmt::format("a local executor offers no {}: tasks of `{}` wait for ever",
                                     conf.resources.front().name,
                                     out.name),
                         "leave `spark.task.resource.*` out, or take another manager");
    }
}

}  // namespace forkyard::sim
