#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

Outcome outcome_of(std::string_view text) {
    if (text == "failed") {
        return Outcome::failed;
    }
    if (text == "killed") {
        return Outcome::killed;
    }
    return text == "timed-out" ? Outcome::timed_out : Outcome::succeeded;
}

AppExpectation build_app_expectation(const TableReader& table, Diagnostics& problems) {
    AppExpectation out;
    if (table.has("outcome")) {
        out.outcome = outcome_of(table.text("outcome"));
    }
    out.error = table.maybe_text("error");
    const TableReader makespan = table.table("makespan");
    out.makespan_min = makespan.maybe_duration("min");
    out.makespan_max = makespan.maybe_duration("max");
    if (out.makespan_min && out.makespan_max && *out.makespan_max < *out.makespan_min) {
        problems.error(makespan.at(), "`makespan` has its `max` below its `min`");
    }
    return out;
}

// I01 .. I28, as they are numbered.
bool is_invariant(std::string_view text) {
    constexpr std::int64_t last = 28;
    if (text.size() != 3 || !text.starts_with('I')) {
        return false;
    }
    const auto number = parse_whole(text.substr(1));
    return number && *number >= 1 && *number <= last;
}

void build_invariants(const TableReader& expect, Expectations& out, Diagnostics& problems) {
    const TreeNode* value = expect.node("invariants");
    if (value == nullptr || value->is_value()) {
        out.check_invariants = expect.boolean("invariants");
        return;
    }
    for (const TreeNode* item : expect.items("invariants")) {
        if (!is_invariant(item->text)) {
            problems.error(item->at,
                           fmt::format("unknown invariant `{}`", item->text),
                           "invariants are I01 to I28");
        }
        out.invariants_broken.push_back(item->text);
    }
}

CountRange build_count(const TableReader& records, Diagnostics& problems) {
    CountRange out;
    const TreeNode* value = records.node("count");
    if (value == nullptr) {
        return out;
    }
    if (value->is_value()) {
        out.min = records.whole("count");
        out.max = out.min;
        return out;
    }
    const TableReader range = records.table("count");
    out.min = range.maybe_whole("min");
    out.max = range.maybe_whole("max");
    if (out.min && out.max && *out.max < *out.min) {
        problems.error(value->at, "`count` has its `max` below its `min`");
    }
    if (!out.min && !out.max) {
        problems.error(value->at, "`count` needs `min` or `max`");
    }
    return out;
}

// A tree is walked by recursion; how deep it is was limited when it was made.
RowSpec build_row(const TreeNode& node) {
    RowSpec out;
    if (node.is(TreeKind::array) || node.is(TreeKind::none)) {
        std::vector<RowSpec> list;
        for (const TreeNode& item : node.items) {
            list.push_back(build_row(item));
        }
        out.value = std::move(list);
    } else {
        std::visit([&](const auto& value) { out.value = value; }, argument_of(node));
    }
    return out;
}

std::optional<std::vector<RowSpec>> build_rows(const TableReader& table, std::string_view key) {
    if (!table.has(key)) {
        return std::nullopt;
    }
    std::vector<RowSpec> out;
    for (const TreeNode* item : table.items(key)) {
        out.push_back(build_row(*item));
    }
    return out;
}

class ExpectBuild {
public:
    ExpectBuild(const KnownNames& names, Scenario& out, Diagnostics& problems)
        : names_{names}, out_{out.expect}, problems_{problems} {}

