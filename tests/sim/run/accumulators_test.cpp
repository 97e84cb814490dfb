// What tasks add to accumulators: which of it counts, and who can read it.
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "sim/session/sdk/forkyard/session.hpp"
#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::accumulators_test {

namespace {

using testing::InlineRun;

std::vector<std::string>& heard() {
    static std::vector<std::string> lines;
    return lines;
}

// A worker of 7 cores and one of 3, so that each of ten tasks has one at once.
InlineRun run(const std::string& app, const std::string& faults = "") {
    heard().clear();
    return InlineRun{
        "format = 1\n[[cluster.worker]]\nname = \"large\"\ncores = 7\nmemory = \"4g\"\n"
        "[[cluster.worker]]\nname = \"small\"\ncores = 3\nmemory = \"4g\"\n[conf]\n"
        "\"forkyard.offers\" = \"in-order\"\n\"spark.speculation\" = true\n"
        "[[app]]\nname = \"a\"\n" +
        app + faults};
}

std::string program(const std::string& name) {
    return "[app.program]\nname = \"" + name + "\"\n";
}

std::string dataset(const std::string& steps) {
    return "[[app.dataset]]\nname = \"d\"\nsteps = [" + steps + "]\n";
}

std::int64_t value_of(const InlineRun& ran, const std::string& accumulator) {
    const auto& known = ran.result.report.summary.apps.at(0).accumulators;
    const auto found = known.find(accumulator);
    return found == known.end() ? 0 : found->second;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

constexpr const char* thousand =
    "{ range = 1000, partitions = 10 }, "
    "{ accumulate = \"constant\", args = [\"rows\", 1], cost = \"1s\" }";

void counts_with_two_actions(Session& session) {
    const Accumulator rows = session.accumulator("rows");
    Dataset counted = session.range(0, 1000, 1, 10).accumulate(rows, "constant", 1);
    heard().push_back(fmt::format("{}", rows.value()));
    (void)counted.count();
    heard().push_back(fmt::format("{}", rows.value()));
    counted.cache();
    (void)counted.count();
    heard().push_back(fmt::format("{}", session.accumulator("rows").value()));
    (void)counted.count();
    heard().push_back(fmt::format("{}", rows.value()));
}
FORKYARD_PROGRAM(counts_with_two_actions, "an accumulator of a dataset that is used again")

void adds_what_is_no_number(Session& session) {
    const Accumulator sum = session.accumulator("sum");
    try {
        (void)session.range(0, 3).accumulate(sum, "constant", "three").count();
    } catch (const SessionError& error) {
        heard().emplace_back(error.what());
    }
    try {
        (void)session.accumulator("");
    } catch (const SessionError& error) {
        heard().emplace_back(error.what());
    }
    try {
        (void)session.range(0, 3).accumulate(sum, "no such function");
    } catch (const SessionError& error) {
        heard().emplace_back(error.what());
    }
    try {
        (void)session.range(0, 3).accumulate(Accumulator{}, "identity");
    } catch (const SessionError& error) {
        heard().emplace_back(error.what());
    }
    heard().push_back(fmt::format("{}", sum.value()));
}
FORKYARD_PROGRAM(adds_what_is_no_number, "accumulators take whole numbers")

Accumulator& known_to_tasks() {
    static Accumulator accumulator;
    return accumulator;
}

Computed<Value> reads_an_accumulator(Value /*record*/, Arguments /*args*/) {
    return Value{known_to_tasks().value()};
}
FORKYARD_FUNCTION(reads_an_accumulator,
                  "reads_an_accumulator",
                  "asks for what only the driver knows",
                  0,
                  0,
                  reads_an_accumulator)

void reads_within_tasks(Session& session) {
    known_to_tasks() = session.accumulator("rows");
    try {
        (void)session.range(0, 3).map("reads_an_accumulator").count();
    } catch (const SessionError& error) {
        heard().emplace_back(error.what());
    }
    known_to_tasks() = {};
}
FORKYARD_PROGRAM(reads_within_tasks, "accumulators are the driver's to read")

}  // namespace

TEST_SUITE("accumulators") {
    TEST_CASE("DP-BC-05 in a result stage a partition counts once, with retries and copies") {
        const InlineRun ran = run(dataset(thousand),
                                  "[[fault]]\nkind = \"fail-task\"\nstage = \"d\"\npartition = 3\n"
                                  "[[fault]]\nkind = \"slow-task\"\nstage = \"d\"\npartition = 5\n"
                                  "factor = 20\n");
        CHECK(ran.result.report.summary.tasks.failed == 1);
        CHECK(ran.result.report.summary.tasks.speculative == 1);
        CHECK(value_of(ran, "rows") == 1000);
    }

    TEST_CASE("DP-BC-05 of two copies that both come to an end one counts") {
        // The slow one is not told in time that it is not wanted any more.
        const InlineRun ran = run(dataset(thousand),
                                  "[[fault]]\nkind = \"hold-completion\"\nstage = \"d\"\n"
                                  "partition = 5\ndelay = \"10s\"\n");
        CHECK(ran.result.report.summary.tasks.speculative == 1);
        CHECK(value_of(ran, "rows") == 1000);
    }

    TEST_CASE("DP-BC-06 map tasks that run again after a loss add again") {
        const std::string grouped = fmt::format(
            "{}, {{ key_by = \"mod\", args = [5] }}, "
            "{{ group_by_key = true, partitions = 4 }}",
            thousand);
        const InlineRun ran =
            run(dataset(grouped),
                "[[fault]]\nkind = \"kill-executor\"\nexecutor = { node = \"small\" }\n"
                "when = { kind = \"stage.finish\", stage = \"d:3\" }\n");
        CHECK(ran.records.of("task.launch app=a task=s0.1/").size() == 3);
        CHECK(value_of(ran, "rows") == 1300);
    }

    TEST_CASE(
        "DP-BC-06 what is computed again for another action counts again, unless it is kept") {
        const InlineRun ran = run(program("counts_with_two_actions"));
        CHECK(heard() == std::vector<std::string>{"0", "1000", "2000", "2000"});
        CHECK(value_of(ran, "rows") == 2000);
    }

    TEST_CASE("DP-BC-06 what a task added that has failed is dropped") {
        const InlineRun ran = run(program("adds_what_is_no_number"));
        REQUIRE(heard().size() == 5);
        CHECK(has(heard()[0], "accumulate constant: gives a text, and whole numbers are added up"));
        CHECK(heard()[1] == "an accumulator needs a name");
        CHECK(has(heard()[2], "no function is called 'no such function'"));
        CHECK(has(heard()[3], "`accumulate` does not take these arguments"));
        CHECK(heard()[4] == "0");
    }

    TEST_CASE("DP-BC-06 tasks cannot read an accumulator") {
        const InlineRun ran = run(program("reads_within_tasks"));
        REQUIRE(heard().size() == 1);
        CHECK(has(heard()[0], "accumulators can be used by the driver only"));
    }

    TEST_CASE("a take counts the records that it comes to") {
        const InlineRun ran =
            run(dataset(thousand) + "[[app.job]]\nof = \"d\"\naction = \"take\"\nargs = [7]\n");
        CHECK(value_of(ran, "rows") == 7);
    }

    TEST_CASE("several accumulators have their names, and nothing is said of those without a sum") {
        const InlineRun ran =
            run(dataset("{ range = 10, partitions = 2 }, "
                        "{ accumulate = \"identity\", args = [\"sum\"] }, "
                        "{ accumulate = \"constant\", args = [\"none\", 0] }, "
                        "{ accumulate = \"multiply\", args = [\"less\", -1] }"));
        CHECK(value_of(ran, "sum") == 45);
        CHECK(value_of(ran, "less") == -45);
        CHECK(ran.records.of("accumulator.update app=a name=none").empty());
    }
}

}  // namespace forkyard::sim::accumulators_test
