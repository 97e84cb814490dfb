// A running task in the model. One for each, found by slot: what every event touches, so kept
// small; what few tasks have is TaskSpecial.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/event_tasks.hpp"
#include "core/ids.hpp"
#include "core/model/units.hpp"
#include "core/sim_time.hpp"
#include "sim/cluster/shuffle_books.hpp"
#include "sim/cluster/task_fault.hpp"
#include "sim/cluster/task_special.hpp"

namespace forkyard::sim {

struct ModelTask {
    bool used = false;
    bool heard = false;         // its executor has answered, as it had to
    bool decided = false;       // how it ends does not depend on its work any more
    bool fixed_frozen = false;  // decided while its executor was frozen
    bool real = false;
    TaskStatus status = TaskStatus::success;
    AppId app;
    TaskAttempt task;
    ExecutorId exec;
    std::uint32_t generation = 0;
    std::uint32_t ticket = 0;  // its name between driver and executor, never reused
    std::uint64_t order = 0;   // of launch on its executor
    std::uint64_t launch_seq = 0;
    SimTime starts;  // on the executor
    SimTime read_ends;
    SimTime ends = time_never;  // on the executor; time_never: not known
    Millionths factor = one;    // of a fault that slows it
    Millionths slowed = one;    // its node, when it was launched
    SimDuration work{0};        // between reading and writing, once known
    SimDuration write{0};
    std::vector<PartView> inputs;
    std::unique_ptr<TaskSpecial> special;

    [[nodiscard]] TaskSpecial& own() {
        if (special == nullptr) {
            special = std::make_unique<TaskSpecial>();
        }
        return *special;
    }
    // While it hangs, `ends` is time_never and nothing of it is on the agenda.
    [[nodiscard]] bool hangs() const {
        return special != nullptr && special->hangs_since != time_never;
    }
    // Whether, once done, it has yet to commit what it saves.
    [[nodiscard]] bool saves() const {
        return special != nullptr && status == TaskStatus::success &&
               special->save != SaveState::none && special->save != SaveState::committed;
    }
    [[nodiscard]] bool is(SaveState state) const { return saves() && special->save == state; }
    // When its report, or its question whether it may commit, leaves the executor.
    [[nodiscard]] SimTime reported_at() const {
        const SimDuration held = !special || saves() ? SimDuration{0} : special->held;
        return ends == time_never || held == never_sent ? time_never : ends + held;
    }
    [[nodiscard]] std::optional<std::uint32_t> fails_at() const {
        return special == nullptr ? std::nullopt : special->fail_at_percent;
    }
};

}  // namespace forkyard::sim
