// What was lost and run again, and why, as text.
#include <fmt/format.h>

#include "core/event_text.hpp"
#include "core/report/readable.hpp"
#include "core/report/table.hpp"
#include "core/report/text_grid.hpp"

namespace forkyard {

namespace {

constexpr std::size_t losses_max = 12;
constexpr std::size_t failures_max = 5;

std::string fate(const LossSummary& loss) {
    if (!loss.reason) {
        return "could not be reached";
    }
    switch (*loss.reason) {
        case LossReason::exited:
            return fmt::format("exited with code {}", loss.code);
        case LossReason::killed:
            return "was killed";
        case LossReason::heartbeat_timeout:
            return "was given up for its silence";
        case LossReason::worker_lost:
            return "went with its worker";
        case LossReason::launch_failed:
            return "did not start";
        default:
            return fmt::format("was {}", to_text(*loss.reason));
    }
}

std::string loss_text(const LossSummary& loss) {
    std::vector<std::string> effects;
    if (loss.attempts > 0) {
        effects.push_back(fmt::format("{} ended with it", counted(loss.attempts, "running task")));
    }
    for (const LostOutputs& outputs : loss.outputs) {
        effects.push_back(fmt::format(
            "{} of {} lost", counted(outputs.partitions.size(), "map output"), outputs.stage));
    }
    if (loss.fetches > 0) {
        effects.push_back(
            fmt::format("{} fetch{} failed", loss.fetches, loss.fetches == 1 ? "" : "es"));
    }
    for (const RanAgain& again : loss.again) {
        effects.push_back(fmt::format("task{} {} of {} ran again (s{}.{})",
                                      again.partitions.size() == 1 ? "" : "s",
                                      number_list(again.partitions),
                                      again.name,
                                      again.stage.stage.value,
                                      again.stage.attempt));
    }
    const std::string where = loss.node.empty() ? "" : fmt::format(" on {}", loss.node);
    return fmt::format(
        "{}{} {} at {}: {}",
        to_text(loss.exec),
        where,
        fate(loss),
        readable(loss.at.time_since_epoch()),
        effects.empty() ? "nothing was lost with it" : fmt::format("{}", fmt::join(effects, ", ")));
}

}  // namespace

std::string loss_lines(const Summary& summary) {
    std::string text;
    for (std::size_t i = 0; i < summary.losses.size() && i < losses_max; ++i) {
        text += wrapped(loss_text(summary.losses[i]), 2);
    }
    if (summary.losses.size() > losses_max) {
        text += fmt::format("  ... and {} more executors\n", summary.losses.size() - losses_max);
    }
    for (std::size_t i = 0; i < summary.failures.size() && i < failures_max; ++i) {
        const FailureSummary& failure = summary.failures[i];
        text += wrapped(fmt::format("{} failed, the first s{}.{}/p{}#{}: {}",
                                    counted(failure.count, "task attempt"),
                                    failure.first.stage.stage.value,
                                    failure.first.stage.attempt,
                                    failure.first.partition,
                                    failure.first.attempt,
                                    one_line(failure.reason)),
                        2);
    }
    if (summary.failures.size() > failures_max) {
        text += fmt::format("  ... and {} more reasons\n", summary.failures.size() - failures_max);
    }
    return text;
}

}  // namespace forkyard
