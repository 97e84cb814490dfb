#include "tests/builders/lines.hpp"

#include <variant>

#include <fmt/format.h>

#include "core/event_text.hpp"

namespace forkyard {

std::string to_shown(const Lines& lines) {
    std::string out = "\n";
    for (const std::string& line : lines) {
        out += "    " + line + "\n";
    }
    return out;
}

std::string text_of(StageAttempt stage) {
    return to_text(stage);
}
std::string text_of(TaskAttempt task) {
    return fmt::format("{}/p{}#{}", text_of(task.stage), task.partition, task.attempt);
}

namespace {

class LineOf {
public:
    std::string operator()(const Choice& a) const {
        return fmt::format("choice {} {} of {}", a.point, a.label, a.n);
    }
    std::string operator()(const RequestExecutors& a) const {
        return a.total == RequestExecutors::unlimited ? std::string{"request any number"}
                                                      : fmt::format("request {}", a.total);
    }
    std::string operator()(const LaunchExecutor& a) const {
        return fmt::format(
            "grant e{} of {} on w{} to a{}", a.exec.value, a.cores, a.node.value, a.app.value);
    }
    std::string operator()(const KillExecutor& a) const {
        return fmt::format("kill e{}: {}", a.exec.value, to_text(a.reason));
    }
    std::string operator()(const DecommissionExecutor& a) const {
        return fmt::format("decommission e{}", a.exec.value);
    }
    std::string operator()(const SpeculateTask& a) const {
        return fmt::format("speculate {}", text_of(a.task));
    }
    std::string operator()(const Exclude& a) const {
        return fmt::format(
            "exclude {} for {} after {}",
            a.scope == ExclusionScope::executor ? fmt::format("e{}", a.exec.value)
                                                : fmt::format("w{}", a.node.value),
            a.partition ? fmt::format("p{}", *a.partition) : std::string{to_text(a.level)},
            a.failures);
    }
    std::string operator()(const Include& a) const {
        return fmt::format("include {}",
                           a.scope == ExclusionScope::executor ? fmt::format("e{}", a.exec.value)
                                                               : fmt::format("w{}", a.node.value));
    }
    std::string operator()(const NumberStages& a) const {
        return fmt::format("j{} has {} stages", a.job.value, a.stages.size());
    }
    std::string operator()(const SubmitStage& a) const {
        return fmt::format("stage {} of {}", text_of(a.stage), a.tasks);
    }
    std::string operator()(const FinishStage& a) const {
        return fmt::format("stage {} {}", text_of(a.stage), to_text(a.status));
    }
    std::string operator()(const SkipStage& a) const {
        return fmt::format("skip s{} for j{}", a.stage.value, a.job.value);
    }
    std::string operator()(const SkipPartitions& a) const {
        return fmt::format("skip {} partitions of j{}", a.partitions.size(), a.job.value);
    }
    std::string operator()(const ResubmitStage& a) const {
        return fmt::format("resubmit s{}", a.stage.value);
    }
    std::string operator()(const WaitStage& a) const {
        return fmt::format(
            "{} waits: {}{}{}", text_of(a.stage), to_text(a.why), a.on.empty() ? "" : " ", a.on);
    }
    std::string operator()(const WaitJob& a) const {
        return fmt::format("j{} waits: {} {}", a.job.value, to_text(a.why), a.on);
    }
    std::string operator()(const LaunchTask& a) const {
        return fmt::format("launch {} on e{}", text_of(a.task), a.exec.value);
    }
    std::string operator()(const KillTask& a) const {
        return fmt::format("kill {} on e{}: {}", text_of(a.task), a.exec.value, a.reason);
    }
    std::string operator()(const FinishJob& a) const {
        return fmt::format("job j{} {}{}",
                           a.job.value,
                           to_text(a.status),
                           a.reason.empty() ? std::string{} : ": " + a.reason);
    }
    std::string operator()(const FinishApp& a) const {
        return fmt::format(
            "app {}{}", to_text(a.status), a.reason.empty() ? std::string{} : ": " + a.reason);
    }
    std::string operator()(const RegisterMapOutput& a) const {
        return fmt::format("h{}/{} at {}", a.shuffle.value, a.partition, to_text(a.exec));
    }
    std::string operator()(const UnregisterMapOutput& a) const {
        return fmt::format("h{}/{} not at {}", a.shuffle.value, a.partition, to_text(a.exec));
    }
    std::string operator()(const RemoveBroadcast& a) const {
        return fmt::format("remove broadcast {}", a.broadcast.value);
    }
    std::string operator()(const UpdateAccumulator& a) const {
        return fmt::format("{} is {}", a.name, a.value);
    }
    std::string operator()(const RemoveRdd& a) const {
        return fmt::format("remove rdd {}", a.rdd.value);
    }
    std::string operator()(const Warn& a) const { return "warning: " + a.text; }
    std::string operator()(const LaunchDriver& a) const {
        return fmt::format(
            "launch driver of a{} on n{}: {} cores", a.app.value, a.node.value, a.cores);
    }
    std::string operator()(const ExitDriver& a) const {
        return fmt::format("driver of a{} exits: {}", a.app.value, to_text(a.status));
    }
    std::string operator()(const Explain& a) const { return "note: " + a.text; }
    std::string operator()(const OfferCores& a) const {
        return fmt::format("offer {} on e{} to a{}", a.cores, a.exec.value, a.app.value);
    }
    std::string operator()(const ReturnCores& a) const {
        const std::string until =
            a.refuse > SimDuration{0}
                ? fmt::format(", not for {} s", a.refuse / std::chrono::seconds{1})
                : std::string{};
        return fmt::format("return {} of e{}{}; {} wait", a.cores, a.exec.value, until, a.tasks);
    }
    std::string operator()(const ReviveOffers& a) const {
        return fmt::format("revive offers: {} wait", a.tasks);
    }
    std::string operator()(const ExplainLoss& a) const {
        return fmt::format("tell a{} of e{}", a.app.value, a.exec.value);
    }
    std::string operator()(const RegisterManager& a) const {
        return fmt::format("register with a{} again", a.app.value);
    }
    std::string operator()(const InjectFault& a) const {
        const bool slow = a.fault == FaultKind::slow_worker;
        return fmt::format(
            "ask for {} of {}{}",
            to_text(a.fault),
            a.exec.valid() ? fmt::format("e{}", a.exec.value) : fmt::format("w{}", a.node.value),
            slow ? fmt::format(": {} % for {} ms", a.percent, micros(a.lasts) / 1000)
                 : std::string{});
    }
    std::string operator()(const RemoveApplication& a) const {
        return fmt::format("remove a{}: {}", a.app.value, a.reason);
    }
    std::string operator()(const ListExecutors& a) const {
        std::string line = "there are";
        for (const ExecutorId exec : a.execs) {
            line += fmt::format(" e{}", exec.value);
        }
        return line;
    }
    std::string operator()(const FetchResult& a) const {
        return fmt::format("fetch {} from e{}", text_of(a.task), a.exec.value);
    }
    std::string operator()(const AnswerCommit& a) const {
        return fmt::format("commit {}: {}", text_of(a.task), a.allowed ? "yes" : "no");
    }
    std::string operator()(const AnswerBarrier& a) const {
        return fmt::format(
            "barrier {}: {}",
            text_of(a.task),
            a.released ? fmt::format("go on [{}]", fmt::join(a.messages, " ")) : a.reason);
    }
};

}  // namespace

std::string line_of(const Action& action) {
    return std::visit(LineOf{}, action);
}

Lines lines_of(const std::vector<Action>& actions) {
    Lines lines;
    for (const Action& action : actions) {
        if (!std::holds_alternative<WaitStage>(action) &&
            !std::holds_alternative<WaitJob>(action)) {
            lines.push_back(line_of(action));
        }
    }
    return lines;
}

Lines waits_of(const std::vector<Action>& actions) {
    Lines lines;
    for (const Action& action : actions) {
        if (std::holds_alternative<WaitStage>(action) || std::holds_alternative<WaitJob>(action)) {
            lines.push_back(line_of(action));
        }
    }
    return lines;
}

void append(Lines& lines, const Lines& more) {
    lines.insert(lines.end(), more.begin(), more.end());
}

Lines only(const Lines& lines, std::string_view beginning) {
    Lines found;
    for (const std::string& line : lines) {
        if (line.rfind(beginning, 0) == 0) {
            found.push_back(line);
        }
    }
    return found;
}

bool says(const Lines& lines, std::string_view words) {
    for (const std::string& line : lines) {
        if (line.find(words) != std::string::npos) {
            return true;
        }
    }
    return false;
}

}  // namespace forkyard
