// A journal of a program with functions of its own, replayed by a binary that has neither: their
// names in the journal are changed to some that nobody has.
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "sim/journal/byte_output.hpp"
#include "sim/journal/journal_writer.hpp"
#include "sim/replay/replay.hpp"
#include "sim/replay/why.hpp"
#include "sim/run/run.hpp"
#include "sim/session/sdk/forkyard/session.hpp"
#include "tests/sim/journal/journal_fixture.hpp"

namespace forkyard::sim::functions_elsewhere_test {

namespace {

Computed<Value> twice(Value record, Arguments /*args*/) {
    return Value{2 * record.integer()};
}
FORKYARD_FUNCTION(own_twice, "own_twice", "a number and the same again", 0, 0, twice)

Computed<void> last_digit(Value& into, const Value& next, Arguments /*args*/) {
    into = Value{(into.integer() + next.integer()) % 10};
    return {};
}
FORKYARD_FUNCTION(
    own_digit, "own_digit", "the last digit of a sum", 0, 0, nullptr, nullptr, nullptr, last_digit)

void own_program(Session& session) {
    const Dataset numbers = session.range(0, 20, 1, 4).map("own_twice");
    (void)numbers.key_by("mod", 3).reduce_by_key("own_digit").sort_by("own_twice").count();
    (void)numbers.reduce("own_digit");
}
FORKYARD_PROGRAM(own_program, "with functions of its own")

std::string renamed(std::string text) {
    for (std::size_t at = text.find("own_"); at != std::string::npos; at = text.find("own_", at)) {
        text.replace(at, 4, "new_");
    }
    return resealed(text);
}

// A run inline, as its journal has it.
std::string recorded(const std::string& of_app) {
    const LoadResult loaded = load_text(
        "format = 1\n[[cluster.worker]]\nname = \"w\"\ncores = 2\nmemory = \"4g\"\n"
        "[[app]]\nname = \"a\"\n" +
        of_app);
    REQUIRE_MESSAGE(loaded.loaded, shown(loaded));
    std::string text;
    JournalWriter writer{memory_output(text)};
    writer.begin(loaded.loaded->scenario, loaded.loaded->lines, "1.2.3");
    const Result<RunResult> run = run_scenario(
        *loaded.loaded,
        {.executors = ExecutorMode::in_line, .out_folder = "", .journal = &writer, .poll = {}});
    REQUIRE(run);
    REQUIRE(run->report.exit == Exit::ok);
    REQUIRE(writer.finish("ended", 0));
    return text;
}

// Whether all that was decided is decided again. That names were changed is seen by the chain of
// the records at the end of a block, which is compared last.
bool decides_alike(const std::string& text) {
    const Result<JournalFile> journal = parse_journal("run.fyj", text);
    REQUIRE_MESSAGE(journal, journal.error().text());
    const Result<ReplayReport> report = replay(*journal);
    REQUIRE_MESSAGE(report, report.error().text());
    INFO(to_text(*report));
    CHECK(report->report.summary.apps[0].outcome == Outcome::succeeded);
    REQUIRE(report->divergence);
    return report->divergence->note.starts_with("the decisions agree, the chain");
}

}  // namespace

TEST_SUITE("replay without the program") {
    TEST_CASE("what a program asked for is decided again where neither it nor its functions are") {
        const std::string text = renamed(recorded("[app.program]\nname = \"own_program\"\n"));
        CHECK(text.find("job.defined") != std::string::npos);
        CHECK(text.find("new_digit") != std::string::npos);
        CHECK(decides_alike(text));
    }

    TEST_CASE("neither are they needed for datasets and jobs of the scenario") {
        for (const std::string action : {"reduce", "tree_reduce"}) {
            CAPTURE(action);
            const std::string text = renamed(
                recorded("[[app.dataset]]\nname = \"d\"\nsteps = [{ range = 8, partitions = 2 }, "
                         "{ map = \"own_twice\" }]\n[[app.job]]\nof = \"d\"\naction = \"" +
                         action + "\"\nargs = [\"own_digit\"]\n"));
            CHECK(decides_alike(text));
        }
    }

    TEST_CASE("why a task was launched is explained without them") {
        const std::string text = renamed(recorded("[app.program]\nname = \"own_program\"\n"));
        const Result<JournalFile> journal = parse_journal("run.fyj", text);
        REQUIRE(journal);
        const Result<std::string> why = explain_record(*journal, "s0.0/p0#0");
        REQUIRE_MESSAGE(why, why.error().text());
        CHECK(why->find("job.defined") != std::string::npos);
    }

    TEST_CASE("a scenario file that names a function nobody has is refused as ever") {
        const LoadResult loaded = load_text(
            "format = 1\n[[cluster.worker]]\nname = \"w\"\ncores = 2\nmemory = \"4g\"\n"
            "[[app]]\nname = \"a\"\n[[app.dataset]]\nname = \"d\"\nsteps = [{ range = 8 }]\n"
            "[[app.job]]\nof = \"d\"\naction = \"reduce\"\nargs = [\"new_digit\"]\n",
            {},
            DataFiles::look);
        CHECK_FALSE(loaded.loaded);
    }
}

}  // namespace forkyard::sim::functions_elsewhere_test
