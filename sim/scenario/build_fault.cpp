#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"
#include "sim/scenario/fault_table.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

Pick pick_of(std::string_view text) {
    if (text == "any") {
        return Pick::any;
    }
    return text == "all" ? Pick::all : Pick::first;
}

std::vector<std::string> simulated_kinds() {
    std::vector<std::string> out;
    for (const FaultRow& row : fault_table()) {
        out.emplace_back(row.kind);
    }
    return out;
}

class FaultBuild {
public:
    FaultBuild(const TableReader& fault, const KnownNames& names, Diagnostics& problems)
        : fault_{fault}, names_{names}, problems_{problems} {}

    FaultSpec run() {
        const std::string kind = fault_.text("kind");
        row_ = find_fault(kind);
        if (fault_.has("kind") && row_ == nullptr) {
            report_unknown("kind of fault", kind, fault_.at("kind"), simulated_kinds(), problems_);
        } else if (row_ != nullptr && !row_->built) {
            problems_.error(fault_.at("kind"), fmt::format("`{}` is not simulated yet", kind));
        }
        out_.name = fault_.text("name");
        read_when();
        if (row_ == nullptr || !row_->built) {
            return std::move(out_);
        }
        out_.kind = *row_->built;
        check_keys();
        read_target();
        read_parameters();
        return std::move(out_);
    }

private:
    void read_when() {
        out_.at = fault_.maybe_time("at");
        if (const TreeNode* when = fault_.node("when");
            when != nullptr && when->is(TreeKind::table)) {
            BuiltPattern built = build_pattern(*when, names_, problems_);
            out_.when = std::move(built.pattern);
            kinds_ = std::move(built.kinds);
        }
        if (out_.at && fault_.has("when")) {
            problems_.error(key_at("at"), "a fault has `at` or `when`, not both");
        }
        for (const char* key : {"nth", "delay"}) {
            if (out_.at && fault_.has(key) && !is_delay(key)) {
                problems_.error(key_at(key),
                                fmt::format("`{}` goes with `when`, not with `at`", key));
            }
        }
        // These act at the launch of what they mean.
        const bool at_launch = row_ != nullptr && (row_->target == FaultTarget::task ||
                                                   row_->target == FaultTarget::app_or_worker);
        if (!out_.at && !fault_.has("when") && row_ != nullptr && row_->built && !at_launch) {
            problems_.error(fault_.at(), fmt::format("`{}` needs `at` or `when`", row_->kind));
        }
        out_.nth = fault_.count("nth");
        (is_delay("delay") ? out_.late : out_.delay) = fault_.duration("delay");
        if (is_delay("delay") && out_.late == SimDuration{0}) {
            problems_.error(fault_.at("delay"), "`delay-commit` needs a `delay` above 0");
        }
        out_.times = fault_.count("times");
        out_.times_given = fault_.has("times");
        out_.probability = fault_.decimal("probability");
        if (out_.probability.count < 0 || out_.probability > one) {
            problems_.error(fault_.at("probability"), "`probability` is from 0 to 1");
        }
        out_.optional = fault_.boolean("optional");
    }

    // Whether the key says how late it is to commit; else it is the time after the match.
    [[nodiscard]] bool is_delay(std::string_view key) const {
        return key == "delay" && row_ != nullptr && row_->built == FaultKind::delay_commit;
    }

    [[nodiscard]] Position key_at(std::string_view key) const {
        return fault_.self()->member(key)->at;
    }

    void check_keys() {
        for (const TreeMember& member : fault_.self()->members) {
            if (takes_key(*row_, member.key)) {
                continue;
            }
            const std::string target{target_keys(row_->target)};
            problems_.error(
                member.at,
                fmt::format("`{}` takes no `{}`", row_->kind, member.key),
                fmt::format("its own keys are {}",
                            target + (row_->keys.empty() ? "" : " ") + std::string{row_->keys}));
        }
    }

    void read_target() {
        switch (row_->target) {
            case FaultTarget::executor:
                read_executor();
                break;
            case FaultTarget::task:
                read_task();
                break;
            case FaultTarget::app_or_worker:
                read_app_or_worker();
                break;
            case FaultTarget::app:
                read_app();
                break;
            case FaultTarget::none:
                break;
            default:
                read_worker();
        }
    }

    // Whether some record that `when` matches names an executor, or a node.
    [[nodiscard]] bool matched_has(std::initializer_list<std::string_view> wanted) const {
        return std::any_of(kinds_.begin(), kinds_.end(), [&](const RecordKind* kind) {
            return std::any_of(kind->keys.begin(), kind->keys.end(), [&](const RecordKey& key) {
                return std::find(wanted.begin(), wanted.end(), key.name) != wanted.end();
            });
        });
    }

    // The matched executor or worker is meant: there must be one.
    void check_matched(std::string_view key, std::initializer_list<std::string_view> wanted) {
        if (out_.at) {
            problems_.error(fault_.at(key),
                            fmt::format("with `at` there is no matched {}", key),
                            fmt::format("say which with `{}`", key));
        } else if (!kinds_.empty() && !matched_has(wanted)) {
            problems_.error(fault_.at(key),
                            fmt::format("the records that `when` matches name no {}", key),
                            fmt::format("say which with `{}`", key));
        }
    }

