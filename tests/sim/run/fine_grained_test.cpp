// Mesos's fine-grained mode in whole runs: what is lent comes back, whatever is lost on the way.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::fine_grained_test {

using testing::InlineRun;
using testing::stage;

namespace {

using Lines = std::vector<std::string>;

// Two agents of four cores: three of each for tasks.
std::string two(const std::string& cluster, const std::string& apps) {
    return "format = 1\n[cluster]\nmanager = \"mesos\"\n" + cluster +
           "[[cluster.worker]]\nname = \"w\"\ncount = 2\ncores = 4\nmemory = \"8g\"\n[conf]\n"
           "\"forkyard.offers\" = \"in-order\"\n\"spark.mesos.coarse\" = false\n" +
           apps;
}

std::string app(const std::string& name, const std::string& keys = "") {
    return "[[app]]\nname = \"" + name + "\"\n" + keys;
}

std::string shuffle(int maps) {
    return stage("m", maps, "700ms") + "shuffle_write = \"1m\"\n" + stage("r", 4, "300ms") +
           "parents = [\"m\"]\n";
}

// The sum of a key's values.
std::int64_t sum_of(const Lines& lines, const std::string& key) {
    std::int64_t sum = 0;
    for (const std::string& line : lines) {
        sum += std::stoll(line.substr(line.find(" " + key + "=") + key.size() + 2));
    }
    return sum;
}

}  // namespace

TEST_SUITE("fine-grained mode") {
    TEST_CASE("CM-MESOS-12 every core that was lent has come back at the end") {
        for (const char* const cluster :
             {"", "message_delay = \"20ms\"\n", "executor_start = \"2s\"\n"}) {
            const InlineRun run{two(cluster, app("a", "open_until = \"60s\"\n") + shuffle(20))};
            CHECK(run.result.report.exit == Exit::ok);
            const Lines lent = run.records.of("cores.offered app=a");
            const Lines returned = run.records.of("cores.returned app=a");
            CHECK(sum_of(lent, "cores") == sum_of(returned, "cores"));
            CHECK(run.records.of("executor.launch").size() == 2);
            CHECK(run.records.of("task.launch").size() == 24);
        }
    }

    TEST_CASE("CM-MESOS-12 without work nothing is offered, and nothing happens") {
        const InlineRun run{two("", app("a", "open_until = \"50min\"\n") + stage("s", 6, "1s"))};
        CHECK(run.records.of("cores.offer ").size() == 2);
        CHECK(run.records.of("timer").empty());
    }

    TEST_CASE("CM-MESOS-12 an executor that is lost takes its cores along, and another comes") {
        for (const char* const what : {"kill-executor", "exit-executor", "fail-executor-start"}) {
            const bool start = std::string{what} == "fail-executor-start";
            const std::string target = start ? "app = \"a\"\n" : "executor = \"e1\"\n";
            const std::string at = start ? "0s" : "2500ms";
            const InlineRun run{two("message_delay = \"5ms\"\n",
                                    app("a") + shuffle(20) + "[[fault]]\nkind = \"" + what +
                                        "\"\nat = \"" + at + "\"\n" + target)};
            CAPTURE(std::string{what});
            CHECK(run.result.report.exit == Exit::ok);
            CHECK(run.records.of("executor.launch").size() == 3);
        }
    }

    TEST_CASE("CM-MESOS-12 so does an agent that is lost, and comes back or is drained") {
        for (const char* const fault : {"kind = \"lose-worker\"\nnotice = \"1s\"\nfor = \"5s\"\n",
                                        "kind = \"drain-worker\"\ngrace = \"3s\"\n"}) {
            const InlineRun run{two("message_delay = \"5ms\"\n",
                                    app("a") + shuffle(30) + app("b") + shuffle(10) +
                                        "[[fault]]\nat = \"2500ms\"\nworker = \"w-1\"\n" + fault)};
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("CM-MESOS-12 an executor may be silent, and hear of its end late") {
        const InlineRun run{two("",
                                app("a") + shuffle(20) +
                                    "[[fault]]\nkind = \"freeze-executor\"\nat = \"1500ms\"\n"
                                    "executor = \"e2\"\n")};
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-MESOS-12 beside a coarse application, and with one in cluster mode") {
        const InlineRun run{
            two("",
                app("fine", "deploy_mode = \"cluster\"\nsupervise = true\n") + shuffle(20) +
                    app("coarse",
                        "submit_at = \"2s\"\nconf = { \"spark.mesos.coarse\" = true, "
                        "\"spark.cores.max\" = 2 }\n") +
                    stage("s", 4, "1s") +
                    "[[fault]]\nkind = \"kill-driver\"\napp = \"fine\"\nat = \"3s\"\n")};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(run.records.of("driver.launch").size() == 2);
    }

    TEST_CASE("CM-MESOS-12 a copy of a slow task is a reason to want offers") {
        const InlineRun run{two("",
                                "\"spark.speculation\" = true\n" + app("a") + stage("s", 6, "5s") +
                                    "[[fault]]\nkind = \"slow-task\"\nstage = \"s\"\n"
                                    "partition = 5\nfactor = 20\n")};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(run.records.of("task.speculate").size() == 1);
        CHECK(run.records.of("offers.revive ").size() == 2);
    }

    TEST_CASE("CM-MESOS-12 a task that fails for good ends its job") {
        const InlineRun run{two("",
                                app("a") + stage("s", 2, "1s") +
                                    "[[fault]]\nkind = \"fail-task\"\nstage = \"s\"\n"
                                    "partition = 1\nattempt = \"all\"\n")};
        CHECK(run.result.report.exit == Exit::failed);
    }
}

}  // namespace forkyard::sim::fine_grained_test
