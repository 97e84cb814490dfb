// Driver programs in C++: what they ask for becomes events, what they hear follows from results.
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/session/sdk/forkyard/session.hpp"
#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::sessions_test {

namespace {

using testing::InlineRun;

// What the programs of this file have seen; cleared before each run.
std::vector<std::string>& seen() {
    static std::vector<std::string> lines;
    return lines;
}

std::string all_seen() {
    return fmt::format("{}", fmt::join(seen(), "; "));
}

template <class Ask>
void note_error(Ask ask) {
    try {
        ask();
        seen().emplace_back("no error");
    } catch (const SessionError& error) {
        seen().emplace_back(error.what());
    }
}

void counts_and_goes_on(Session& session) {
    const Dataset numbers = session.range(0, 100, 1, 4);
    const Dataset even = numbers.filter("is_even");
    seen().push_back(fmt::format("{} of {}", even.count(), numbers.count()));
    for (const Value& row : numbers.key_by("mod", 3)
                                .map_values("constant", 1)
                                .reduce_by_key("sum")
                                .sort_by("key")
                                .collect("by rest")) {
        seen().push_back(to_text(row));
    }
    seen().push_back(to_text(numbers.reduce("max")));
    seen().push_back(fmt::format("{}", numbers.take(7).size()));
    seen().push_back(to_text(numbers.top(2)[1]));
    seen().push_back(to_text(numbers.map("add", 5).first()));
}
FORKYARD_PROGRAM(counts_and_goes_on, "several actions, one after the other")

void makes_mistakes(Session& session) {
    const Dataset numbers = session.range(0, 10);
    note_error([&] { (void)numbers.map("no_such_function"); });
    note_error([&] { (void)numbers.map("add"); });
    note_error([&] { (void)session.dataset("nowhere"); });
    note_error([&] { (void)session.read_text("no_such_file.txt"); });
    Dataset kept = numbers;
    kept.cache();
    note_error([&] { kept.cache("DISK_ONLY"); });
    note_error([&] { kept.cache("IN_A_DRAWER"); });
    note_error([&] { (void)numbers.filter("is_odd").filter("is_even").reduce("sum"); });
    note_error([&] { (void)numbers.map("length").count(); });  // fails in its tasks
    seen().push_back(fmt::format("{}", numbers.count()));
    session.stop();
    note_error([&] { (void)numbers.count(); });
}
FORKYARD_PROGRAM(makes_mistakes, "and catches what comes of them")

void throws_up(Session& session) {
    (void)session.range(0, 10).count();
    throw std::runtime_error{"enough"};
}
FORKYARD_PROGRAM(throws_up, "ends with an exception")

void asks_for_arguments(Session& session) {
    seen().push_back(fmt::format("{} {} {} {}",
                                 session.argument("n", std::int64_t{1}),
                                 session.argument("x", 0.5),
                                 session.argument("text", "none"),
                                 session.argument("absent", std::int64_t{7})));
    note_error([&] { (void)session.argument("text", std::int64_t{0}); });
}
FORKYARD_PROGRAM(asks_for_arguments, "prints them")

void counts_for_ever(Session& session) {
    const Dataset numbers =
        session.range(0, 10, 1, 2).costing(std::chrono::seconds{1}).map("add", 1);
    while (true) {
        (void)numbers.count();
        seen().emplace_back("counted");
    }
}
FORKYARD_PROGRAM(counts_for_ever, "does not end by itself")

Computed<Value> cube(Value record, Arguments /*args*/) {
    const std::int64_t n = record.integer();
    return Value{n * n * n};
}
FORKYARD_FUNCTION(test_cube, "test_cube", "the third power", 0, 0, cube)

void uses_a_function(Session& session) {
    seen().push_back(to_text(session.range(0, 5).map("test_cube").reduce("sum")));
}
FORKYARD_PROGRAM(uses_a_function, "with a function of its own")

std::string app(const std::string& program, const std::string& more = "") {
    seen().clear();
    return "format = 1\n[[cluster.worker]]\nname = \"w\"\ncount = 2\ncores = 2\nmemory = \"4g\"\n"
           "[[app]]\nname = \"a\"\n" +
           more + "[app.program]\nname = \"" + program + "\"\n";
}

std::string file(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream{FORKYARD_SOURCE_DIR "/" + name}.rdbuf();
    return text.str();
}

}  // namespace