    void read_executor() {
        const TreeNode* value = fault_.node("executor");
        ExecutorTarget& target = out_.executor;
        if (value == nullptr || (value->is(TreeKind::text) && value->text == "matched")) {
            target.matched = true;
            check_matched("executor", {"exec", "task"});
        } else if (value->is(TreeKind::text) && (value->text == "any" || value->text == "all")) {
            target.pick = pick_of(value->text);
        } else if (value->is(TreeKind::table)) {
            read_executor_table();
        } else {
            const std::vector<const TreeNode*> items = fault_.items("executor");
            for (const TreeNode* item : items) {
                read_executor_number(*item);
            }
            target.pick = items.size() > 1 ? Pick::all : Pick::first;
            if (items.empty()) {
                problems_.error(value->at, "`executor` is empty");
            }
        }
    }

    void read_executor_number(const TreeNode& item) {
        const std::string name = item.is(TreeKind::integer) ? "e" + item.text : item.text;
        const auto exec = executor_named(name, names_.in_driver);
        if (!exec) {
            problems_.error(
                item.at,
                fmt::format("there can be no executor `{}`", item.text),
                fmt::format("write {}, \"matched\", \"any\", \"all\", a list or a table",
                            names_.in_driver ? "\"driver\"" : "\"e1\" or 1"));
        }
        out_.executor.named.push_back(exec.value_or(ExecutorId{}));
    }

    void read_executor_table() {
        const TableReader table = fault_.table("executor");
        ExecutorTarget& target = out_.executor;
        target.app = table.maybe_text("app");
        target.node = table.maybe_text("node");
        target.running = table.maybe_text("running");
        target.holding = table.maybe_text("holding");
        target.idle = table.maybe_boolean("idle");
        target.pick = pick_of(table.text("pick"));
        check_app(target.app, table.at("app"));
        if (target.node && !contains(names_.nodes, *target.node)) {
            report_unknown("worker", *target.node, table.at("node"), names_.nodes, problems_);
        }
        check_stage(target.running, target.app, table.at("running"));
        check_stage(target.holding, target.app, table.at("holding"));
    }

    void check_app(const std::optional<std::string>& app, const Position& at) {
        const std::vector<std::string> known = names_.app_names();
        if (app && !contains(known, *app)) {
            report_unknown("application", *app, at, known, problems_);
        }
    }

    void check_stage(const std::optional<std::string>& stage,
                     const std::optional<std::string>& app,
                     const Position& at) {
        // Of an unknown application every stage would be unknown too.
        const std::string whose = app && contains(names_.app_names(), *app) ? *app : "";
        const std::vector<std::string> known = names_.stages(whose);
        if (stage && !is_stage_id(*stage) && !contains(known, *stage) && !names_.grow(whose)) {
            report_unknown("stage", *stage, at, known, problems_);
        }
    }

    void read_task() {
        TaskTarget& task = out_.task;
        task.app = fault_.maybe_text("app");
        task.stage = fault_.maybe_text("stage");
        check_app(task.app, fault_.at("app"));
        check_stage(task.stage, task.app, fault_.at("stage"));
        task.partition = number_or_all("partition");
        task.all_partitions = fault_.has("partition") && !task.partition;
        task.attempt = fault_.has("attempt") ? number_or_all("attempt") : 0;
    }

    [[nodiscard]] std::optional<std::uint32_t> number_or_all(std::string_view key) const {
        const TreeNode* value = fault_.node(key);
        const bool number = value != nullptr && value->is(TreeKind::integer);
        return number ? std::optional{fault_.count(key)} : std::nullopt;
    }

    // Without it that of the matched record; an only one need not be named.
    void read_app() {
        out_.executor.app = fault_.maybe_text("app");
        check_app(out_.executor.app, fault_.at("app"));
        if (!out_.executor.app && names_.apps.size() > 1) {
            check_matched("app", {"app"});
        }
    }

    // Neither of them: any executor.
    void read_app_or_worker() {
        out_.executor.app = fault_.maybe_text("app");
        check_app(out_.executor.app, fault_.at("app"));
        for (const TreeNode* item : fault_.items("worker")) {
            out_.workers.push_back(item->text);
            if (!contains(names_.nodes, item->text)) {
                report_unknown("worker", item->text, item->at, names_.nodes, problems_);
            }
        }
    }

    void read_worker() {
        const std::vector<const TreeNode*> items = fault_.items("worker");
        if (!fault_.has("worker") || (items.size() == 1 && items[0]->text == "matched")) {
            out_.worker_matched = true;
            check_matched("worker", {"node", "exec", "task"});
            return;
        }
        if (items.size() == 1 && (items[0]->text == "any" || items[0]->text == "all")) {
            out_.worker_pick = pick_of(items[0]->text);
            return;
        }
        for (const TreeNode* item : items) {
            out_.workers.push_back(item->text);
            if (!contains(names_.nodes, item->text)) {
                report_unknown("worker", item->text, item->at, names_.nodes, problems_);
            }
        }
        out_.worker_pick = items.size() > 1 ? Pick::all : Pick::first;
        if (items.empty()) {
            problems_.error(fault_.at("worker"), "`worker` is empty");
        }
    }

