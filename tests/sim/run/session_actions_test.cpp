// What programs ask of their datasets beside the actions of scenarios: look-ups, reductions in a
// tree, and that nothing be kept any more.
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/session/sdk/forkyard/session.hpp"
#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::session_actions_test {

namespace {

using testing::InlineRun;

std::vector<std::string>& heard() {
    static std::vector<std::string> lines;
    return lines;
}

std::string listed(const std::vector<Value>& values) {
    std::string text;
    for (const Value& value : values) {
        text += (text.empty() ? "" : " ") + to_text(value);
    }
    return text;
}

// Keys 0 to 6, of 100 numbers in 4 partitions.
Dataset by_rest(Session& session) {
    return session.range(0, 100, 1, 4).key_by("mod", 7);
}

void looks_up(Session& session) {
    const Dataset sums = by_rest(session).reduce_by_key("sum", 3U);
    heard().push_back(listed(sums.lookup(4, "known place")));
    heard().push_back(listed(sums.map_values("constant", "x").lookup(4, "still known")));
    heard().push_back(listed(sums.map("identity").lookup(4, "no known place")));
    heard().push_back(listed(sums.lookup(7, "no such key")));
    heard().push_back(listed(sums.sort_by("key").lookup(4, "sorted")));
    try {
        (void)session.range(0, 2).lookup(1, "no pairs");
    } catch (const SessionError& error) {
        heard().emplace_back(error.what());
    }
}
FORKYARD_PROGRAM(looks_up, "values of keys")

void reduces_in_trees(Session& session) {
    const auto sum = [&](std::uint32_t partitions, std::int64_t depth) {
        heard().push_back(to_text(session.range(0, 1000, 1, partitions)
                                      .tree_reduce("sum", depth, fmt::format("{}", partitions))));
    };
    sum(100, 2);
    sum(4, 2);
    sum(1000, 3);
    try {
        (void)session.range(0, 0, 1, 9).tree_reduce("sum");
    } catch (const SessionError& error) {
        heard().emplace_back(error.what());
    }
    try {
        (void)session.range(0, 9).tree_reduce("sum", 0);
    } catch (const SessionError& error) {
        heard().emplace_back(error.what());
    }
}
FORKYARD_PROGRAM(reduces_in_trees, "sums, level by level")

void keeps_for_a_while(Session& session) {
    Dataset slow = session.range(0, 12, 1, 6).costing(std::chrono::milliseconds{100}).map("add", 1);
    const Dataset twice = slow.map("multiply", 2);
    slow.cache();
    heard().push_back(to_text(twice.reduce("sum", "computes")));
    heard().push_back(to_text(twice.reduce("sum", "finds")));
    slow.unpersist();
    slow.unpersist();
    heard().push_back(to_text(twice.reduce("sum", "computes again")));
    slow.cache("DISK_ONLY");
    heard().push_back(to_text(twice.reduce("sum", "and keeps again")));
    heard().push_back(to_text(twice.reduce("sum", "finds again")));
}
FORKYARD_PROGRAM(keeps_for_a_while, "unpersist")

InlineRun run(const std::string& program, const std::string& cluster = "") {
    heard().clear();
    return InlineRun{
        "format = 1\n" + cluster +
        "[[cluster.worker]]\nname = \"w\"\ncount = 2\ncores = 2\nmemory = \"4g\"\n[conf]\n"
        "\"spark.executor.memory\" = \"1g\"\n[[app]]\nname = \"a\"\n[app.program]\nname = \"" +
        program + "\"\n"};
}

// The records of this kind from the submission of the job to that of the next.
std::vector<std::string> records_of(const InlineRun& run,
                                    const std::string& job,
                                    const std::string& kind) {
    std::vector<std::string> found;
    bool its_own = false;
    for (const std::string& line : run.records.lines) {
        if (line.find(" job.submitted ") != std::string::npos) {
            its_own = line.find(fmt::format(" name=\"{}\"", job)) != std::string::npos ||
                      line.find(fmt::format(" name={} ", job)) != std::string::npos;
        }
        if (its_own && line.find(" " + kind + " ") != std::string::npos) {
            found.push_back(line);
        }
    }
    return found;
}

// A number of a record.
long long number(const std::string& line, const std::string& key) {
    return std::stoll(line.substr(line.find(" " + key + "=") + key.size() + 2));
}

using Numbers = std::vector<long long>;

// The tasks of the job's stages that ran, those of its parents first.
Numbers stages_of(const InlineRun& run, const std::string& job) {
    Numbers tasks;
    for (const std::string& line : records_of(run, job, "stage.submit")) {
        tasks.push_back(number(line, "tasks"));
    }
    return tasks;
}

// How long the tasks of the job ran, in tenths of a second, added up.
long long work_of(const InlineRun& run, const std::string& job) {
    long long sum = 0;
    for (const std::string& line : records_of(run, job, "task.finished")) {
        sum += number(line, "run") / 100'000;
    }
    return sum;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_SUITE("actions of sessions") {
    TEST_CASE("DP-RDD-26 a look-up is one task where keys are known to be, else one a partition") {
        const InlineRun ran = run("looks_up");
        CHECK(ran.result.report.exit == Exit::ok);
        REQUIRE(heard().size() == 6);
        CHECK(heard()[0] == "693");  // 4, 11, ... 95
        CHECK(heard()[1] == "x");
        CHECK(heard()[2] == "693");
        CHECK(heard()[3].empty());
        CHECK(heard()[4] == "693");
        CHECK(heard()[5].find("lookup needs pairs") != std::string::npos);
        CHECK(stages_of(ran, "known place") == Numbers{4, 1});
        CHECK(stages_of(ran, "still known") == Numbers{1});
        CHECK(stages_of(ran, "no known place") == Numbers{3});
        CHECK(stages_of(ran, "no such key") == Numbers{1});
        CHECK(stages_of(ran, "sorted").back() == 3);
        CHECK(ran.records.of(" from=1 until=2 ").size() == 3);  // 4 mod 3
    }

    TEST_CASE("DP-RDD-24 what partitions give is reduced in executors, where that helps") {
        const InlineRun ran = run("reduces_in_trees");
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(heard() == Texts{"499500",
                               "499500",
                               "499500",
                               "empty collection",
                               "tree_reduce takes the name of a function, and a depth from 1 on"});
        CHECK(stages_of(ran, "100") == Numbers{100, 10});
        CHECK(stages_of(ran, "4") == Numbers{4});
        CHECK(stages_of(ran, "1000") == Numbers{1000, 100, 10});
    }

    TEST_CASE("DP-BLK-14 what is unpersisted goes everywhere, and what needs it computes it") {
        for (const std::string delay : {"0s", "5ms"}) {
            const InlineRun ran =
                run("keeps_for_a_while", "[cluster]\nmessage_delay = \"" + delay + "\"\n");
            CHECK(ran.result.report.exit == Exit::ok);
            CHECK(heard() == Texts(5, "156"));
            CHECK(ran.records.of(" dataset.unpersisted ").size() == 2);
            CHECK(ran.records.of("rdd.remove app=a rdd=rdd_1").size() == 1);
            CHECK(ran.records.of(" block.dropped ").size() == 6);
            CHECK(work_of(ran, "computes") == 6);
            CHECK(work_of(ran, "finds") == 0);
            CHECK(work_of(ran, "computes again") == 6);
            CHECK(work_of(ran, "and keeps again") == 6);
            CHECK(work_of(ran, "finds again") == 0);
            CHECK(ran.records.of(" disk=1 ").size() == 6);
        }
    }
}

}  // namespace forkyard::sim::session_actions_test
