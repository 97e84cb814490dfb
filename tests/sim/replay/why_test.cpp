// Why a decision was made: told from its journal, and by the schedulers replayed.
#include "sim/replay/why.hpp"

#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include "sim/journal/journal_writer.hpp"
#include "sim/replay/journal_story.hpp"
#include "sim/run/run.hpp"

namespace forkyard::sim::why_test {
namespace {

JournalFile journal_of(const std::string& scenario) {
    const LoadResult loaded =
        load_scenario(std::string{FORKYARD_SOURCE_DIR "/scenarios/"} + scenario);
    REQUIRE(loaded.loaded);
    std::string text;
    JournalWriter writer{memory_output(text)};
    writer.begin(loaded.loaded->scenario, loaded.loaded->lines, "1.2.3");
    Result<RunResult> ran = run_scenario(*loaded.loaded,
                                         {.executors = ExecutorMode::in_line,
                                          .out_folder = std::filesystem::temp_directory_path(),
                                          .journal = &writer,
                                          .poll = {}});
    REQUIRE(ran);
    REQUIRE(writer.finish("ended", 0));
    Result<JournalFile> journal = parse_journal("run.fyj", text);
    REQUIRE(journal);
    return std::move(*journal);
}

std::string why(const JournalFile& journal, const std::string& record) {
    const Result<std::string> text = explain_record(journal, record);
    return text ? *text : text.error().text();
}

TEST_SUITE("why") {
    TEST_CASE("a launch has its reason, its waits, its candidates and its causes") {
        const JournalFile journal = journal_of("locality_wait.toml");
        CHECK(why(journal, "s0.0/p2#0") ==
              "9.1 at 5.5 s: task.launch app=scan task=s0.0/p2#0 exec=e1 node=w-1 "
              R"(loc=NODE_LOCAL why=best-locality
  best-locality: no executor could be more local for it

Waited 5.5 s, from 0 s on
    2 s  locality-wait on NODE_LOCAL  there are free slots, but less local than it accepts yet
  3.5 s  slots-full                   all slots are in use

Candidates at 5.5 s, when 2 tasks of its stage waited, up to ANY
  e1  w-1  1 of 1 free  NODE_LOCAL  chosen
  e2  w-2  0 of 1 free  ANY         no room

What led to it
  9    5.5 s  task.finished app=scan task=s0.0/p0#0 exec=e1 status=success
  7.2  0 s    task.launch app=scan task=s0.0/p0#0 exec=e1 node=w-1 loc=NODE_LOCAL why=best-loca...
  7    0 s    job.submitted app=scan job=j0 name=read
  3    0 s    app.submitted app=scan
              the scenario
)");
    }

    TEST_CASE("a wait has its meaning, and an event its causes alone") {
        const JournalFile journal = journal_of("locality_wait.toml");
        CHECK(why(journal, "7.3").find("locality-wait: there are free slots") != std::string::npos);
        const std::string event = why(journal, "9");
        CHECK(event.starts_with("9 at 5.5 s: task.finished"));
        CHECK(event.find("Candidates") == std::string::npos);
    }

    TEST_CASE("a record that is not there is wrong usage") {
        const JournalFile journal = journal_of("locality_wait.toml");
        for (const char* record :
             {"99", "9.9", "0", "nine", "9.", "", "s7.0/p0#0", "other:s0.0/p0#0"}) {
            CAPTURE(record);
            const Result<std::string> text = explain_record(journal, record);
            REQUIRE(!text);
            CHECK(text.error().exit == Exit::usage);
        }
        CHECK(explain_record(journal, "scan:s0.0/p0#0").has_value());
    }

    TEST_CASE("of every launch of every scenario, the reasons for waiting fill the time waited") {
        const std::filesystem::path folder{FORKYARD_SOURCE_DIR "/scenarios"};
        std::size_t launches = 0;
        for (const auto& entry : std::filesystem::directory_iterator{folder}) {
            if (entry.path().extension() != ".toml") {
                continue;
            }
            const std::string name = entry.path().filename().string();
            const LoadResult loaded = load_scenario(entry.path().string());
            REQUIRE(loaded.loaded);
            if (loaded.loaded->scenario.clock == ClockKind::wall) {
                continue;
            }
            CAPTURE(name);
            const JournalFile journal = journal_of(name);
            const Result<JournalStory> story = JournalStory::of(journal);
            REQUIRE(story);
            for (const JournalFile::Line& line : journal.lines) {
                if (line.text.find(" task.launch ") == std::string_view::npos) {
                    continue;
                }
                ++launches;
                const std::string id{line.text.substr(2, line.text.find(' ', 2) - 2)};
                CAPTURE(id);
                const Result<RecordId> launch = story->find(id);
                REQUIRE(launch);
                const Waited waited = story->waited_for(*launch);
                SimDuration sum{0};
                for (const Waited::Part& part : waited.parts) {
                    sum += part.time;
                }
                CHECK(sum == story->record(*launch).time - waited.since);
            }
        }
        CHECK(launches > 100);
    }
}

}  // namespace
}  // namespace forkyard::sim::why_test