    void read_parameters() {
        out_.lasts = fault_.maybe_duration("for");
        if (fault_.has("code")) {
            constexpr std::int64_t code_max = 255;
            const std::int64_t code = fault_.whole("code");
            if (code > code_max) {
                problems_.error(fault_.at("code"), "`code` is at most 255");
            }
            out_.code = static_cast<std::int32_t>(std::min(code, code_max));
        } else if (out_.kind == FaultKind::exit_executor) {
            out_.code = 1;
        }
        read_notice();
        if (fault_.has("factor")) {
            out_.factor = fault_.decimal("factor");
            if (out_.factor.count <= 0) {
                problems_.error(fault_.at("factor"), "`factor` must be above 0");
            }
        } else {
            const bool task = out_.kind == FaultKind::slow_task;
            const bool worker = out_.kind == FaultKind::slow_worker;
            out_.factor.count = one.count * (task ? 5 : worker ? 2 : 1);
        }
        constexpr std::uint32_t percent_max = 100;
        out_.progress = fault_.count("progress");
        if (out_.progress > percent_max) {
            problems_.error(fault_.at("progress"), "`progress` is in percent, at most 100");
        }
        out_.grace = fault_.duration("grace");
        out_.migrates = fault_.boolean("migrate");
        out_.keeps = fault_.text("keeps") == "grants" ? ManagerKeeps::grants
                     : fault_.text("keeps") == "none" ? ManagerKeeps::none
                                                      : ManagerKeeps::all;
        out_.down = fault_.duration("down");
        out_.keeps_shuffle = fault_.maybe_boolean("keep_shuffle").value_or(false);
        out_.reason = fault_.has("reason") ? fault_.text("reason") : "an injected failure";
    }

    void read_notice() {
        const bool executor =
            out_.kind == FaultKind::kill_executor || out_.kind == FaultKind::exit_executor;
        if (executor) {
            out_.notice = SimDuration{0};
        }
        if (fault_.has("notice")) {
            const bool never = fault_.text("notice") == "never";
            out_.notice = never ? std::nullopt : fault_.maybe_duration("notice");
        }
    }

    const TableReader& fault_;
    const KnownNames& names_;
    Diagnostics& problems_;
    const FaultRow* row_ = nullptr;
    std::vector<const RecordKind*> kinds_;  // that `when` matches
    FaultSpec out_;
};

// What a restart is simulated of: that of a policy of one's own is not.
void check_restart(const TableReader& fault, const Scenario& scenario, Diagnostics& problems) {
    constexpr std::array<std::string_view, 4> managers{"standalone", "yarn", "kubernetes", "mesos"};
    const FaultSpec& built = scenario.faults.back();
    const std::string& manager = scenario.cluster.manager;
    if (std::find(managers.begin(), managers.end(), manager) == managers.end()) {
        problems.error(fault.at("kind"),
                       fmt::format("`restart-manager` is not simulated of `{}`", manager),
                       fmt::format("it is of {}", fmt::join(managers, ", ")));
    } else if (built.keeps != ManagerKeeps::all && manager != "standalone") {
        problems.error(
            fault.at("keeps"),
            fmt::format("`{}` forgets nothing: it is restarted from what it stored", manager),
            "leave `keeps` out, or set it to \"all\"");
    }
    const bool drivers = std::any_of(scenario.apps.begin(),
                                     scenario.apps.end(),
                                     [](const AppSpec& app) { return app.cluster_mode; });
    if (built.keeps == ManagerKeeps::none && drivers) {
        problems.error(fault.at("keeps"),
                       "a master that forgets the drivers it has placed is not simulated",
                       "run the applications in client mode, or keep \"grants\"");
    }
}

}  // namespace

void build_faults(const TableReader& scenario,
                  const KnownNames& names,
                  Scenario& out,
                  Diagnostics& problems) {
    UniqueNames used{"fault", problems};
    const bool keeps_files = std::any_of(out.apps.begin(), out.apps.end(), [](const AppSpec& app) {
        return app.conf.shuffle_service;
    });
    for (const TableReader& fault : scenario.tables("fault")) {
        out.faults.push_back(FaultBuild{fault, names, problems}.run());
        if (out.faults.back().kind == FaultKind::restart_manager) {
            check_restart(fault, out, problems);
        }
        if (out.faults.back().keeps_shuffle && !keeps_files) {
            problems.error(fault.at("keep_shuffle"),
                           "no application has a shuffle service that could keep files",
                           "set `spark.shuffle.service.enabled` to true");
        }
        if (!out.faults.back().name.empty()) {
            used.add(out.faults.back().name, fault.at("name"));
        }
    }
}

}  // namespace forkyard::sim
