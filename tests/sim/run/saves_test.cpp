// Tasks that save: who may commit and when, and which files there are at each moment.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/run/saved_run.hpp"

namespace forkyard::sim::saves_test {

namespace {

using testing::InlineRun;
using testing::Records;
using testing::run_into;
using testing::SaveFolder;
using testing::Watching;
using Texts = std::vector<std::string>;

// Two executors of one core. A task takes a second.
std::string world(const std::string& rest, const std::string& conf = "", int tasks = 2) {
    return "format = 1\n[cluster]\nmessage_delay = \"10ms\"\n[[cluster.worker]]\nname = \"w\"\n"
           "count = 2\ncores = 1\nmemory = \"4g\"\n[conf]\n\"spark.executor.cores\" = 1\n"
           "\"forkyard.offers\" = \"in-order\"\n" +
           conf +
           "[[app]]\nname = \"a\"\n[[app.dataset]]\nname = \"d\"\nsteps = [{ range = 4, "
           "partitions = " +
           std::to_string(tasks) + ", cost = \"1s\" }]\n" + rest;
}

std::string save(const std::string& path, const std::string& more = "") {
    return "[[app.job]]\nof = \"d\"\naction = \"save\"\nargs = [\"" + path + "\"]\n" + more;
}

std::string fault(const std::string& text) {
    return "[[fault]]\n" + text;
}

// "commit.requested s0.0/p0#0 at 1040" and so on: what is said of commits, in milliseconds.
Texts talk(const Records& records, const std::string& task = "") {
    Texts texts;
    for (const std::string& line : records.lines) {
        const auto field = [&](const std::string& key) {
            const std::size_t at = line.find(" " + key + "=") + key.size() + 2;
            return line.substr(at, line.find(' ', at) - at);
        };
        if (line.find("task=s") == std::string::npos || (!task.empty() && field("task") != task)) {
            continue;
        }
        for (const char* kind : {"commit.requested", "commit.answer", "task.finished"}) {
            if (line.find(std::string{" "} + kind + " ") != std::string::npos) {
                texts.push_back(kind + std::string{" "} + field("task"));
                if (kind == std::string{"commit.answer"}) {
                    texts.back() += field("allowed") == "1" ? ": yes" : ": no";
                } else if (kind == std::string{"task.finished"}) {
                    texts.back() += ": " + field("status");
                }
            }
        }
    }
    return texts;
}

std::string finished(const Records& records, const std::string& task) {
    for (const std::string& line : records.of(" task.finished ")) {
        if (line.find("task=" + task + " ") != std::string::npos) {
            return line;
        }
    }
    return "";
}

// When it ended, in microseconds, and for how long it ran.
std::pair<long, long> times(const Records& records, const std::string& task) {
    const std::string line = finished(records, task);
    CAPTURE(task);
    REQUIRE(!line.empty());
    return {std::stol(line), std::stol(line.substr(line.find(" run=") + 5))};
}

const Texts whole{"_SUCCESS", "part-00000", "part-00001"};

}  // namespace

TEST_SUITE("saves") {
    TEST_CASE("DP-IO-08 a task asks when its work is done, and ends when it has committed") {
        const InlineRun run{world(save("out"))};
        CHECK(talk(run.records, "s0.0/p0#0") == Texts{"commit.requested s0.0/p0#0",
                                                      "commit.answer s0.0/p0#0: yes",
                                                      "task.finished s0.0/p0#0: success"});
        // Work, the question and the answer on their way; then the report.
        const auto [end, ran] = times(run.records, "s0.0/p0#0");
        CHECK(ran == 1'000'000 + 2 * 10'000);
        const InlineRun counted{world("[[app.job]]\nof = \"d\"\naction = \"count\"\n")};
        CHECK(end == times(counted.records, "s0.0/p0#0").first + 2 * 10'000);
        CHECK(talk(counted.records).size() == 2);  // nobody asks who does not save
    }

    TEST_CASE("DP-IO-08 without coordination nobody asks") {
        const InlineRun run{
            world(save("out"), "\"spark.hadoop.outputCommitCoordination.enabled\" = false\n")};
        CHECK(talk(run.records).size() == 2);
        CHECK(times(run.records, "s0.0/p0#0").second == 1'000'000);
    }

    TEST_CASE("DP-IO-06 DP-IO-07 version 1: nothing is seen before the job's commit") {
        SaveFolder folder;
        Texts at_first_end;
        Watching watching{[&](const std::string& line) {
            if (at_first_end.empty() && line.find("task.finished") != std::string::npos) {
                at_first_end = folder.all("out");
            }
        }};
        const auto ran = run_into(world(save("out"), "", 3), folder.path(), watching);
        REQUIRE(ran);
        CHECK(ran->report.exit == Exit::ok);
        // Two of three at once: both are renamed before the first reports.
        CHECK(at_first_end == Texts{"_temporary/",
                                    "_temporary/0/",
                                    "_temporary/0/_temporary/",
                                    "_temporary/0/task_0_0000_m_000000/",
                                    "_temporary/0/task_0_0000_m_000000/part-00000",
                                    "_temporary/0/task_0_0000_m_000001/",
                                    "_temporary/0/task_0_0000_m_000001/part-00001"});
        CHECK(folder.all("out") == Texts{"_SUCCESS", "part-00000", "part-00001", "part-00002"});
        CHECK(folder.text("out/_SUCCESS").empty());
        CHECK(folder.numbers("out") == std::vector<long>{0, 1, 2, 3});
    }

    TEST_CASE("DP-IO-07 version 2: a task's file is there when it has committed") {
        SaveFolder folder;
        Texts at_first_end;
        Watching watching{[&](const std::string& line) {
            if (at_first_end.empty() && line.find("task.finished") != std::string::npos) {
                at_first_end = folder.all("out");
            }
        }};
        const std::string two =
            "\"spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version\" = 2\n";
        REQUIRE(run_into(world(save("out"), two, 3), folder.path(), watching));
        CHECK(at_first_end == Texts{"_temporary/",
                                    "_temporary/0/",
                                    "_temporary/0/_temporary/",
                                    "part-00000",
                                    "part-00001"});
        CHECK(folder.all("out") == Texts{"_SUCCESS", "part-00000", "part-00001", "part-00002"});
        CHECK(folder.numbers("out") == std::vector<long>{0, 1, 2, 3});
    }

    TEST_CASE("DP-IO-07 an attempt writes into a folder of its own, removed when it fails") {
        SaveFolder folder;
        Texts under_way;
        Texts after;
        Watching watching{[&](const std::string& line) {
            if (line.find("task.launch") != std::string::npos) {
                under_way = folder.all("out");
            } else if (line.find("task=s0.0/p1#0") != std::string::npos) {
                after = folder.all("out");
            }
        }};
        // The second attempt of partition 1 is launched in the event in which the first ends.
        const auto ran = run_into(world(save("out"), "", 2) +
                                      fault("kind = \"fail-task\"\npartition = 1\nprogress = 50\n"),
                                  folder.path(),
                                  watching);
        REQUIRE(ran);
        CHECK(std::find(under_way.begin(),
                        under_way.end(),
                        "_temporary/0/_temporary/attempt_0_0000_m_000000_1/part-00000") !=
              under_way.end());
        CHECK(std::none_of(under_way.begin(), under_way.end(), [](const std::string& path) {
            return path.find("_000001_2") != std::string::npos;
        }));
        CHECK(folder.all("out") == whole);
    }

    TEST_CASE("DP-IO-07 a job that fails leaves nothing under version 1, and parts under 2") {
        for (const bool two : {false, true}) {
            CAPTURE(two);
            SaveFolder folder;
            Records records;
            const auto ran = run_into(
                world(save("out"),
                      two ? "\"spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version\" = "
                            "\"2\"\n"
                          : "",
                      3) +
                    fault("kind = \"fail-task\"\npartition = 1\nattempt = \"all\"\n"),
                folder.path(),
                records);
            REQUIRE(ran);
            CHECK(ran->report.exit == Exit::failed);
            CHECK(folder.all("out") == (two ? Texts{"part-00000", "part-00002"} : Texts{}));
        }
    }

    TEST_CASE("DP-IO-08 one that is denied ends so, which is no failure, and another commits") {
        SaveFolder folder;
        Records records;
        const auto ran = run_into(world(save("out"), "\"spark.task.maxFailures\" = 1\n") +
                                      fault("kind = \"deny-commit\"\npartition = 0\n"),
                                  folder.path(),
                                  records);
        REQUIRE(ran);
        CHECK(ran->report.exit == Exit::ok);
        CHECK(talk(records, "s0.0/p0#0") == Texts{"commit.requested s0.0/p0#0",
                                                  "commit.answer s0.0/p0#0: no",
                                                  "task.finished s0.0/p0#0: commit-denied"});
        CHECK(talk(records, "s0.0/p0#1") == Texts{"commit.requested s0.0/p0#1",
                                                  "commit.answer s0.0/p0#1: yes",
                                                  "task.finished s0.0/p0#1: success"});
        CHECK(records.of("deny-commit applied").size() == 1);
        CHECK(folder.all("out") == whole);
    }

    TEST_CASE("delay-commit: it commits so much later; at a commit of no kind it has no effect") {
        const std::string late = fault("kind = \"delay-commit\"\npartition = 0\ndelay = \"5s\"\n");
        const InlineRun plain{world(save("out"))};
        const InlineRun run{world(save("out")) + late};
        CHECK(times(run.records, "s0.0/p0#0").first ==
              times(plain.records, "s0.0/p0#0").first + 5'000'000);
        CHECK(times(run.records, "s0.0/p1#0") == times(plain.records, "s0.0/p1#0"));
        // From the answer on, and without anybody who is asked.
        const InlineRun answered{world(save("out")) +
                                 fault("kind = \"delay-commit\"\ndelay = \"5s\"\n"
                                       "when = { kind = \"commit.answer\", partition = 0 }\n")};
        CHECK(times(answered.records, "s0.0/p0#0") == times(run.records, "s0.0/p0#0"));
        const std::string alone = "\"spark.hadoop.outputCommitCoordination.enabled\" = false\n";
        const InlineRun unasked{world(save("out"), alone) + late};
        CHECK(times(unasked.records, "s0.0/p0#0").second == 6'000'000);
        const InlineRun none{world("", "") + late};
        CHECK(none.result.report.exit == Exit::failed);
        CHECK(none.records.of("delay-commit noeffect").size() == 1);
        const InlineRun nobody{world(save("out"), alone) +
                               fault("kind = \"deny-commit\"\npartition = 0\n")};
        CHECK(nobody.records.of("deny-commit noeffect").size() == 1);
    }

    TEST_CASE("DP-IO-08 the committer dies between permission and rename: another commits") {
        for (const char* how : {"kind = \"kill-executor\"\n"
                                "when = { kind = \"commit.answer\", partition = 0 }\n",
                                "kind = \"kill-executor\"\n"
                                "when = { kind = \"commit.answer\", partition = 0 }\n"
                                "delay = \"10ms\"\n"}) {  // the very instant of the rename
            CAPTURE(how);
            SaveFolder folder;
            Texts at_loss;
            Watching watching{[&](const std::string& line) {
                if (line.find("executor.lost") != std::string::npos && at_loss.empty()) {
                    at_loss = folder.all("out");
                }
            }};
            const auto ran = run_into(world(save("out")) + fault(how), folder.path(), watching);
            REQUIRE(ran);
            CHECK(ran->report.exit == Exit::ok);
            CHECK(talk(watching.records, "s0.0/p0#0") ==
                  Texts{"commit.requested s0.0/p0#0",
                        "commit.answer s0.0/p0#0: yes",
                        "task.finished s0.0/p0#0: executor-lost"});
            CHECK(talk(watching.records, "s0.0/p0#1").back() == "task.finished s0.0/p0#1: success");
            CHECK(std::find(at_loss.begin(),
                            at_loss.end(),
                            "_temporary/0/task_0_0000_m_000000/part-00000") == at_loss.end());
            CHECK(folder.all("out") == whole);
        }
    }

    TEST_CASE("DP-IO-07 one that was lost after its rename is replaced by the next") {
        SaveFolder folder;
        Records records;
        // A microsecond after it: the report is held, and dies with its executor.
        const auto ran =
            run_into(world(save("out")) +
                         fault("kind = \"hold-completion\"\npartition = 0\nfor = \"1s\"\n") +
                         fault("kind = \"kill-executor\"\ndelay = \"10001us\"\n"
                               "when = { kind = \"commit.answer\", partition = 0 }\n"),
                     folder.path(),
                     records);
        REQUIRE(ran);
        CHECK(ran->report.exit == Exit::ok);
        CHECK(talk(records, "s0.0/p0#0").back() == "task.finished s0.0/p0#0: executor-lost");
        CHECK(talk(records, "s0.0/p0#1").back() == "task.finished s0.0/p0#1: success");
        CHECK(folder.all("out") == whole);
        CHECK(folder.numbers("out") == std::vector<long>{0, 1, 2, 3});
    }

    TEST_CASE("DP-IO-08 two copies ask: one file") {
        SaveFolder folder;
        Records records;
        // The copy of partition 1 starts on the free core and is done first; it commits so late
        // that the slow original asks before it has.
        const auto ran = run_into(
            world(save("out"),
                  "\"spark.speculation\" = true\n\"spark.speculation.quantile\" = 0.5\n"
                  "\"spark.speculation.multiplier\" = 1.1\n") +
                fault("kind = \"slow-task\"\npartition = 1\nfactor = 4\n") +
                fault("kind = \"delay-commit\"\npartition = 1\nattempt = 1\ndelay = \"3s\"\n"),
            folder.path(),
            records);
        REQUIRE(ran);
        CHECK(ran->report.exit == Exit::ok);
        CHECK(talk(records, "s0.0/p1#0") == Texts{"commit.requested s0.0/p1#0",
                                                  "commit.answer s0.0/p1#0: no",
                                                  "task.finished s0.0/p1#0: commit-denied"});
        CHECK(talk(records, "s0.0/p1#1").back() == "task.finished s0.0/p1#1: success");
        CHECK(folder.all("out") == whole);
    }

    TEST_CASE("DP-IO-06 where this run has saved it does not save again") {
        const std::string twice = save("out") + save("./out/");
        SaveFolder folder;
        Records records;
        const auto refused = run_into(world(twice), folder.path(), records);
        REQUIRE(refused);
        CHECK(refused->report.exit == Exit::failed);
        CHECK(records.of("job.submitted").size() == 1);
        CHECK(records.of("app.finish")
                  .front()
                  .find("status=failed reason=\"output directory `./out/` already exists\"") !=
              std::string::npos);
        CHECK(folder.all("out") == whole);  // of the first

        const InlineRun same{world(twice)};  // whether files are written or not
        CHECK(same.records.lines == records.lines);
        const InlineRun goes_on{
            world(save("out") + save("out", "on_failure = \"continue\"\n") + save("other"))};
        CHECK(goes_on.result.report.exit == Exit::ok);
        CHECK(goes_on.records.of("job.submitted").size() == 2);

        Records again;
        const auto ran = run_into(
            world(twice, "\"spark.hadoop.validateOutputSpecs\" = false\n"), folder.path(), again);
        REQUIRE(ran);
        CHECK(ran->report.exit == Exit::ok);
        CHECK(again.of("job.submitted").size() == 2);
        CHECK(folder.all("out") == whole);
    }

    TEST_CASE("one that waits for its answer can be killed, hang, freeze and fail") {
        struct Row {
            std::string what;
            std::string faults;
            std::string end;  // of the first attempt of partition 0
            long later;       // than without the fault
        };
        // The answer is on its way from 10 ms after the end of work to 20 ms after it.
        const std::string at_question = "when = { kind = \"commit.requested\", partition = 0 }\n";
        const std::vector<Row> rows{
            {"hang",
             fault("kind = \"hang-task\"\nfor = \"1s\"\n" + at_question),
             "success",
             1'000'000},  // what was left: the way of the answer
            {"freeze",
             fault("kind = \"freeze-executor\"\nfor = \"1s\"\n" + at_question),
             "success",
             1'000'000},
            {"fail", fault("kind = \"fail-task\"\n" + at_question), "failed", -10'000},
            {"freeze between answer and rename",
             fault("kind = \"delay-commit\"\npartition = 0\ndelay = \"2s\"\n") +
                 fault("kind = \"freeze-executor\"\nfor = \"1s\"\ndelay = \"500ms\"\n" +
                       at_question),
             "success",
             3'000'000},
            {"hang between answer and rename",
             fault("kind = \"delay-commit\"\npartition = 0\ndelay = \"2s\"\n") +
                 fault("kind = \"hang-task\"\nfor = \"1s\"\ndelay = \"500ms\"\n" + at_question),
             "success",
             3'000'000},
        };
        const InlineRun plain{world(save("out"))};
        const long usual = times(plain.records, "s0.0/p0#0").first;
        for (const Row& row : rows) {
            CAPTURE(row.what);
            SaveFolder folder;
            Records records;
            const auto ran = run_into(world(save("out")) + row.faults, folder.path(), records);
            REQUIRE(ran);
            CHECK(ran->report.exit == Exit::ok);
            CHECK(talk(records, "s0.0/p0#0").back() == "task.finished s0.0/p0#0: " + row.end);
            CHECK(times(records, "s0.0/p0#0").first == usual + row.later);
            CHECK(folder.all("out") == whole);
        }
        // Cancelled while it waits: the application goes on, and nothing is left.
        SaveFolder folder;
        Records records;
        const auto ran = run_into(world(save("out", "cancel_at = \"1045ms\"\n")) +
                                      fault("kind = \"delay-commit\"\ndelay = \"9s\"\n"
                                            "partition = \"all\"\n"),
                                  folder.path(),
                                  records);
        REQUIRE(ran);
        CHECK(records.of("task.finished").size() == 2);
        CHECK(talk(records, "s0.0/p1#0").back() == "task.finished s0.0/p1#0: killed");
        CHECK(folder.all("out").empty());
    }

    TEST_CASE("a restarted driver finds the folder of the one before, as in Spark") {
        const InlineRun run{
            "format = 1\n[[cluster.worker]]\nname = \"w\"\ncount = 3\ncores = 1\nmemory = "
            "\"4g\"\n[conf]\n\"spark.executor.cores\" = 1\n[[app]]\nname = \"a\"\ndeploy_mode = "
            "\"cluster\"\nsupervise = true\n[[app.dataset]]\nname = \"d\"\nsteps = [{ range = 4, "
            "partitions = 2, cost = \"1s\" }]\n" +
            save("out") + fault("kind = \"kill-driver\"\nat = \"500ms\"\n") +
            "[expect]\noutcome = \"failed\"\n[expect.app.a]\nerror = \"already exists\"\n"};
        CHECK(run.result.report.exit == Exit::ok);
    }
}

}  // namespace forkyard::sim::saves_test
