#include "core/report/expectations.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/journal/codec.hpp"
#include "core/report/readable.hpp"

namespace forkyard {

namespace {

std::string count_text(const CountRange& range) {
    if (range.min && range.max) {
        return *range.min == *range.max ? fmt::format("exactly {}", *range.min)
                                        : fmt::format("{} to {}", *range.min, *range.max);
    }
    if (range.max) {
        return fmt::format("at most {}", *range.max);
    }
    return fmt::format("at least {}", range.min.value_or(0));
}

bool within(const CountRange& range, std::int64_t count) {
    return (!range.min || count >= *range.min) && (!range.max || count <= *range.max);
}

// The expectation of one application: its own keys over those of all.
struct Expected {
    Outcome outcome;
    std::optional<std::string> error;
};

Expected expected_of(const Expectations& expect, const AppExpectation* own) {
    std::optional<Outcome> outcome = own != nullptr ? own->outcome : std::nullopt;
    std::optional<std::string> error = own != nullptr ? own->error : std::nullopt;
    // Who names an error expects the failure, unless an outcome is named with it.
    if (!outcome && error) {
        outcome = Outcome::failed;
    }
    if (!outcome) {
        outcome = expect.all.outcome;
        if (!error) {
            error = expect.all.error;
        }
        if (!outcome && error) {
            outcome = Outcome::failed;
        }
    }
    return {outcome.value_or(Outcome::succeeded), error};
}

std::string outcome_text(const AppSummary& app) {
    std::string text{to_text(app.outcome)};
    if (!app.reason.empty()) {
        text += ": " + app.reason;
    }
    return text;
}

ExpectationResult makespan_result(const std::string& whose,
                                  const AppExpectation& expect,
                                  SimDuration makespan) {
    std::string range;
    if (expect.makespan_min && expect.makespan_max) {
        range =
            fmt::format("{} to {}", readable(*expect.makespan_min), readable(*expect.makespan_max));
    } else if (expect.makespan_min) {
        range = fmt::format("at least {}", readable(*expect.makespan_min));
    } else {
        range = fmt::format("at most {}", readable(*expect.makespan_max));
    }
    return {.what = fmt::format("makespan{} is {}", whose, range),
            .ok = (!expect.makespan_min || makespan >= *expect.makespan_min) &&
                  (!expect.makespan_max || makespan <= *expect.makespan_max),
            .seen = readable(makespan),
            .settled = expect.makespan_max && makespan > *expect.makespan_max};
}

void check_app(const AppSummary& app,
               const AppExpectation* own,
               const Expectations& expect,
               std::vector<ExpectationResult>& out) {
    const Expected expected = expected_of(expect, own);
    out.push_back({.what = fmt::format("{} ends {}", app.name, to_text(expected.outcome)),
                   .ok = app.outcome == expected.outcome,
                   .seen = outcome_text(app),
                   .settled = app.outcome != Outcome::timed_out});
    if (expected.error) {
        out.push_back({.what = fmt::format(
                           "{} ends with an error that says \"{}\"", app.name, *expected.error),
                       .ok = app.reason.find(*expected.error) != std::string::npos,
                       .seen = app.reason.empty() ? "no error" : app.reason,
                       .settled = app.outcome != Outcome::timed_out});
    }
    if (own != nullptr && (own->makespan_min || own->makespan_max)) {
        ExpectationResult result{};
        if (app.submitted && app.ended) {
            result = makespan_result(" of " + app.name, *own, *app.ended - *app.submitted);
        } else {
            result = makespan_result(" of " + app.name, *own, SimDuration{0});
            result.ok = false;
            result.seen = "it did not end";
        }
        out.push_back(std::move(result));
    }
}

}  // namespace

ExpectationChecker::ExpectationChecker(const Scenario& scenario)
    : scenario_{scenario}, context_{Names{scenario}} {
    for (const RecordExpectation& spec : scenario.expect.records) {
        records_.push_back({&spec});
        filter_.add(spec.match);
        if (spec.after) {
            filter_.add(*spec.after);
        }
        if (spec.before) {
            filter_.add(*spec.before);
        }
    }
    for (const OrderExpectation& spec : scenario.expect.orders) {
        orders_.push_back({&spec});
        for (const Pattern& pattern : spec.match) {
            filter_.add(pattern);
        }
    }
}

void ExpectationChecker::on(EventHead head, const Event& event) {
    if (asks_nothing()) {
        return;
    }
    context_.on(head, event);
    if (filter_.wants(event)) {
        look_at(to_record(context_.names(), head, event));
    }
}

void ExpectationChecker::on(ActionHead head, SimTime time, const Action& action) {
    if (asks_nothing()) {
        return;
    }
    context_.on(head, time, action);
    if (filter_.wants(action)) {
        look_at(to_record(context_.names(), head, time, action));
    }
}

void ExpectationChecker::on(EventHead head, const FaultRecord& fault) {
    context_.on(head, fault);
    if (filter_.wants(fault)) {
        look_at(to_record(context_.names(), head, fault));
    }
}

void ExpectationChecker::on(ActionHead head, SimTime time, const Violation& broken) {
    if (filter_.wants(broken)) {
        look_at(to_record(head, time, broken));
    }
}

// `after` counts from the record behind its first match, `before` up to the one ahead.
void ExpectationChecker::look_at(const Record& record) {
    for (RecordCount& entry : records_) {
        const RecordExpectation& spec = *entry.spec;
        if (spec.before && !entry.before_seen) {
            entry.before_seen = context_.matches(*spec.before, record);
        }
        if ((!spec.after || entry.after_seen) && !entry.before_seen &&
            context_.matches(spec.match, record)) {
            ++entry.count;
        }
        if (spec.after && !entry.after_seen) {
            entry.after_seen = context_.matches(*spec.after, record);
        }
    }
    for (OrderProgress& entry : orders_) {
        if (entry.next < entry.spec->match.size() &&
            context_.matches(entry.spec->match[entry.next], record)) {
            ++entry.next;
        }
    }
}

ExpectationResult ExpectationChecker::judge(const RecordCount& entry) {
    const RecordExpectation& spec = *entry.spec;
    ExpectationResult result{
        .what = fmt::format("{} of {}", count_text(spec.count), to_text(spec.match)),
        .ok = within(spec.count, entry.count),
        .seen = std::to_string(entry.count),
        .settled = spec.count.max && entry.count > *spec.count.max};
    if (spec.after) {
        result.what += fmt::format(" after {}", to_text(*spec.after));
        if (!entry.after_seen) {
            result.seen += fmt::format(", as there was no {}", to_text(*spec.after));
        }
    }
    if (spec.before) {
        result.what += fmt::format(" before {}", to_text(*spec.before));
    }
    return result;
}

ExpectationResult ExpectationChecker::judge(const OrderProgress& entry) {
    ExpectationResult result{.what = "in order:", .ok = true, .seen = "all of them"};
    for (std::size_t i = 0; i < entry.spec->match.size(); ++i) {
        result.what += fmt::format("{} {}", i == 0 ? "" : ", then", to_text(entry.spec->match[i]));
    }
    if (entry.next < entry.spec->match.size()) {
        result.ok = false;
        result.seen = fmt::format("the first {} of {}; then no {}",
                                  entry.next,
                                  entry.spec->match.size(),
                                  to_text(entry.spec->match[entry.next]));
    }
    return result;
}

std::vector<ExpectationResult> ExpectationChecker::finish(
    const Summary& summary,
    std::span<const JobResult> results,
    std::span<const Violation> violations) const {
    std::vector<ExpectationResult> out = check_outcomes(scenario_.expect, summary);
    const auto append = [&out](std::vector<ExpectationResult> more) {
        out.insert(out.end(), more.begin(), more.end());
    };
    append(check_invariants(scenario_.expect, violations));
    for (const RecordCount& entry : records_) {
        out.push_back(judge(entry));
    }
    for (const OrderProgress& entry : orders_) {
        out.push_back(judge(entry));
    }
    for (const ResultExpectation& expect : scenario_.expect.results) {
        append(check_result(expect, summary, results));
    }
    return out;
}

std::vector<ExpectationResult> check_outcomes(const Expectations& expect, const Summary& summary) {
    std::vector<ExpectationResult> out;
    for (const AppSummary& app : summary.apps) {
        const auto own = std::find_if(expect.apps.begin(), expect.apps.end(), [&](const auto& e) {
            return e.app == app.name;
        });
        check_app(app, own == expect.apps.end() ? nullptr : &*own, expect, out);
    }
    if (expect.all.makespan_min || expect.all.makespan_max) {
        out.push_back(makespan_result("", expect.all, summary.makespan));
    }
    return out;
}

std::vector<ExpectationResult> check_invariants(const Expectations& expect,
                                                std::span<const Violation> violations) {
    if (!expect.check_invariants || (violations.empty() && expect.invariants_broken.empty())) {
        return {};
    }
    const std::set<std::string> asked{expect.invariants_broken.begin(),
                                      expect.invariants_broken.end()};
    std::set<std::string> broken;
    for (const Violation& violation : violations) {
        broken.insert(violation.invariant);
    }
    std::string seen =
        broken.empty() ? "none broke" : fmt::format("{} broke", fmt::join(broken, ", "));
    if (broken != asked && !violations.empty()) {
        seen += fmt::format("; first: {}", violations.front().text);
    }
    return {{.what = asked.empty() ? std::string{"no invariant breaks"}
                                   : fmt::format("exactly {} break", fmt::join(asked, ", ")),
             .ok = broken == asked,
             .seen = std::move(seen),
             .settled = !std::includes(asked.begin(), asked.end(), broken.begin(), broken.end())}};
}

}  // namespace forkyard
