#include "core/report/invariants/invariant_checker.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/report/invariants/rules.hpp"

namespace forkyard {

namespace {

using invariants::Books;
using invariants::Findings;

// The rules that look at a record before the books take it in.
void look_at(Books& books, const ExecutorRegistered& event, Findings& out) {
    check_registration(books, event, out);
}
void look_at(Books& books, const ExecutorLost& event, Findings& out) {
    check_loss(books, event, out);
}
void look_at(Books& books, const TaskFinished& event, Findings& out) {
    check_end(books, event, out);
}
void look_at(Books& books, const LaunchDriver& action, Findings& out) {
    check_driver(books, action, out);
}
void look_at(Books& books, const LaunchExecutor& action, Findings& out) {
    check_grant(books, action, out);
}
void look_at(Books& books, const OfferCores& action, Findings& out) {
    check_offer(books, action, out);
}
void look_at(Books& books, const SubmitStage& action, Findings& out) {
    check_submission(books, action, out);
}
void look_at(Books& books, const FinishStage& action, Findings& out) {
    check_finish(books, action, out);
}
void look_at(Books& books, const LaunchTask& action, Findings& out) {
    check_launch(books, action, out);
}
void look_at(Books& books, const AnswerCommit& action, Findings& out) {
    check_commit(books, action, out);
}
void look_at(Books& books, const FinishJob& action, Findings& out) {
    check_job_end(books, action, out);
}
void look_at(Books& books, const RegisterMapOutput& action, Findings& out) {
    check_output(books, action, out);
}
void look_at(Books& books, const UnregisterMapOutput& action, Findings& out) {
    check_removal(books, action, out);
}
template <class T>
void look_at(Books& /*books*/, const T& /*of no rule*/, Findings& /*out*/) {}

}  // namespace

InvariantChecker::InvariantChecker(const Scenario& scenario, const DriverView* view)
    : books_{scenario}, view_{view} {}

void InvariantChecker::on(EventHead /*head*/, const Event& event) {
    std::visit(
        [&](const auto& e) {
            look_at(books_, e, findings_);
            books_.apply(e);
        },
        event);
}

void InvariantChecker::on(ActionHead /*head*/, SimTime /*time*/, const Action& action) {
    std::visit(
        [&](const auto& a) {
            look_at(books_, a, findings_);
            books_.apply(a);
        },
        action);
}

void InvariantChecker::on(EventHead /*head*/, const FaultRecord& fault) {
    books_.apply(fault);
}

std::vector<Violation> InvariantChecker::check() {
    check_announced(books_, findings_);
    check_lost_outputs(books_, findings_);
    if (view_ != nullptr) {
        check_driver_view(books_, *view_, findings_);
    }
    books_.end_event();
    if (++events_since_audit_ >= std::max(audit_period, books_.entries())) {
        events_since_audit_ = 0;
        audit(books_, findings_);
    }
    return take_findings();
}

std::vector<Violation> InvariantChecker::finish() {
    audit(books_, findings_);
    return take_findings();
}

std::vector<Violation> InvariantChecker::take_findings() {
    std::vector<Violation> broken;
    if (findings_.empty()) [[likely]] {
        return broken;
    }
    for (invariants::Finding& finding : findings_) {
        if (++reported_[finding.invariant] <= reports_max) {
            broken.push_back({fmt::format("I{:02}", finding.invariant), std::move(finding.text)});
        }
    }
    findings_.clear();
    return broken;
}

}  // namespace forkyard
