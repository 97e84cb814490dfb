// Source tree -> Scenario, part by part, after check_tree. Builders resolve names and
// check what a single key cannot tell: unknown stages and workers, cycles, arguments
// of functions. They report and go on, so that all problems come in one go.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/scenario.hpp"
#include "sim/scenario/diagnostic.hpp"
#include "sim/scenario/record_table.hpp"
#include "sim/scenario/table_reader.hpp"

namespace forkyard::sim {

class ConfProperties;

// Names that must differ from each other.
class UniqueNames {
public:
    UniqueNames(std::string what, Diagnostics& problems)
        : what_{std::move(what)}, problems_{problems} {}

    void add(const std::string& name, const Position& at);
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
    [[nodiscard]] bool has(std::string_view name) const;

private:
    std::string what_;  // "stage"
    Diagnostics& problems_;
    std::vector<std::string> names_;
    std::map<std::string, Position, std::less<>> places_;
};

// What patterns and targets may refer to.
struct KnownNames {
    struct App {
        std::string name;
        std::vector<std::string> stages;  // also those of datasets: `counts`, `counts:4`
        std::vector<std::string> jobs;
        // What a sort runs beforehand to sample its keys: records name these, jobs do not.
        std::vector<std::string> sample_stages;
        std::vector<std::string> sample_jobs;
        bool grows = false;  // a program adds to them while it runs
    };
    std::vector<std::string> nodes;
    std::vector<App> apps;
    bool in_driver;  // the one executor

    explicit KnownNames(const Scenario& scenario);

