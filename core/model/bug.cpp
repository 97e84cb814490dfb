#include "core/model/bug.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace forkyard {
namespace {

constexpr std::array entries{
    BugEntry{Bug::spark_4939, "a level of locality without tasks is waited for all the same"},
    BugEntry{Bug::spark_17644,
             "after a stage was given up, fetch failures of later jobs resubmit nothing"},
};

}  // namespace

std::span<const BugEntry> bugs() {
    return entries;
}

std::string to_text(Bug bug) {
    return fmt::format("SPARK-{}", static_cast<std::uint32_t>(bug));
}

Bug bug_named(std::string_view ticket) {
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const BugEntry& entry) {
        return to_text(entry.bug) == ticket;
    });
    return found == entries.end() ? Bug::none : found->bug;
}

}  // namespace forkyard
