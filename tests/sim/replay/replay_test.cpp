#include "sim/replay/replay.hpp"

#include <string>

#include <doctest/doctest.h>

#include "sim/replay/event_check.hpp"
#include "tests/sim/replay/recording.hpp"

namespace forkyard::sim::replay_test {
namespace {

Result<ReplayReport> replayed(const std::string& text, ReadOptions options = {}) {
    Result<JournalFile> journal = parse_journal("run.fyj", text, options);
    REQUIRE_MESSAGE(journal, journal.error().text());
    return replay(*journal);
}

ReplayReport report_of(const std::string& text, ReadOptions options = {}) {
    Result<ReplayReport> report = replayed(text, options);
    REQUIRE_MESSAGE(report, report.error().text());
    return std::move(*report);
}

// `E 12 ...` and `A 12.3 ...` are of event 12.
std::uint64_t event_of(const std::string& line) {
    return std::stoull(line.substr(2));
}

struct Counter final : ReplayObserver {
    void on(EventHead /*head*/, const Event& /*event*/) override { ++events; }
    void on(ActionHead /*head*/, SimTime /*time*/, const Action& /*action*/) override { ++actions; }
    void on(EventHead /*head*/, const FaultRecord& /*fault*/) override { ++faults; }
    void on(ActionHead /*head*/, SimTime /*time*/, const Violation& /*broken*/) override {
        ++violations;
    }
    std::uint64_t events = 0;
    std::uint64_t actions = 0;
    std::uint64_t faults = 0;
    std::uint64_t violations = 0;
};

TEST_SUITE("replay that agrees") {
    TEST_CASE("what was decided is decided again, to the last digest") {
        const LoadedScenario loaded = two_stages();
        for (std::uint64_t seed = 1; seed <= 40; ++seed) {
            CAPTURE(seed);
            const auto run =
                recorded(loaded, {.seed = seed, .kills = static_cast<std::uint32_t>(seed % 4)});
            const ReplayReport report = report_of(run->finish());
            CHECK(to_text(report) == "");
            CHECK(report.events == run->events());
            CHECK(report.records == run->records());
            CHECK(report.digest == run->digest());
            CHECK(report.verdict == "ended");
            CHECK(report.warnings.empty());
            CHECK(report.report.violations.empty());
            CHECK(report.report.summary.tasks.launched >= 210);
        }
    }

    TEST_CASE("faults and their choices are inputs, and count") {
        const LoadedScenario loaded = two_stages();
        const auto run = recorded(loaded);
        run->fault({.kind = FaultKind::kill_executor, .state = FaultState::noeffect}, 2);
        const ReplayReport report = report_of(run->finish());
        CHECK_FALSE(report.divergence);
        CHECK(report.records == run->records());
        CHECK(report.digest == run->digest());
    }

    TEST_CASE("an observer is told of every record") {
        const LoadedScenario loaded = two_stages();
        const auto run = recorded(loaded);
        run->fault({.kind = FaultKind::kill_executor, .state = FaultState::noeffect}, 0);
        const Result<JournalFile> journal = parse_journal("run.fyj", run->finish());
        Counter counter;
        REQUIRE(replay(*journal, &counter));
        CHECK(counter.events + counter.faults == run->events());
        CHECK(counter.faults == 1);
        CHECK(counter.events + counter.faults + counter.actions == run->records());
        CHECK(counter.violations == 0);
    }

    TEST_CASE("a journal that was cut agrees as far as it counts") {
        const auto run = recorded(two_stages());
        const std::string all = run->text();  // not finished: ends with some event
        const ReplayReport report = report_of(all.substr(0, all.size() - 5));
        CHECK_FALSE(report.divergence);
        CHECK_FALSE(report.verdict);
        CHECK(report.events > 0);
        CHECK(report.events % 64 == 0);
        CHECK_FALSE(report.warnings.empty());
    }

    TEST_CASE("keys of a later version are told and passed over") {
        const std::string text = recorded(two_stages())->finish();
        const std::string event = line_with(text, "E ", "task.finished");
        const std::string action = line_with(text, "A ", "task.launch");
        const ReplayReport report =
            report_of(with(with(text, event, exchanged(event, " cause=", " mood=calm cause=")),
                           action,
                           action + " omen=\"so be it\""));
        CHECK(to_text(report) == "");
        REQUIRE(report.warnings.size() == 2);
        CHECK(report.warnings[0] ==
              "run.fyj: warning: unknown key `mood` of task.finished; it was passed over");
        CHECK(report.warnings[1] ==
              "run.fyj: warning: unknown key `omen` of task.launch; it was passed over");
    }
}

TEST_SUITE("replay that diverges") {
    TEST_CASE("at the event of an action that was other") {
        const std::string text = recorded(two_stages())->finish();
        const std::string line = line_with(text, "A ", "task.launch app=etl task=s1.0/p9#0");
        const std::string other = exchanged(line, "spec=0", "spec=1");
        const ReplayReport report = report_of(with(text, line, other));
        REQUIRE(report.divergence);
        const Divergence& found = *report.divergence;
        CHECK(found.seq == event_of(line));
        CHECK(found.event.starts_with(fmt::format("E {} ", found.seq)));
        std::uint64_t differing = 0;
        for (const Divergence::Pair& pair : found.decisions) {
            if (!pair.same()) {
                ++differing;
                CHECK(pair.recorded == other);
                CHECK(pair.now == line);
            }
        }
        CHECK(differing == 1);
        CHECK(found.last_choice.starts_with("D "));
        CHECK(event_of(found.last_choice) < found.seq);
        const std::string shown = to_text(report);
        CHECK(shown.starts_with(fmt::format("DIVERGENCE at #{} (", found.seq)));
        CHECK(shown.find("now     ! task.launch app=etl task=s1.0/p9#0") != std::string::npos);
        CHECK(shown == to_text(report_of(with(text, line, other))));
    }

    TEST_CASE("at an action that is missing, or one too many") {
        const std::string text = recorded(two_stages())->finish();
        const std::string line = line_with(text, "A ", "job.finish");
        const ReplayReport less = report_of(with(text, line, ""));
        REQUIRE(less.divergence);
        CHECK(less.divergence->seq == event_of(line));
        CHECK(to_text(less).find("(none)") != std::string::npos);
        const std::string added = exchanged(line, ".", ".9");
        const ReplayReport more = report_of(with(text, line, line + "\n" + added));
        REQUIRE(more.divergence);
        CHECK(more.divergence->decisions.back().now.empty());
    }

    TEST_CASE("at a choice that was other: it is followed, its consequences differ") {
        const std::string text = recorded(two_stages())->finish();
        const std::string line = line_with(text, "D ", "offer.order");
        const std::string::size_type pick = line.find("pick=");
        const std::string other =
            line.substr(0, pick) + (line.substr(pick) == "pick=1" ? "pick=0" : "pick=1");
        const ReplayReport report = report_of(with(text, line, other));
        REQUIRE(report.divergence);
        CHECK(report.divergence->seq >= event_of(line));
        for (const Divergence::Pair& pair : report.divergence->decisions) {
            CHECK((!pair.recorded.starts_with("D ") || pair.same()));
        }
    }

    TEST_CASE("at a choice that nobody asks for any more") {
        const std::string text = recorded(two_stages())->finish();
        const std::string line = line_with(text, "D ", "offer.order");
        const ReplayReport report =
            report_of(with(text, line, exchanged(line, "label=etl", "label=gone")));
        REQUIRE(report.divergence);
        CHECK(report.divergence->seq == event_of(line));
    }

    TEST_CASE("at an input that leads to other decisions") {
        const std::string text = recorded(two_stages())->finish();
        const std::string line = line_with(text, "E ", "status=success");
        const ReplayReport report =
            report_of(with(text, line, exchanged(line, "status=success", "status=failed")));
        REQUIRE(report.divergence);
        CHECK(report.divergence->seq == event_of(line));
    }

    TEST_CASE("at stages that are numbered otherwise") {
        const std::string text = recorded(two_stages())->finish();
        const std::string line = line_with(text, "E ", "job.submitted");
        const ReplayReport report =
            report_of(with(text, line, exchanged(line, "final=s1", "final=s2")));
        REQUIRE(report.divergence);
        CHECK(report.divergence->event_now == line);
        CHECK(to_text(report).find("\n  now      ! " + line) != std::string::npos);
    }

    TEST_CASE("at state that differs under equal decisions") {
        const std::string text = recorded(two_stages())->finish();
        const std::string line = line_with(text, "S 128 ", "manager=");
        const std::string other =
            line.substr(0, line.size() - 1) + (line.ends_with('0') ? '1' : '0');
        const ReplayReport report = report_of(with(text, line, other));
        REQUIRE(report.divergence);
        CHECK(report.divergence->seq == 128);
        CHECK(report.divergence->state_same == 64);
        const std::string shown = to_text(report);
        CHECK(shown.find("state      manager=") != std::string::npos);
        CHECK(shown.find("etl=") == std::string::npos);  // that part agrees
        CHECK(shown.find("state digests agreed last after #64") != std::string::npos);
    }

    TEST_CASE("at a broken invariant that was recorded but does not break") {
        const std::string text = recorded(two_stages())->finish();
        const std::string line = line_with(text, "A ", "job.finish");
        const std::string broken = fmt::format("V {}.99 I06 text=\"so\"", event_of(line));
        const std::string last = line_with(text.substr(text.find("\n" + line)), "E ", "");
        const ReplayReport report = report_of(with(text, last, broken + "\n" + last));
        REQUIRE(report.divergence);
        CHECK(report.divergence->seq == event_of(line));
        CHECK(to_text(report).find("broken 1") != std::string::npos);
    }

    TEST_CASE("at a chain that does not fit though every decision does") {
        const std::string text = recorded(two_stages())->finish();
        const std::string line = line_with(text, "E ", "task.finished");
        const std::string edited = with(text, line, exchanged(line, "run=0", "run=1"));
        const ReplayReport report = report_of(edited);
        REQUIRE(report.divergence);
        CHECK(report.divergence->seq == 64);
        CHECK(report.divergence->note.find("the chain of the records does not") !=
              std::string::npos);
        CHECK(report.divergence->note.find(" of run.fyj were changed") != std::string::npos);
    }

    TEST_CASE("not for a chain whose checksum was passed over") {
        const std::string text = recorded(two_stages())->finish();
        const std::string line = line_with(text, "E ", "task.finished");
        std::string edited = text;
        edited.replace(edited.find(line), line.size(), exchanged(line, "run=0", "run=1"));
        const ReplayReport report = report_of(edited, {.unsealed = true});
        CHECK_FALSE(report.divergence);
        CHECK(report.warnings.size() == 1);
    }

    TEST_CASE("text stays short however much the event decides") {
        const auto run = recorded(two_stages());
        std::string text = run->finish();
        const std::string line = line_with(text, "A ", "task.launch");
        std::string many;
        for (int i = 0; i < 500; ++i) {
            many += fmt::format("A {}.{} task.launch app=etl\n", event_of(line), 1000 + i);
        }
        const std::string shown = to_text(report_of(with(text, line, many + line)));
        CHECK(shown.size() < 3000);
        CHECK(shown.find(" more)") != std::string::npos);
    }
}

TEST_SUITE("replay of what makes no sense") {
    TEST_CASE("is an error at its line") {
        const std::string text = recorded(two_stages())->finish();
        const std::string job = line_with(text, "E ", "job.submitted");
        const auto told = [&](const std::string& line, const std::string& other) {
            const Result<ReplayReport> report = replayed(with(text, line, other));
            REQUIRE_FALSE(report);
            CHECK(report.error().where.starts_with("run.fyj:"));
            return fmt::format("{} {}", static_cast<int>(report.error().exit), report.error().what);
        };
        CHECK(told(job, exchanged(job, "program=0", "program=7")) ==
              "65 `job.submitted` cannot happen here: the application has no such job");
        const std::string executor = line_with(text, "E ", "executor.registered");
        const std::string next =
            line_with(text.substr(text.find(executor) + executor.size() + 1), "E ", "");
        CHECK(told(next, executor + "\n" + next) ==
              "65 `executor.registered` cannot happen here: the executor is registered already");
        const std::string head = executor.substr(0, executor.find("executor.registered"));
        for (const char* event : {"broadcast.unpersisted app=etl broadcast=broadcast_0",
                                  "broadcast.destroyed app=etl broadcast=broadcast_0 at=a.cpp:1"}) {
            CHECK(told(next, fmt::format("{}{} cause=-\n{}", head, event, next))
                      .ends_with("cannot happen here: there is no such broadcast"));
        }
        CHECK(told(next,
                   head +
                       "broadcast.fetched app=etl block=broadcast_0_piece0 exec=e1 from=- "
                       "bytes=1 cause=-\n" +
                       next)
                  .ends_with("there is no such piece of a broadcast"));
        for (const char* event : {"broadcast=broadcast_5 pieces=4", "broadcast=- pieces=4"}) {
            CHECK(told(next,
                       fmt::format("{}broadcast.created app=etl {} cause=-\n{}", head, event, next))
                      .ends_with("the next broadcast is number 0"));
        }
        CHECK(told(next,
                   head + "broadcast.created app=etl broadcast=broadcast_0 pieces=4,-1 cause=-\n" +
                       next)
                  .ends_with("a broadcast has pieces, of at least a byte"));
        CHECK(told(job, exchanged(job, " cause=", " only=0,99 cause=")) ==
              "65 `job.submitted` cannot happen here: it has no such partitions");
        const std::string ended = line_with(text, "E ", "task.finished");
        CHECK(told(ended, exchanged(ended, " cause=", " accumulated=5 cause=")) ==
              "65 `task.finished` cannot happen here: the application has no such accumulator");
        CHECK(told(job, exchanged(job, "app=etl", "app=-")) ==
              "65 `job.submitted` cannot happen here: it names no application");
        CHECK(told(job, exchanged(job, "app=etl", "app=elt")) ==
              "65 `elt` is no value for key `app`");
        CHECK(told(job, exchanged(job, "job.submitted", "job.wished")) ==
              "4 unknown record kind `job.wished`");
        const std::string first = line_with(text, "E ", "app.submitted");
        CHECK(told(first, exchanged(first, "app.submitted", "app.killed"))
                  .starts_with("65 `app.killed` cannot happen here: its application was not"));
    }

    TEST_CASE("DP-RDD-20 files of which no datasets can be made so are an error, too") {
        const LoadResult loaded = load_text(small_scenario + R"([[app.dataset]]
name = "plain"
steps = [{ read_text = "a.txt" }]
[[app.dataset]]
name = "zipped"
steps = [{ read_text = "b.gz" }, { zip = "plain" }]
)");
        REQUIRE(loaded.loaded);  // without a look at the files
        const Scenario& scenario = loaded.loaded->scenario;
        const ControlPlane control{scenario, make_policy(scenario)};
        const auto submitted = [&](std::int64_t size) {
            return why_impossible(
                control, AppSubmitted{AppId{0}, {{0, "", Bytes{size}}, {1, "", Bytes{50}}}});
        };
        CHECK(submitted(1).empty());
        CHECK(submitted(100) ==
              "datasets with unequal numbers of partitions cannot be zipped: 1 and 2");
    }

    TEST_CASE("is said of the scenario with the lines of the journal") {
        const std::string text = recorded(two_stages())->finish();
        const std::string line = line_with(text, "C ", "cluster.worker.0.cores=");
        const Result<ReplayReport> report =
            replayed(with(text, line, "C cluster.worker.0.kores=2"));
        REQUIRE_FALSE(report);
        CHECK(report.error().exit == Exit::bad_input);
        std::uint64_t number = 1;
        for (std::size_t at = 0; text.compare(at, line.size(), line) != 0; ++number) {
            at = text.find('\n', at) + 1;
        }
        CHECK(report.error().what.find(fmt::format("run.fyj:{}:1", number)) != std::string::npos);
    }
}

}  // namespace
}  // namespace forkyard::sim::replay_test