TEST_SUITE("sessions") {
    TEST_CASE("DP-SES-01 a program asks one session for everything, action by action") {
        const InlineRun run{app("counts_and_goes_on")};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(all_seen() == "50 of 100; (0,34); (1,33); (2,33); 99; 7; 98; 5");
        CHECK(run.result.report.results.size() == 7);
        CHECK(run.records.of("job.defined ").size() == 7);
        // Lazy: a definition is no job (DP-RDD-01), but a sort samples.
        CHECK(run.records.of("dataset.defined ").size() == 7);
        CHECK(run.records.of(" name=\"sort_by at").size() == 1);
    }

    TEST_CASE("what makes no sense is refused at once, and the program may go on") {
        const InlineRun run{app("makes_mistakes")};
        CHECK(run.result.report.exit == Exit::ok);
        REQUIRE(seen().size() == 10);
        CHECK(seen()[0].find("no_such_function") != std::string::npos);
        CHECK(seen()[1].find("takes 1 argument") != std::string::npos);
        CHECK(seen()[2].find("nowhere") != std::string::npos);
        CHECK(seen()[3].find("no_such_file.txt") != std::string::npos);
        CHECK(seen()[4].find("cannot be changed to DISK_ONLY") != std::string::npos);
        CHECK(seen()[5].find("IN_A_DRAWER") != std::string::npos);
        CHECK(seen()[6] == "empty collection");
        CHECK(seen()[7].find("needs a text") != std::string::npos);
        CHECK(seen()[8] == "10");
    }

    TEST_CASE("DP-SES-05 nothing can be asked of a session that was stopped") {
        const InlineRun run{app("makes_mistakes")};
        CHECK(seen().back().find("has been stopped") != std::string::npos);
        CHECK(run.records.of("job.submitted ").size() == 3);  // two that fail, a count
    }

    TEST_CASE("an exception that nobody catches fails the application") {
        const InlineRun run{app("throws_up")};
        CHECK(run.result.report.exit == Exit::failed);
        CHECK(run.records.of("app.finish app=a status=failed reason=enough").size() == 1);
    }

    TEST_CASE("arguments are those of the scenario, else the program's own") {
        const InlineRun run{app("asks_for_arguments") + "n = 3\nx = 2.5\ntext = \"some\"\n"};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(seen() == std::vector<std::string>{
                            "3 2.5 some 7", "the program's argument `text` is not a whole number"});
    }

    TEST_CASE("DP-SES-05 the death of its driver ends a program; started anew it begins anew") {
        const InlineRun killed{app("counts_for_ever") +
                               "[[fault]]\nkind = \"kill-driver\"\nat = \"3500ms\"\n"
                               "[expect]\noutcome = \"failed\"\n"};
        CHECK(killed.result.report.exit == Exit::ok);
        CHECK(seen().size() == 3);
        const InlineRun again{
            app("counts_for_ever",
                "deploy_mode = \"cluster\"\nsupervise = true\nkill_at = \"6s\"\n") +
            "[[fault]]\nkind = \"kill-driver\"\nat = \"3500ms\"\n"
            "[expect]\noutcome = \"killed\"\n"};
        CHECK(again.result.report.exit == Exit::ok);
        CHECK(seen().size() >= 4);
        CHECK(again.records.of("dataset.defined ").size() == 4);  // twice two
    }

    TEST_CASE("functions can be added") {
        const InlineRun run{app("uses_a_function")};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(seen() == std::vector<std::string>{"100"});
    }

    TEST_CASE("PageRank has the ranks that are known of a star") {
        const std::string text = file("scenarios/workloads/pagerank.toml");
        const InlineRun run{text};
        CHECK(run.result.report.exit == Exit::ok);
        double sum = 0;
        for (const Value& row : rows_of(run.result.report.results.at(0))) {
            const double rank = row.second().real();
            const double expected = row.first().integer() == 0 ? 37.531361553907 : 0.634686384461;
            CHECK(std::abs(rank - expected) < 1e-9);
            sum += rank;
        }
        CHECK(std::abs(sum - 101) < 1e-9);
        const InlineRun lost{text, {"app.ranks.program.loses_partitioner=1", "expect.records=[]"}};
        CHECK(lost.result.report.exit == Exit::ok);
        CHECK(lost.records.of("stage.submit ").size() == 21);
    }

    TEST_CASE("k-means reads its points from memory from the second round on") {
        const InlineRun run{file("scenarios/workloads/kmeans.toml")};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(run.records.of("block.cached ").size() == 8);
    }
}

}  // namespace forkyard::sim::sessions_test
