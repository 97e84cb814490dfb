// Watches a run: the invariants I01 to I12, checked after every event.
//
// It keeps books of its own, from the records alone, so a wrong book of a driver cannot
// hide a wrong decision; only I06 compares the two, through DriverView. Work for a
// record is constant. The books are recomputed from scratch every 1,024 events (more
// rarely when they are larger than that, so that the cost for an event stays constant)
// and at the end: I00 says that the checker disagrees with itself. An invariant is
// reported at most `reports_max` times.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/action.hpp"
#include "core/event.hpp"
#include "core/journal/record.hpp"
#include "core/model/scenario.hpp"
#include "core/report/invariants/books.hpp"
#include "core/report/invariants/driver_view.hpp"
#include "core/report/invariants/findings.hpp"

namespace forkyard {

class InvariantChecker {
public:
    static constexpr std::uint32_t count = 12;
    static constexpr std::uint64_t audit_period = 1024;
    static constexpr std::uint32_t reports_max = 16;

    // Without a view I06 is not checked. `view` must outlive the checker.
    explicit InvariantChecker(const Scenario& scenario, const DriverView* view = nullptr);

    void on(EventHead head, const Event& event);
    void on(ActionHead head, SimTime time, const Action& action);
    void on(EventHead head, const FaultRecord& fault);

    // After the last record of each event: what broke; almost always nothing.
    [[nodiscard]] std::vector<Violation> check();
    // After the last event.
    [[nodiscard]] std::vector<Violation> finish();

private:
    [[nodiscard]] std::vector<Violation> take_findings();

    invariants::Books books_;
    const DriverView* view_;
    invariants::Findings findings_{};
    std::uint64_t events_since_audit_ = 0;
    std::array<std::uint32_t, count + 1> reported_{};
};

}  // namespace forkyard
