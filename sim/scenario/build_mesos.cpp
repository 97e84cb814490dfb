// What Mesos goes by: its table, and the properties of Spark's side.
#include <string>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"
#include "sim/scenario/conf_properties.hpp"

namespace forkyard::sim {
namespace {

std::uint32_t read_own_cores(ConfProperties& given) {
    const std::string name = "spark.mesos.mesosExecutor.cores";
    const Millionths cores = given.factor(name).value_or(one);
    if (cores.count % one.count != 0 || cores < one || cores.count > 1'000'000 * one.count) {
        given.error(name, {}, fmt::format("`{}` must be a whole number of cores", name));
        return 1;
    }
    return static_cast<std::uint32_t>(cores.count / one.count);
}

// What a backend without executors of its own does not look at.
void borrow_cores(ConfProperties& given, AppConf& out) {
    out.mesos.fine_grained = true;
    out.mesos.own_cores = read_own_cores(given);
    out.backend_parallelism = 8;
    out.registered_ratio_min = Millionths{0};
    if (out.allocation.enabled) {
        given.warning("spark.dynamicAllocation.enabled",
                      "fine-grained mode has no dynamic allocation of executors",
                      "it needs `spark.mesos.coarse`");
        out.allocation.enabled = false;
    }
    for (const char* const name : {"spark.cores.max", "spark.executor.cores"}) {
        given.warning(name,
                      fmt::format("fine-grained mode does not look at `{}`", name),
                      "see `spark.mesos.mesosExecutor.cores`");
    }
    out.cores_max = AppConf{}.cores_max;
    out.executor_cores.reset();
}

}  // namespace

void read_mesos(ConfProperties& given, const std::string& manager, AppConf& out) {
    MesosConf& mesos = out.mesos;
    mesos.executor_overhead = given.memory("spark.mesos.executor.memoryOverhead");
    put(mesos.extra_cores, given.whole("spark.mesos.extra.cores", 0));
    put(mesos.reject, given.time("spark.mesos.rejectOfferDuration"));
    put(mesos.reject, given.time("spark.mesos.rejectOfferDurationForReachedMaxCores"));
    const bool coarse = given.boolean("spark.mesos.coarse").value_or(true);
    if (manager == "mesos" && !coarse) {
        borrow_cores(given, out);
    }
}

MesosSpec build_mesos(const TableReader& table, Diagnostics& problems) {
    MesosSpec out;
    UniqueNames names{"role", problems};
    for (const TableReader& role : table.tables("role")) {
        RoleSpec& spec = out.roles.emplace_back();
        spec.name = role.text("name");
        names.add(spec.name, role.at("name"));
        spec.weight = role.has("weight") ? role.decimal("weight") : one;
        spec.cores = role.count("cores");
        spec.memory = role.size("memory");
        if (spec.weight.count <= 0) {
            problems.error(role.at("weight"), "`weight` must be above 0");
        }
    }
    return out;
}

}  // namespace forkyard::sim
