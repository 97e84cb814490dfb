// What a scenario's [expect] asks for, checked against the records of a run.
//
// The checker folds records while the run goes on and looks only at kinds that some
// pattern names. finish() adds what the summary, the results of jobs and the broken
// invariants tell. Each answer says what was asked and, in words, what was seen.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/action.hpp"
#include "core/event.hpp"
#include "core/journal/match.hpp"
#include "core/journal/record.hpp"
#include "core/model/scenario.hpp"
#include "core/report/job_result.hpp"
#include "core/report/summary.hpp"

namespace forkyard {

struct ExpectationResult {
    std::string what{};
    bool ok = false;
    std::string seen{};
    // Nothing that could still have come would change it: it counts in a run cut short too.
    bool settled = false;
};

class ExpectationChecker {
public:
    // `scenario` must outlive the checker.
    explicit ExpectationChecker(const Scenario& scenario);

    void on(EventHead head, const Event& event);
    void on(ActionHead head, SimTime time, const Action& action);
    void on(EventHead head, const FaultRecord& fault);
    void on(ActionHead head, SimTime time, const Violation& broken);

    [[nodiscard]] std::vector<ExpectationResult> finish(
        const Summary& summary,
        std::span<const JobResult> results,
        std::span<const Violation> violations) const;

private:
    struct RecordCount {
        const RecordExpectation* spec;
        std::int64_t count = 0;
        bool after_seen = false;
        bool before_seen = false;
    };
    struct OrderProgress {
        const OrderExpectation* spec;
        std::size_t next = 0;  // the pattern that is awaited
    };

    // No record has to be looked at.
    [[nodiscard]] bool asks_nothing() const { return records_.empty() && orders_.empty(); }
    void look_at(const Record& record);
    [[nodiscard]] static ExpectationResult judge(const RecordCount& entry);
    [[nodiscard]] static ExpectationResult judge(const OrderProgress& entry);

    const Scenario& scenario_;
    MatchContext context_;
    KindFilter filter_{};
    std::vector<RecordCount> records_{};
    std::vector<OrderProgress> orders_{};
};

// The parts of finish(), each of which can be asked alone.
[[nodiscard]] std::vector<ExpectationResult> check_outcomes(const Expectations& expect,
                                                            const Summary& summary);
[[nodiscard]] std::vector<ExpectationResult> check_invariants(
    const Expectations& expect, std::span<const Violation> violations);
[[nodiscard]] std::vector<ExpectationResult> check_result(const ResultExpectation& expect,
                                                          const Summary& summary,
                                                          std::span<const JobResult> results);

// 16 hex digits over the rows, sorted first unless their order matters.
[[nodiscard]] std::string result_digest(const JobResult& result, bool ordered);

}  // namespace forkyard
