#include "sim/replay/replay.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/driver/control_plane.hpp"
#include "core/journal/codec.hpp"
#include "core/journal/field_text.hpp"
#include "core/policy/registry.hpp"
#include "core/report/expectations.hpp"
#include "core/report/invariants/invariant_checker.hpp"
#include "core/report/summary.hpp"
#include "sim/scenario/scenario_file.hpp"

namespace forkyard::sim {

namespace {

// Answers with what was recorded for the event at hand.
class RecordedChooser final : public Chooser {
public:
    void expect(std::vector<Choice> choices) {
        choices_ = std::move(choices);
        next_ = 0;
    }
    std::uint64_t choose(std::string_view point, std::string_view label, std::uint64_t n) override {
        for (std::size_t i = next_; i < choices_.size(); ++i) {
            if (choices_[i].point == point && choices_[i].label == label) {
                next_ = i + 1;
                return std::min(choices_[i].pick, n - 1);
            }
        }
        return 0;
    }

private:
    std::vector<Choice> choices_;
    std::size_t next_ = 0;
};

class View final : public DriverView {
public:
    explicit View(const ControlPlane& control) : control_{control} {}
    std::uint32_t free_cores(AppId app, ExecutorId exec) const override {
        return control_.driver(app).task_scheduler().free_cores(exec);
    }
    bool alive(AppId app, ExecutorId exec) const override {
        return control_.driver(app).task_scheduler().alive(exec);
    }

private:
    const ControlPlane& control_;
};

// The records of one event or fault, as they stand in the journal.
struct Group {
    JournalFile::Line event;
    std::vector<JournalFile::Line> decisions;   // A and D
    std::vector<JournalFile::Line> violations;  // V
    std::vector<JournalFile::Line> states;      // S
    std::optional<JournalFile::Line> commit;    // K
};

class Replayer {
public:
    Replayer(const JournalFile& journal, const LoadedScenario& loaded)
        : journal_{journal},
          names_{loaded.scenario},
          control_{loaded.scenario, make_policy(loaded.scenario)},
          view_{control_},
          summary_{loaded.scenario},
          invariants_{loaded.scenario, &view_},
          digest_{names_} {
        for (const std::string& line : loaded.lines) {
            digest_.add_line(line);
        }
    }

    Result<ReplayReport> run() {
        report_.warnings = journal_.warnings;
        report_.verdict = journal_.verdict;
        Group group;
        for (const JournalFile::Line& line : journal_.lines) {
            const char letter = line.text.front();
            if (letter == 'E' || letter == 'F') {
                Result<void> done = take(group);
                if (!done) {
                    return fail(done.error());
                }
                if (report_.divergence) {
                    break;
                }
                group = Group{};
                group.event = line;
            } else if (letter == 'A' || letter == 'D') {
                group.decisions.push_back(line);
            } else if (letter == 'V') {
                group.violations.push_back(line);
            } else if (letter == 'S') {
                group.states.push_back(line);
            } else if (letter == 'K') {
                group.commit = line;
            }
        }
        if (!report_.divergence) {
            last_ = true;
            Result<void> done = take(group);
            if (!done) {
                return fail(done.error());
            }
        }
        report_.digest = digest_.value();
        report_.report.summary = summary_.summary();
        report_.report.violations = std::move(violations_);
        report_.report.invariants_checked = InvariantChecker::count;
        report_.report.digest = digest_.value();
        return std::move(report_);
    }

private:
    Result<void> take(const Group& group) {
        if (group.event.text.empty()) {
            return {};
        }
        Result<Record> record = parse(group.event);
        if (!record) {
            return fail(record.error());
        }
        set_check_position(record->seq, micros(record->time));
        ++report_.events;
        const EventHead head{record->seq, record->time, cause_of(*record)};
        Result<void> taken = record->letter == 'F' ? take_fault(group, head, *record)
                                                   : take_event(group, head, *record);
        if (!taken || report_.divergence) {
            return taken;
        }
        compare_violations(group, head);
        compare_states(group, head);
        compare_chain(group, head);
        report_.records += 1 + group.decisions.size();
        return {};
    }

    Result<void> take_fault(const Group& group, EventHead head, const Record& record) {
        Result<FaultRecord> fault = to_fault(names_, record);
        if (!fault) {
            return fail(placed(fault.error(), group.event));
        }
        digest_.add(head, *fault);
        summary_.on(head, *fault);
        invariants_.on(head, *fault);
        sub_ = 0;
        for (const JournalFile::Line& line : group.decisions) {  // choices of the fault
            Result<Action> choice = action_of(line);
            if (!choice) {
                return fail(choice.error());
            }
            digest_.add(ActionHead{head.seq, ++sub_}, *choice);
            last_choice_ = line.text;
        }
        return {};
    }

    Result<void> take_event(const Group& group, EventHead head, const Record& record) {
        Result<Event> event = to_event(names_, record);
        if (!event) {
            return fail(placed(event.error(), group.event));
        }
        std::vector<Choice> choices;
        for (const JournalFile::Line& line : group.decisions) {
            if (line.text.front() != 'D') {
                continue;
            }
            Result<Action> choice = action_of(line);
            if (!choice) {
                return fail(choice.error());
            }
            choices.push_back(std::get<Choice>(*choice));
        }
        chooser_.expect(std::move(choices));
        control_.prepare(*event);
        decisions_.clear();
        Step step{head.time, decisions_, chooser_};
        control_.handle(step, *event);
        line_.clear();
        write_record(line_, names_, head, *event);
        line_.pop_back();
        digest_.add(head, *event);
        summary_.on(head, *event);
        invariants_.on(head, *event);
        if (line_ != group.event.text) {
            diverge(group, head).note =
                fmt::format("the schedulers complete the event otherwise now: {}", line_);
            return {};
        }
        compare_decisions(group, head);
        return {};
    }

