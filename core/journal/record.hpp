// A journal record in two forms.
//
// Typed records (events, actions, faults, ...) are what the machines speak. A Record
// is the same line as keys and texts: what patterns match, what replay reads and what
// reports fold over. field_text.hpp goes from one to the other; one `fields` list in
// each type drives both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/action.hpp"
#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/model/scenario.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// What stands before a record's own keys.
struct EventHead {
    std::uint64_t seq = 0;  // E and F records share one count, from 1
    SimTime time{};
    std::uint64_t cause = 0;  // the event that led to this one; 0: the scenario
};

struct ActionHead {
    std::uint64_t seq = 0;  // of its event
    std::uint32_t sub = 0;  // A, D, M and V records share one count within it, from 1
};

enum class FaultState : std::uint8_t { applied, ended, noeffect };

// F: a fault took effect, ended, or did not take effect.
struct FaultRecord {
    FaultKind kind = FaultKind::kill_executor;
    FaultState state = FaultState::applied;
    std::uint32_t fault = 0;  // position in the scenario; those that a policy asked for count on
    AppId app{};
    ExecutorId exec{};
    NodeId node{};
    std::optional<TaskAttempt> task{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("fault", self.fault);
        v("app", self.app);
        v("exec", self.exec);
        v("node", self.node);
        v("task", self.task);
    }
};

// V: an invariant is broken.
struct Violation {
    std::string invariant{};  // I12
    std::string text{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("text", self.text);
    }
};

[[nodiscard]] std::string_view to_text(FaultState state);
[[nodiscard]] bool from_text(std::string_view text, FaultState& state);

// One line, taken apart. Values are unquoted; `-` stands for none.
struct Record {
    struct Field {
        std::string key;
        std::string value;
    };
    char letter = 0;
    std::uint64_t seq = 0;
    std::uint32_t sub = 0;
    SimTime time{};  // of E and F; of other records that of their event
    std::string kind{};
    std::vector<Field> fields{};

    [[nodiscard]] const std::string* find(std::string_view key) const {
        for (const Field& field : fields) {
            if (field.key == key) {
                return &field.value;
            }
        }
        return nullptr;
    }
};

}  // namespace forkyard
