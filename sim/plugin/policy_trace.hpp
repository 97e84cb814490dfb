// What a policy is told, line by line, and one number for all that it was told and did.
//
//   {"seq":12,"time":1500000,"event":"executor.requested","app":"etl","total":4}
//
// The kinds and keys are those of the journal, by the same `fields`; lists are left out: they
// tell of tasks. The number is the policy's digest, the same where its actions are taken from a
// journal as where it runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/action.hpp"
#include "core/event.hpp"
#include "core/journal/names.hpp"
#include "core/model/scenario.hpp"
#include "core/sim_time.hpp"

namespace forkyard::sim {

inline constexpr int policy_protocol = 1;

class PolicyTrace {
public:
    explicit PolicyTrace(const Names& names) : names_{names} {}

    // The next line; empty: a policy does not hear of such an event.
    [[nodiscard]] std::string tell(SimTime now, const Event& event);
    [[nodiscard]] std::string tell_end(SimTime now, AppId app);
    void did(const Action& action);

    [[nodiscard]] std::uint64_t seq() const { return seq_; }  // of the last line
    [[nodiscard]] std::uint64_t digest() const;

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.seq_, self.told_, self.done_);
    }

private:
    [[nodiscard]] std::string begin_line(SimTime now, std::string_view kind);
    std::string end_line(std::string line);

    const Names& names_;
    std::uint64_t seq_ = 0;
    // Apart: what one event of the journal leads to may be told and done in turns.
    std::uint64_t told_ = 0;
    std::uint64_t done_ = 0;
};

// The first line: nodes, applications, and what [cluster.plugin] has.
[[nodiscard]] std::string begin_line(const Scenario& scenario);

}  // namespace forkyard::sim
