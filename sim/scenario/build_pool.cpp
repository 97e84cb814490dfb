// The pools of the FAIR scheduler: a tree below root.
#include <map>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"

namespace forkyard::sim {
namespace {

constexpr const char* root = "root";

// Whether the pool's ancestors end at root.
bool hangs_on_root(const std::map<std::string, std::string>& parents, const std::string& pool) {
    std::string at = pool;
    for (std::size_t steps = 0; steps <= parents.size(); ++steps) {
        if (at == root) {
            return true;
        }
        const auto found = parents.find(at);
        if (found == parents.end()) {
            return true;  // reported as unknown
        }
        at = found->second;
    }
    return false;
}

}  // namespace

void build_pools(const TableReader& app, AppSpec& out, Diagnostics& problems) {
    const std::vector<TableReader> readers = app.tables("pool");
    UniqueNames names{"pool", problems};
    std::map<std::string, std::string> parents;
    for (const TableReader& pool : readers) {
        PoolSpec spec;
        spec.name = pool.text("name");
        spec.parent = pool.text("parent");
        spec.weight = pool.count("weight");
        spec.min_share = pool.count("min_share");
        spec.mode = pool.text("mode") == "FAIR" ? SchedulingMode::fair : SchedulingMode::fifo;
        if (spec.name == root) {
            problems.error(pool.at("name"), "`root` is the pool that holds all others");
            continue;
        }
        names.add(spec.name, pool.at("name"));
        parents[spec.name] = spec.parent;
        out.pools.push_back(std::move(spec));
    }
    for (const TableReader& pool : readers) {
        const std::string parent = pool.text("parent");
        if (parent != root && !names.has(parent)) {
            report_unknown("pool", parent, pool.at("parent"), names.names(), problems);
        } else if (!hangs_on_root(parents, pool.text("name"))) {
            problems.error(
                pool.at("parent"),
                fmt::format("the pools form a cycle: `{}` is above itself", pool.text("name")));
        }
    }
    if (!out.pools.empty() && out.conf.scheduling == SchedulingMode::fifo) {
        problems.warning(readers.front().at(),
                         "pools have no effect while `spark.scheduler.mode` is FIFO",
                         "set \"spark.scheduler.mode\" = \"FAIR\" in [conf]");
    }
}

}  // namespace forkyard::sim