    void compare_decisions(const Group& group, EventHead head) {
        std::vector<Divergence::Pair> pairs;
        bool same = decisions_.actions.size() == group.decisions.size();
        sub_ = 0;
        for (std::size_t i = 0; i < std::max(decisions_.actions.size(), group.decisions.size());
             ++i) {
            Divergence::Pair pair;
            if (i < group.decisions.size()) {
                pair.recorded = group.decisions[i].text;
            }
            if (i < decisions_.actions.size()) {
                const ActionHead at{head.seq, ++sub_};
                digest_.add(at, decisions_.actions[i]);
                summary_.on(at, head.time, decisions_.actions[i]);
                invariants_.on(at, head.time, decisions_.actions[i]);
                write_record(pair.now, names_, at, decisions_.actions[i]);
                pair.now.pop_back();
            }
            same = same && pair.same();
            if (!same || pair.recorded.starts_with('D')) {
                pairs.push_back(pair);
            }
        }
        if (!same) {
            diverge(group, head).decisions = std::move(pairs);
            return;
        }
        if (!pairs.empty()) {
            last_choice_ = pairs.back().recorded;
        }
    }

    // The end of a run may report more: what the last audit of the invariants found.
    void compare_violations(const Group& group, EventHead head) {
        std::vector<Violation> broken = invariants_.check();
        if (last_) {
            for (Violation& violation : invariants_.finish()) {
                broken.push_back(std::move(violation));
            }
        }
        if (group.violations.empty() && broken.empty()) {
            return;
        }
        std::vector<Divergence::Pair> pairs;
        bool same = group.violations.size() == broken.size();
        for (std::size_t i = 0; i < std::max(group.violations.size(), broken.size()); ++i) {
            Divergence::Pair pair;
            if (i < group.violations.size()) {
                pair.recorded = group.violations[i].text;
            }
            if (i < broken.size()) {
                const ActionHead at{head.seq, ++sub_};
                digest_.add(at, broken[i]);
                write_record(pair.now, names_, at, broken[i]);
                pair.now.pop_back();
            }
            same = same && pair.same();
            pairs.push_back(std::move(pair));
        }
        violations_.insert(violations_.end(), broken.begin(), broken.end());
        if (!same) {
            diverge(group, head).decisions = std::move(pairs);
        }
    }

    void compare_states(const Group& group, EventHead head) {
        for (const JournalFile::Line& line : group.states) {
            std::string now = fmt::format("S {}", head.seq);
            for (const ControlPlane::PartDigest& part : control_.digests()) {
                now += ' ';
                append_text(now, part.part);
                now += '=';
                append_hex(now, part.digest);
            }
            if (now != line.text && !report_.divergence) {
                diverge(group, head).state = Divergence::Pair{std::string{line.text}, now};
            }
        }
    }

    void compare_chain(const Group& group, EventHead head) {
        if (!group.commit || report_.divergence) {
            return;
        }
        const std::string chain = fmt::format("chain={:016x}", digest_.value());
        if (group.commit->text.find(chain) == std::string_view::npos) {
            diverge(group, head).note = fmt::format(
                "the records agree but their chain does not ({}): lines up to {}:{} were changed",
                chain,
                journal_.path,
                group.commit->number);
        }
    }

    Divergence& diverge(const Group& group, EventHead head) {
        if (!report_.divergence) {
            report_.divergence = Divergence{.seq = head.seq,
                                            .time = head.time,
                                            .event = std::string{group.event.text},
                                            .decisions = {},
                                            .state = {},
                                            .last_choice = last_choice_,
                                            .note = {}};
        }
        return *report_.divergence;
    }

    static std::uint64_t cause_of(const Record& record) {
        std::uint64_t cause = 0;
        const std::string* text = record.find("cause");
        if (text != nullptr) {
            std::from_chars(text->data(), text->data() + text->size(), cause);
        }
        return cause;
    }

    Error placed(Error error, const JournalFile::Line& line) const {
        error.where = fmt::format("{}:{}", journal_.path, line.number);
        return error;
    }

    Result<Record> parse(const JournalFile::Line& line) const {
        Result<Record> record = parse_line(line.text);
        return record ? std::move(record) : fail(placed(record.error(), line));
    }

    Result<Action> action_of(const JournalFile::Line& line) const {
        const Result<Record> record = parse(line);
        if (!record) {
            return fail(record.error());
        }
        Result<Action> action = to_action(names_, *record);
        return action ? std::move(action) : fail(placed(action.error(), line));
    }

    const JournalFile& journal_;
    Names names_;
    ControlPlane control_;
    View view_;
    SummaryFold summary_;
    InvariantChecker invariants_;
    RecordDigest digest_;
    RecordedChooser chooser_;
    Decisions decisions_;
    ReplayReport report_;
    std::vector<Violation> violations_;
    std::string line_;
    std::string last_choice_;
    std::uint32_t sub_ = 0;
    bool last_ = false;
};

}  // namespace

Result<ReplayReport> replay(const JournalFile& journal) {
    LoadResult loaded = scenario_from_lines(journal.configuration, journal.path);
    if (!loaded.loaded) {
        std::string all;
        for (const Diagnostic& diagnostic : loaded.diagnostics) {
            all += "\n  " + diagnostic.text();
        }
        return fail({fmt::format("the scenario of the journal cannot be read:{}", all),
                     journal.path,
                     "the journal may be of another version",
                     Exit::bad_input});
    }
    auto replayer = std::make_unique<Replayer>(journal, *loaded.loaded);
    return replayer->run();
}

}  // namespace forkyard::sim