    [[nodiscard]] std::vector<std::string> app_names() const;
    // Of one application, or of all when `app` is empty.
    [[nodiscard]] std::vector<std::string> stages(std::string_view app) const;
    [[nodiscard]] std::vector<std::string> jobs(std::string_view app) const;
    // Whether there may be others.
    [[nodiscard]] bool grow(std::string_view app) const;
    // The same with those that sample.
    [[nodiscard]] std::vector<std::string> recorded_stages(std::string_view app) const;
    [[nodiscard]] std::vector<std::string> recorded_jobs(std::string_view app) const;
};

[[nodiscard]] bool contains(const std::vector<std::string>& names, std::string_view name);

// `s1` or `s1.0`; `j0`.
[[nodiscard]] bool is_stage_id(std::string_view text);
[[nodiscard]] bool is_job_id(std::string_view text);
// `e1`, `e2`, ...; of an application that runs in its driver `driver` alone.
[[nodiscard]] std::optional<ExecutorId> executor_named(std::string_view text, bool in_driver);

enum class DataFiles { look, trust };  // trust: do not look whether they are there

void build_cluster(const TableReader& scenario,
                   DataFiles files,
                   Scenario& out,
                   Diagnostics& problems);
// Of Mesos: what is reserved for roles and guaranteed to them.
void check_roles(const TableReader& scenario, const Scenario& out, Diagnostics& problems);
// Of a plug-in: what it is called with, and whether its library is there.
void build_plugin(const TableReader& cluster,
                  DataFiles files,
                  const std::string& folder,
                  ClusterSpec& out,
                  Diagnostics& problems);
void build_apps(const TableReader& scenario, DataFiles files, Scenario& out, Diagnostics& problems);

// One application's stages (with their graph checked), datasets and jobs.
void build_stages(const TableReader& app,
                  const std::vector<NodeSpec>& nodes,
                  AppSpec& out,
                  Diagnostics& problems);
[[nodiscard]] InputSpec build_input(const TableReader& input,
                                    const std::vector<NodeSpec>& nodes,
                                    Diagnostics& problems);
// Pools form a tree below root; a job may name one that is not there (SCH-POOL-06).
void build_pools(const TableReader& app, AppSpec& out, Diagnostics& problems);
// What a step is read with: the folder of its files, and the datasets that stand before it.
struct StepContext {
    DataFiles files;
    const std::string& folder;
    const std::vector<std::string>& before;
    Diagnostics& problems;
};
// A journal may name functions that its program has added: decisions do not need them.
[[nodiscard]] bool is_of_elsewhere(const std::string& function, DataFiles files);
// None: there is no telling which step it is, and that has been said.
[[nodiscard]] std::optional<StepSpec> build_step(const TableReader& step,
                                                 std::size_t index,
                                                 const StepContext& context);
// A source of files: their path, as `key` of the step has it, and the options of CSV and JSON.
void read_files(const TableReader& step,
                std::string_view key,
                const StepContext& context,
                StepSpec& out);
void build_datasets(const TableReader& app,
                    DataFiles files,
                    const std::string& folder,
                    AppSpec& out,
                    Diagnostics& problems);
void build_jobs(const TableReader& app, DataFiles files, AppSpec& out, Diagnostics& problems);
void build_program(const TableReader& app, DataFiles files, AppSpec& out, Diagnostics& problems);
void build_requests(const TableReader& app, AppSpec& out, Diagnostics& problems);

// Numbers and texts: the value of one, and the `args` of a step or job.
[[nodiscard]] Argument argument_of(const TreeNode& node);
[[nodiscard]] std::vector<Argument> read_arguments(const TableReader& table);

// `given`: [conf] with the application's own over it.
[[nodiscard]] AppConf read_app_conf(ConfProperties& given, const std::string& manager);
// Of it, how executors leave, and who keeps what they have written.
[[nodiscard]] DecommissionConf read_decommission(ConfProperties& given, Compat compat);
void check_shuffle_service(const ConfProperties& given,
                           const std::string& manager,
                           const AppConf& conf);
// Of it, how reduce tasks fetch what they read.
[[nodiscard]] FetchConf read_fetch(ConfProperties& given);
// Of it, what one manager or another goes by, with the presets of `manager`.
void read_manager_conf(ConfProperties& given, const std::string& manager, AppConf& out);
// Of that, Mesos.
void read_mesos(ConfProperties& given, const std::string& manager, AppConf& out);
[[nodiscard]] MesosSpec build_mesos(const TableReader& table, Diagnostics& problems);
// The tables of the managers; `given`: [cluster.conf].
void build_managers(const TableReader& cluster,
                    ConfProperties& given,
                    ClusterSpec& out,
                    Diagnostics& problems);
[[nodiscard]] YarnSpec build_yarn(const TableReader& yarn,
                                  ConfProperties& given,
                                  Diagnostics& problems);
// Warns of workers that it excludes and that are none.
void check_excluded_nodes(const ConfProperties& given,
                          const ClusterSpec& cluster,
                          const AppSpec& app);
// Of [cluster.conf], what a standalone master goes by.
[[nodiscard]] MasterConf read_master_conf(ConfProperties& given);
// What there is besides cores and memory: of executors and their tasks, of a driver.
[[nodiscard]] std::vector<ResourceConf> read_resources(ConfProperties& given);
[[nodiscard]] Resources read_driver_resources(ConfProperties& given);
// Warns when the application's executors fit on no worker.
void check_fit(const AppSpec& app,
               const ClusterSpec& cluster,
               const Position& at,
               Diagnostics& problems);

// Executors with less memory than Spark's start with: refused where anything asks for it.
void check_executor_memory(const ConfProperties& given, const AppSpec& app);

// A pattern, and the kinds of records that it can match.
struct BuiltPattern {
    Pattern pattern;
    std::vector<const RecordKind*> kinds;
};
[[nodiscard]] BuiltPattern build_pattern(const TreeNode& table,
                                         const KnownNames& names,
                                         Diagnostics& problems);

void build_faults(const TableReader& scenario,
                  const KnownNames& names,
                  Scenario& out,
                  Diagnostics& problems);
void build_expectations(const TableReader& scenario,
                        const KnownNames& names,
                        Scenario& out,
                        Diagnostics& problems);

// "unknown stage `x`", with the nearest one.
void report_unknown(std::string_view what,
                    const std::string& name,
                    const Position& at,
                    const std::vector<std::string>& known,
                    Diagnostics& problems);

}  // namespace forkyard::sim
