#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"
#include "sim/scenario/conf_properties.hpp"
#include "sim/scenario/local_master.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

void append_times(const TableReader& table, std::string_view key, DurationSpec& out) {
    out.times.clear();
    for (const TreeNode* item : table.items(key)) {
        out.times.push_back(parse_duration(item->text).value_or(SimDuration{0}));
    }
}

// One form of { uniform = ... } and its kin, which hold exactly one of them.
struct DrawnForm {
    std::string_view key;
    DurationSpec::Form form;
    std::string_view first;   // key of times[0], for the forms that are tables
    std::string_view second;  // key of times[1] or of the shape
};

constexpr std::array drawn_forms{
    DrawnForm{"uniform", DurationSpec::Form::uniform, "", ""},
    DrawnForm{"values", DurationSpec::Form::values, "", ""},
    DrawnForm{"each", DurationSpec::Form::each, "", ""},
    DrawnForm{"normal", DurationSpec::Form::normal, "mean", "stddev"},
    DrawnForm{"exponential", DurationSpec::Form::exponential, "mean", ""},
    DrawnForm{"lognormal", DurationSpec::Form::lognormal, "median", "sigma"},
    DrawnForm{"pareto", DurationSpec::Form::pareto, "min", "alpha"},
};

DurationSpec read_drawn(const TableReader& table, const DrawnForm& form, Diagnostics& problems) {
    DurationSpec out;
    out.form = form.form;
    if (form.first.empty()) {
        append_times(table, form.key, out);
        if (form.form == DurationSpec::Form::uniform && out.times.size() == 2 &&
            out.times[1] < out.times[0]) {
            problems.error(table.at(form.key), "`uniform` ends before it begins");
        }
        return out;
    }
    const TableReader inner = table.table(form.key);
    out.times = {inner.duration(form.first)};
    if (form.form == DurationSpec::Form::normal) {
        out.times.push_back(inner.duration(form.second));
    } else if (!form.second.empty()) {
        out.shape = inner.decimal(form.second);
        const bool positive = form.form == DurationSpec::Form::pareto;
        if (out.shape.count < 0 || (positive && out.shape.count == 0)) {
            problems.error(
                inner.at(form.second),
                fmt::format("`{}` must {} 0", form.second, positive ? "be above" : "not be below"));
        }
    }
    return out;
}

DurationSpec build_duration(const TableReader& stage, Diagnostics& problems) {
    DurationSpec out;
    const TreeNode* value = stage.node("duration");
    if (value == nullptr || value->is_value()) {
        out.times = {stage.duration("duration")};
        return out;
    }
    const TableReader table = stage.table("duration");
    int forms = 0;
    for (const DrawnForm& form : drawn_forms) {
        if (table.has(form.key)) {
            ++forms;
            out = read_drawn(table, form, problems);
        }
    }
    if (forms != 1) {
        problems.error(value->at,
                       fmt::format("`duration` is drawn in {} ways", forms == 0 ? "no" : "several"),
                       "give one of uniform, normal, exponential, lognormal, pareto, values, each");
    }
    return out;
}

SkewSpec build_skew(const TableReader& stage, Diagnostics& problems) {
    SkewSpec out;
    if (!stage.has("skew")) {
        return out;
    }
    const TableReader skew = stage.table("skew");
    if (skew.has("zipf") == skew.has("weights")) {
        problems.error(skew.at(), "`skew` is either `zipf` or `weights`");
    } else if (skew.has("zipf")) {
        out.form = SkewSpec::Form::zipf;
        out.exponent = skew.decimal("zipf");
        if (out.exponent.count < 0) {
            problems.error(skew.at("zipf"), "`zipf` must not be below 0");
        }
    } else {
        out.form = SkewSpec::Form::weights;
        bool any = false;
        for (const TreeNode* item : skew.items("weights")) {
            out.weights.push_back(parse_whole(item->text).value_or(0));
            any = any || out.weights.back() > 0;
        }
        if (!any) {
            problems.error(skew.at("weights"), "`weights` must have one above 0");
        }
    }
    return out;
}

StageSpec build_stage(const TableReader& stage,
                      std::size_t index,
                      const std::vector<NodeSpec>& nodes,
                      Diagnostics& problems) {
    StageSpec out;
    out.name = stage.maybe_text("name").value_or(fmt::format("stage-{}", index + 1));
    out.tasks = stage.count("tasks");
    for (const TreeNode* parent : stage.items("parents")) {
        if (contains(out.parents, parent->text)) {
            problems.error(parent->at, fmt::format("`{}` is a parent twice", parent->text));
        } else {
            out.parents.push_back(parent->text);
        }
    }
    out.duration = build_duration(stage, problems);
    out.rate = stage.maybe_rate("rate");
    if (stage.has("input")) {
        out.input = build_input(stage.table("input"), nodes, problems);
    }
    out.result = stage.size("result");
    out.shuffle_write = stage.size("shuffle_write");
    out.skew = build_skew(stage, problems);
    out.work = stage.text("work") == "spin" ? WorkKind::spin : WorkKind::sleep;
    if (stage.has("cache")) {
        out.cache = storage_level(stage.text("cache")).value_or(StorageLevel{});
    }
    out.cache_size = stage.size("cache_size");
    out.memory = stage.size("memory");
    out.barrier = stage.boolean("barrier");
    out.deterministic = stage.boolean("deterministic");
    return out;
}

// Finds cycles among the stages, each reported once, at the parent that closes it.
class CycleSearch {
public:
    CycleSearch(const std::vector<TableReader>& readers,
                const std::vector<StageSpec>& stages,
                Diagnostics& problems)
        : readers_{readers}, stages_{stages}, problems_{problems}, state_(stages.size()) {}

