// How a divergence is shown: the event, each decision as recorded and as it is now.
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sim/replay/replay.hpp"

namespace forkyard::sim {

std::string to_text(const Divergence& divergence, std::uint64_t records) {
    std::string out = fmt::format("DIVERGENCE at #{} ({} us), {} records agreed\n  event      {}\n",
                                  divergence.seq,
                                  micros(divergence.time),
                                  records,
                                  divergence.event);
    const auto add = [&](std::string_view name, const Divergence::Pair& pair) {
        fmt::format_to(std::back_inserter(out),
                       "  {:<10} recorded  {}\n           {} now       {}\n",
                       name,
                       pair.recorded.empty() ? "(none)" : pair.recorded,
                       pair.same() ? '=' : '!',
                       pair.now.empty() ? "(none)" : pair.now);
    };
    for (std::size_t i = 0; i < divergence.decisions.size(); ++i) {
        add(fmt::format("decision {}", i + 1), divergence.decisions[i]);
    }
    if (divergence.state) {
        add("state", *divergence.state);
    }
    if (!divergence.note.empty()) {
        fmt::format_to(std::back_inserter(out), "  note       {}\n", divergence.note);
    }
    if (!divergence.last_choice.empty()) {
        fmt::format_to(
            std::back_inserter(out), "  last agreeing choice: {}\n", divergence.last_choice);
    }
    return out;
}

}  // namespace forkyard::sim
