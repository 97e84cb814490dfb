#include "sim/replay/replay.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/driver/control_plane.hpp"
#include "core/journal/codec.hpp"
#include "core/journal/field_text.hpp"
#include "core/report/invariants/invariant_checker.hpp"
#include "core/report/summary.hpp"
#include "sim/replay/event_check.hpp"
#include "sim/replay/recorded_chooser.hpp"
#include "sim/replay/recorded_lines.hpp"
#include "sim/replay/recorded_manager.hpp"
#include "sim/run/control_view.hpp"
#include "sim/scenario/scenario_file.hpp"

namespace forkyard::sim {

namespace {

class Replayer {
public:
    Replayer(const JournalFile& journal,
             const Scenario& scenario,
             ReplayManager manager,
             ReplayObserver* observer)
        : journal_{journal},
          observer_{observer},
          names_{scenario},
          recorded_{manager.recorded},
          control_{scenario, std::move(manager.manager)},
          view_{control_},
          summary_{scenario},
          invariants_{scenario, &view_},
          digest_{names_},
          lines_{names_} {
        report_.warnings = journal_.warnings;
        if (!manager.warning.empty()) {
            report_.warnings.push_back(std::move(manager.warning));
        }
        for (const std::string& line : journal.configuration) {
            digest_.add_line(line);
        }
    }

    Result<ReplayReport> run() {
        report_.verdict = journal_.verdict;
        report_.exit = journal_.exit;
        RecordedEvent group;
        Result<void> taken;
        for (const JournalFile::Line& line : journal_.lines) {
            const char letter = line.text.front();
            if (letter != 'E' && letter != 'F') {
                group.add(line);
                continue;
            }
            taken = take(group);
            if (!taken || report_.divergence) {
                break;
            }
            group.begin(line);
        }
        if (taken && !report_.divergence) {
            last_ = true;
            taken = take(group);
        }
        if (!taken) {
            return fail(taken.error());
        }
        for (const std::string& key : lines_.unknown_keys()) {
            report_.warnings.push_back(
                fmt::format("{}: warning: unknown key {}; it was passed over", journal_.path, key));
        }
        report_.digest = digest_.value();
        report_.report.summary = summary_.summary();
        report_.report.violations = std::move(violations_);
        report_.report.invariants_checked = InvariantChecker::count;
        report_.report.digest = digest_.value();
        return std::move(report_);
    }

private:
    Result<void> take(const RecordedEvent& group) {
        if (group.event.text.empty()) {
            chained_ = group.commits.empty() ? 0 : group.commits.back().number;
            return {};  // what stands before the first event
        }
        Result<Record> record = parse(group.event);
        if (!record) {
            return fail(record.error());
        }
        set_check_position(record->seq, micros(record->time));
        ++report_.events;
        const EventHead head{record->seq, record->time, cause_of(*record)};
        const bool fault = record->letter == 'F';
        Result<void> taken =
            fault ? take_fault(group, head, *record) : take_event(group, head, *record);
        if (taken && !report_.divergence) {
            compare_violations(group, head);
            report_.records +=
                report_.divergence ? 0 : 1 + group.decisions.size() + group.violations.size();
        }
        if (taken) {
            compare_states(group, head);
        }
        return taken;
    }

    Result<void> take_fault(const RecordedEvent& group, EventHead head, const Record& record) {
        Result<FaultRecord> fault = to_fault(names_, record);
        if (!fault) {
            return fail(placed(fault.error(), group.event));
        }
        digest_.add(head, *fault);
        fold(head, *fault);
        sub_ = 0;
        for (const JournalFile::Line& line : group.decisions) {  // choices of the fault
            const Result<Action> choice = action_of(line);
            if (!choice) {
                return fail(choice.error());
            }
            digest_.add(ActionHead{head.seq, ++sub_}, *choice);
            last_choice_ = line;
        }
        return {};
    }

