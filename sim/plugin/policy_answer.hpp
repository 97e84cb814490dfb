// What a policy answers, one line: read, and every word of it checked.
//
//   {"seq":12,"actions":[{"action":"executor.launch","app":"etl","node":"w-1","cores":2, ...}]}
//   {"seq":12,"choose":{"label":"which node","n":3}}      before the answer: a choice
//   {"seq":12,"error":"no node is called w-9"}            it gives up
//
// Whether an action is allowed is the ledger's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "core/action.hpp"
#include "core/journal/names.hpp"
#include "core/sim_time.hpp"

namespace forkyard::sim {

struct PolicyQuestion {
    std::string label;
    std::uint64_t n = 1;
};

struct PolicyAnswer {
    std::vector<Action>
        actions;  // executors and attempts without numbers are for the host to number
    std::vector<TimerRequest> timers;
    std::optional<PolicyQuestion> choose;
    std::optional<std::string> error;
    std::string name;   // to begin
    std::string state;  // to save, as JSON
};

enum class PolicyAsked { begin, event, save, load };

class PolicyAnswerReader {
public:
    static constexpr std::size_t actions_max = 1'000'000;

    explicit PolicyAnswerReader(const Names& names) : names_{names} {}

    // Of a line that must answer `seq`; or what is wrong with it, as in "answered `hello`, which
    // is not JSON; print to standard error instead".
    [[nodiscard]] tl::expected<PolicyAnswer, std::string> read(std::string_view line,
                                                               PolicyAsked asked,
                                                               std::uint64_t seq,
                                                               SimTime now) const;

private:
    const Names& names_;
};

}  // namespace forkyard::sim
