// I12: where map outputs are.
#include <fmt/format.h>

#include "core/event_text.hpp"
#include "core/report/invariants/rules.hpp"

namespace forkyard::invariants {

void check_output(Books& books, const RegisterMapOutput& action, Findings& out) {
    if (action.exec == fallback_storage) {
        return;  // it is always there
    }
    const ExecutorBook& entry = books.executor(action.exec);
    if (!entry.alive()) {
        out.push_back({12,
                       fmt::format("output {} of h{} is registered on {}, which {}",
                                   action.partition,
                                   action.shuffle.value,
                                   to_text(action.exec),
                                   entry.lost ? "is lost" : "has not registered")});
    }
}

void check_removal(Books& books, const UnregisterMapOutput& action, Findings& out) {
    const ShuffleBook& written = books.shuffle(action.app, action.shuffle);
    if (written.holders.size() <= action.partition ||
        written.holders[action.partition] != action.exec) {
        out.push_back({12,
                       fmt::format("output {} of h{} is unregistered on {}, which does not hold it",
                                   action.partition,
                                   action.shuffle.value,
                                   to_text(action.exec))});
    }
}

void check_lost_outputs(Books& books, Findings& out) {
    for (const ExecutorId id : books.dirty.lost) {
        const ExecutorBook& entry = books.executor(id);
        if (entry.app.valid() && !entry.orphaned && !books.app(entry.app).finished &&
            entry.outputs > 0) {
            out.push_back({12,
                           fmt::format("{} is lost, and {} available map outputs still point to it",
                                       to_text(id),
                                       entry.outputs)});
        }
    }
}

}  // namespace forkyard::invariants