    Result<void> take_event(const RecordedEvent& group, EventHead head, const Record& record) {
        Result<Event> event = to_event(names_, record);
        if (!event) {
            return fail(placed(event.error(), group.event));
        }
        const std::string problem = why_impossible(control_, *event);
        if (!problem.empty()) {
            return fail(placed({fmt::format("`{}` cannot happen here: {}", record.kind, problem),
                                {},
                                "record the run again",
                                Exit::bad_input},
                               group.event));
        }
        chooser_.clear();
        for (const JournalFile::Line& line : group.decisions) {
            const bool choice = line.text.front() == 'D';
            if (!choice && recorded_ == nullptr) {
                continue;
            }
            Result<Action> action = action_of(line);
            if (!action) {
                return fail(action.error());
            }
            if (recorded_ != nullptr && RecordedManager::is_mine(*action)) {
                recorded_->expect(*action);
            }
            if (choice) {
                chooser_.expect(std::get<Choice>(std::move(*action)));
            }
        }
        decide(group, head, *event);
        const std::string* failure = control_.manager().failure();
        if (failure != nullptr && !died()) {
            return fail(placed(
                {fmt::format("the cluster manager {} {}", control_.manager().name(), *failure),
                 {},
                 {},
                 Exit::internal},
                group.event));
        }
        return {};
    }

    void decide(const RecordedEvent& group, EventHead head, Event& event) {
        control_.prepare(event);
        digest_.add(head, event);
        fold(head, event);
        decisions_.clear();
        Step step{head.time,
                  decisions_,
                  chooser_,
                  observer_ == nullptr ? nullptr : observer_->witness(head)};
        control_.handle(step, event);
        const std::vector<Action>& actions = decisions_.actions;
        sub_ = 0;
        for (const Action& action : actions) {
            const ActionHead at{head.seq, ++sub_};
            digest_.add(at, action);
            fold(at, head.time, action);
        }
        const bool same_event = lines_.same(group.event.text, head, event);
        if (!same_event || !lines_.same(group.decisions, actions, head.seq, 1)) {
            Divergence& divergence = diverge(group, head);
            if (!same_event) {
                write_record(divergence.event_now, names_, head, event);
                divergence.event_now.pop_back();
            }
            divergence.decisions = lines_.pairs(group.decisions, actions, head.seq, 1);
            return;
        }
        const auto choice = std::find_if(
            group.decisions.rbegin(), group.decisions.rend(), [](const JournalFile::Line& line) {
                return line.text.front() == 'D';
            });
        last_choice_ = choice == group.decisions.rend() ? last_choice_ : *choice;
    }

    // The end of a run may report more: what the last audit of the invariants found. It
    // comes after the chain of the last event was taken.
    void compare_violations(const RecordedEvent& group, EventHead head) {
        std::vector<Violation> broken = died() ? std::vector<Violation>{} : invariants_.check();
        const std::uint32_t first = sub_ + 1;
        add(head, broken, 0);
        const std::uint64_t settled = digest_.value();
        if (last_ && report_.verdict && !died()) {
            const std::size_t from = broken.size();
            std::ranges::move(invariants_.finish(), std::back_inserter(broken));
            add(head, broken, from);
        }
        violations_.insert(violations_.end(), broken.begin(), broken.end());
        if (!lines_.same(group.violations, broken, head.seq, first)) {
            diverge(group, head).decisions =
                lines_.pairs(group.violations, broken, head.seq, first);
        }
        compare_chain(group, head, settled);
        previous_ = {head.seq, settled};
    }

    // Whether the run ended with this event, before its invariants were looked at.
    [[nodiscard]] bool died() const { return last_ && report_.verdict == "error"; }

    void add(EventHead head, const std::vector<Violation>& broken, std::size_t from) {
        for (std::size_t i = from; i < broken.size(); ++i) {
            const ActionHead at{head.seq, ++sub_};
            digest_.add(at, broken[i]);
            if (observer_ != nullptr) {
                observer_->on(at, head.time, broken[i]);
            }
        }
    }

    void compare_states(const RecordedEvent& group, EventHead head) {
        for (const JournalFile::Line& line : group.states) {
            std::string now = fmt::format("S {}", head.seq);
            for (const ControlPlane::PartDigest& part : control_.digests()) {
                now += ' ';
                append_text(now, part.part);
                now += '=';
                append_hex(now, part.digest);
            }
            if (report_.divergence || now != line.text) {
                diverge(group, head).state = Divergence::Pair{std::string{line.text}, now};
            } else {
                state_same_ = head.seq;
            }
        }
    }