    void run() {
        for (std::size_t i = 0; i < stages_.size(); ++i) {
            index_.emplace(stages_[i].name, i);
        }
        for (std::size_t i = 0; i < stages_.size(); ++i) {
            visit_from(i);
        }
    }

private:
    enum class Seen : char { no, on_path, done };
    struct Step {
        std::size_t stage;
        std::size_t next_parent;
    };

    // Depth first with a stack of its own: a chain of stages may be long.
    void visit_from(std::size_t start) {
        if (state_[start] != Seen::no) {
            return;
        }
        state_[start] = Seen::on_path;
        path_ = {Step{start, 0}};
        while (!path_.empty()) {
            Step& top = path_.back();
            if (top.next_parent == stages_[top.stage].parents.size()) {
                state_[top.stage] = Seen::done;
                path_.pop_back();
                continue;
            }
            const std::size_t stage = top.stage;
            const std::string& name = stages_[stage].parents[top.next_parent++];
            const auto parent = index_of(name);
            if (!parent) {
                continue;
            }
            if (state_[*parent] == Seen::on_path) {
                report(stage, *parent, name);
            } else if (state_[*parent] == Seen::no) {
                state_[*parent] = Seen::on_path;
                path_.push_back(Step{*parent, 0});
            }
        }
    }

    [[nodiscard]] std::optional<std::size_t> index_of(std::string_view name) const {
        const auto found = index_.find(name);
        return found == index_.end() ? std::nullopt : std::optional{found->second};
    }

    void report(std::size_t stage, std::size_t parent, const std::string& name) {
        std::string cycle;
        bool inside = false;
        for (const Step& step : path_) {
            inside = inside || step.stage == parent;
            if (inside) {
                cycle += stages_[step.stage].name + " -> ";
            }
        }
        Position at = readers_[stage].at("parents");
        for (const TreeNode* item : readers_[stage].items("parents")) {
            at = item->text == name ? item->at : at;
        }
        problems_.error(at, fmt::format("the stages form a cycle: {}{}", cycle, name));
    }

    const std::vector<TableReader>& readers_;
    const std::vector<StageSpec>& stages_;
    Diagnostics& problems_;
    std::map<std::string_view, std::size_t> index_;  // by name
    std::vector<Seen> state_;
    std::vector<Step> path_;
};

void build_app(const TableReader& app,
               const TreeNode* common_conf,
               DataFiles files,
               Scenario& out,
               Diagnostics& problems) {
    AppSpec spec;
    spec.name = app.maybe_text("name").value_or(fmt::format("app-{}", out.apps.size() + 1));
    spec.submit_at = app.time("submit_at");
    spec.open_until = app.time("open_until");
    spec.kill_at = app.maybe_time("kill_at");
    if (spec.kill_at && *spec.kill_at < spec.submit_at) {
        problems.error(app.at("kill_at"), "`kill_at` is before `submit_at`");
    }
    ConfProperties given{ConfScope::app, problems};
    given.add_layer(common_conf);
    given.add_layer(app.node("conf"));
    spec.conf = read_app_conf(given, out.cluster.manager);
    spec.queue = app.has("queue") ? app.text("queue") : spec.conf.queue.value_or(spec.queue);
    if (spec.queue.empty()) {
        problems.error(app.has("queue") ? app.at("queue") : app.at(), "the queue has no name");
    }
    check_excluded_nodes(given, out.cluster, spec);
    spec.cluster_mode = app.text("deploy_mode") == "cluster";
    spec.supervise = app.has("supervise") ? app.boolean("supervise") : spec.conf.supervise;
    spec.priority = app.has("priority") ? static_cast<std::int32_t>(app.whole("priority"))
                                        : static_cast<std::int32_t>(spec.conf.priority.value_or(0));
    if (out.cluster.manager == "local" && !out.cluster.nodes.empty()) {
        run_in_driver(app, out.cluster, spec, problems);
    }
    if (!problems.failed()) {
        check_fit(spec, out.cluster, app.at(), problems);
    }
    build_stages(app, out.cluster.nodes, spec, problems);
    build_datasets(app, files, out.folder, spec, problems);
    check_executor_memory(given, spec);
    build_pools(app, spec, problems);
    build_program(app, files, spec, problems);
    build_jobs(app, files, spec, problems);
    build_requests(app, spec, problems);
    out.apps.push_back(std::move(spec));
}

}  // namespace

void build_stages(const TableReader& app,
                  const std::vector<NodeSpec>& nodes,
                  AppSpec& out,
                  Diagnostics& problems) {
    const std::vector<TableReader> readers = app.tables("stage");
    UniqueNames names{"stage", problems};
    for (std::size_t i = 0; i < readers.size(); ++i) {
        out.stages.push_back(build_stage(readers[i], i, nodes, problems));
        names.add(out.stages.back().name, readers[i].at("name"));
    }
    for (const TableReader& reader : readers) {
        for (const TreeNode* parent : reader.items("parents")) {
            if (!names.has(parent->text)) {
                report_unknown("stage", parent->text, parent->at, names.names(), problems);
            }
        }
    }
    CycleSearch{readers, out.stages, problems}.run();
}

void build_apps(const TableReader& scenario,
                DataFiles files,
                Scenario& out,
                Diagnostics& problems) {
    const std::vector<TableReader> apps = scenario.tables("app");
    UniqueNames names{"application", problems};
    for (const TableReader& app : apps) {
        build_app(app, scenario.node("conf"), files, out, problems);
        names.add(out.apps.back().name, app.at("name"));
    }
    if (out.cluster.manager == "local" && apps.size() > 1) {
        problems.error(apps[1].at(),
                       "a local master is in the driver of one application",
                       "leave the others out, or set `manager` to \"standalone\"");
    }
}

}  // namespace forkyard::sim