    void run(const TableReader& expect) {
        out_.all = build_app_expectation(expect, problems_);
        build_invariants(expect, out_, problems_);
        build_per_app(expect.table("app"));
        for (const TableReader& records : expect.tables("records")) {
            build_records(records);
        }
        for (const TableReader& order : expect.tables("order")) {
            OrderExpectation built;
            for (const TreeNode* item : order.items("match")) {
                if (item->is(TreeKind::table)) {
                    built.match.push_back(build_pattern(*item, names_, problems_).pattern);
                }
            }
            if (order.has("match") && order.items("match").empty()) {
                problems_.error(order.at("match"), "`match` is empty");
            }
            out_.orders.push_back(std::move(built));
        }
        for (const TableReader& result : expect.tables("result")) {
            build_result(result);
        }
    }

private:
    void build_per_app(const TableReader& apps) {
        if (apps.self() == nullptr) {
            return;
        }
        for (const TreeMember& member : apps.self()->members) {
            if (!contains(names_.app_names(), member.key)) {
                report_unknown("application", member.key, member.at, names_.app_names(), problems_);
            }
            AppExpectation built = build_app_expectation(apps.table(member.key), problems_);
            built.app = member.key;
            out_.apps.push_back(std::move(built));
        }
        std::sort(out_.apps.begin(),
                  out_.apps.end(),
                  [](const AppExpectation& a, const AppExpectation& b) { return a.app < b.app; });
    }

    std::optional<Pattern> maybe_pattern(const TableReader& table, std::string_view key) {
        const TreeNode* node = table.node(key);
        if (node == nullptr || !node->is(TreeKind::table)) {
            return std::nullopt;
        }
        return build_pattern(*node, names_, problems_).pattern;
    }

    void build_records(const TableReader& records) {
        RecordExpectation built;
        built.match = maybe_pattern(records, "match").value_or(Pattern{});
        built.after = maybe_pattern(records, "after");
        built.before = maybe_pattern(records, "before");
        built.count = build_count(records, problems_);
        out_.records.push_back(std::move(built));
    }

    void build_result(const TableReader& result) {
        ResultExpectation built;
        built.app = result.text("app");
        const std::vector<std::string> apps = names_.app_names();
        if (result.has("app")) {
            if (!contains(apps, built.app)) {
                report_unknown("application", built.app, result.at("app"), apps, problems_);
            }
        } else if (apps.size() == 1) {
            built.app = apps.front();
        } else {
            problems_.error(result.at(),
                            "[[expect.result]] needs `app`, since there are several applications");
        }
        if (contains(apps, built.app)) {
            built.job = job_of(result, built.app);
        }
        built.equals = build_rows(result, "equals");
        built.contains = build_rows(result, "contains");
        built.ordered = result.boolean("ordered");
        built.rows = result.maybe_whole("rows");
        built.sum = result.maybe_whole("sum");
        built.digest = result.maybe_text("digest");
        if (!built.equals && !built.contains && !built.rows && !built.sum && !built.digest) {
            problems_.error(result.at(),
                            "[[expect.result]] expects nothing",
                            "give it equals, contains, rows, sum or digest");
        }
        out_.results.push_back(std::move(built));
    }

    // The job's name: a number counts the application's jobs from 0, as in the file.
    std::string job_of(const TableReader& result, const std::string& app) {
        const std::vector<std::string> jobs = names_.jobs(app);
        const bool grow = names_.grow(app);
        const TreeNode* value = result.node("job");
        if (value == nullptr) {
            if (jobs.size() == 1 && !grow) {
                return jobs.front();
            }
            problems_.error(
                result.at(),
                fmt::format(
                    "[[expect.result]] needs `job`, since `{}` has {} of them", app, jobs.size()));
            return "";
        }
        if (value->is(TreeKind::integer)) {
            const std::size_t number = result.count("job");
            if (number < jobs.size()) {
                return jobs[number];
            }
            problems_.error(value->at,
                            fmt::format("there is no job {} in `{}`", number, app),
                            fmt::format("it has {}, counted from 0", jobs.size()));
            return "";
        }
        if (!grow && !contains(jobs, value->text)) {
            report_unknown("job", value->text, value->at, jobs, problems_);
        }
        return value->text;
    }

    const KnownNames& names_;
    Expectations& out_;
    Diagnostics& problems_;
};

}  // namespace

void build_expectations(const TableReader& scenario,
                        const KnownNames& names,
                        Scenario& out,
                        Diagnostics& problems) {
    ExpectBuild{names, out, problems}.run(scenario.table("expect"));
}

}  // namespace forkyard::sim