    // A K line has the chain as of the event that it names: this one, or the one before
    // when the run ended within this one.
    void compare_chain(const RecordedEvent& group, EventHead head, std::uint64_t settled) {
        for (const JournalFile::Line& line : group.commits) {
            const bool passed_over =
                journal_.unsealed_line != 0 && line.number >= journal_.unsealed_line;
            const auto is = [&](std::uint64_t seq, std::uint64_t chain) {
                return line.text.starts_with(fmt::format("K {} ", seq)) &&
                       line.text.ends_with(fmt::format(" chain={:016x}", chain));
            };
            if (!passed_over && lines_.unknown_keys().empty() && !report_.divergence &&
                !is(head.seq, settled) && !is(head.seq, digest_.value()) &&
                !is(previous_.seq, previous_.digest)) {
                diverge(group, head).note = fmt::format(
                    "the decisions agree, the chain of the records does not (now "
                    "{:016x}): lines {} to {} of {} were changed",
                    settled,
                    chained_ + 1,
                    line.number,
                    journal_.path);
            }
            chained_ = line.number;
        }
    }

    template <class... Parts>
    void fold(const Parts&... parts) {
        summary_.on(parts...);
        invariants_.on(parts...);
        if (observer_ != nullptr) {
            observer_->on(parts...);
        }
    }

    Divergence& diverge(const RecordedEvent& group, EventHead head) {
        if (!report_.divergence) {
            Divergence& divergence = report_.divergence.emplace();
            divergence.seq = head.seq;
            divergence.time = head.time;
            divergence.event = group.event.text;
            divergence.state_same = state_same_;
            divergence.last_choice = last_choice_.text;
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

    [[nodiscard]] Error placed(Error error, const JournalFile::Line& line) const {
        error.where = fmt::format("{}:{}", journal_.path, line.number);
        return error;
    }

    [[nodiscard]] Result<Record> parse(const JournalFile::Line& line) const {
        Result<Record> record = parse_line(line.text);
        return record ? std::move(record) : fail(placed(record.error(), line));
    }

    [[nodiscard]] Result<Action> action_of(const JournalFile::Line& line) const {
        const Result<Record> record = parse(line);
        if (!record) {
            return fail(record.error());
        }
        Result<Action> action = to_action(names_, *record);
        return action ? std::move(action) : fail(placed(action.error(), line));
    }

    struct Chain {
        std::uint64_t seq = 0;
        std::uint64_t digest = 0;
    };

    const JournalFile& journal_;
    ReplayObserver* observer_;
    Names names_;
    RecordedManager* recorded_;  // null: the policy itself is there
    ControlPlane control_;
    ControlView view_;
    SummaryFold summary_;
    InvariantChecker invariants_;
    RecordDigest digest_;
    RecordedChooser chooser_;
    Decisions decisions_;
    ReplayReport report_;
    std::vector<Violation> violations_;
    LineComparison lines_;
    JournalFile::Line last_choice_;
    Chain previous_;             // as of the event before
    std::uint64_t chained_ = 0;  // the last K line that fitted
    std::uint64_t state_same_ = 0;
    std::uint32_t sub_ = 0;
    bool last_ = false;
};

}  // namespace

Result<ReplayReport> replay(const JournalFile& journal,
                            ReplayObserver* observer,
                            const std::string& policy_folder) {
    LoadResult loaded = scenario_from_lines(journal.configuration, journal.path);
    if (!loaded.loaded) {
        std::string all;
        for (Diagnostic& diagnostic : loaded.diagnostics) {
            diagnostic.line += static_cast<int>(journal.configuration_line) - 1;
            all += "\n  " + diagnostic.text();
        }
        return fail({fmt::format("the scenario of the journal cannot be read:{}", all),
                     journal.path,
                     "the journal may be of another version",
                     Exit::bad_input});
    }
    const Scenario& scenario = loaded.loaded->scenario;
    Result<ReplayManager> manager = manager_for_replay(scenario, policy_folder);
    if (!manager) {
        return fail(manager.error());
    }
    return std::make_unique<Replayer>(journal, scenario, std::move(*manager), observer)->run();
}

}  // namespace forkyard::sim
