// What users of `save` meet: the same files whoever computes them and whoever is killed, clear
// errors where they cannot be written, and nothing left behind.
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/mount.h>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::saves_test {

namespace {

const std::string script = FORKYARD_SOURCE_DIR "/scenarios/workloads/exactly_once.toml";

// Ten numbers in four parts, by two executors.
std::string small(const std::string& path, const std::string& rest = "") {
    return "format = 1\n[cluster]\nmessage_delay = \"2us\"\n[[cluster.worker]]\nname = \"w\"\n"
           "count = 2\ncores = 1\nmemory = \"4g\"\n[conf]\n\"spark.executor.cores\" = 1\n"
           "\"forkyard.offers\" = \"in-order\"\n[[app]]\nname = \"a\"\n[[app.dataset]]\n"
           "name = \"d\"\nsteps = [{ range = 10, partitions = 4, cost_per_record = \"2us\" }]\n"
           "[[app.job]]\nof = \"d\"\naction = \"save\"\nargs = [\"" +
           path + "\"]\n" + rest;
}

// All of the folder's files, as `find` names them, and all lines of its parts.
std::string listed(Workplace& place, const std::string& folder) {
    return place.shell("cd " + folder + " && find . -mindepth 1 | LC_ALL=C sort").out;
}
std::string numbers(Workplace& place, const std::string& folder) {
    return place.shell("cat " + folder + "/part-* | sort -n").out;
}

const std::string four = "./_SUCCESS\n./part-00000\n./part-00001\n./part-00002\n./part-00003\n";
const std::string ten = "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n";

bool full() {
    const char* const asked = std::getenv("FORKYARD_FULL");
    return asked != nullptr && std::string_view{asked} == "1";
}

// What kills under the wall clock are drawn from: no two runs are alike anyhow.
std::string kills(unsigned round) {
    std::string faults =
        "fault=[{kind=\"slow-task\", stage=\"numbers\", partition=3, factor=4, optional=true},";
    for (unsigned kill = 0; kill < 3; ++kill) {
        faults += "{kind=\"kill-executor\", executor=\"any\", at=\"" +
                  std::to_string(30 + (round * 131 + kill * 197) % 600) + "ms\", optional=true},";
    }
    return faults + "{kind=\"kill-executor\", when={kind=\"commit.answer\"}, nth=" +
           std::to_string(1 + round % 10) + ", delay=\"" + std::to_string(round * 37 % 400) +
           "us\", optional=true}]";
}

}  // namespace

TEST_SUITE("saved files") {
    TEST_CASE("a kill at every instant, process and inline: one journal, and each row once") {
        Workplace place;
        place.write("s.toml",
                    small("out",
                          "[[fault]]\nkind = \"kill-executor\"\nat = \"1us\"\n"
                          "executor = \"e1\"\n"));
        const Finished whole = place.run({"run", "s.toml", "--json", "--set", "fault=[]"});
        const int end = whole.json()["makespan_us"].get<int>();
        CHECK(end > 30);
        for (int micros = 4; micros < end; ++micros) {
            CAPTURE(micros);
            for (const char* mode : {"process", "inline"}) {
                const Finished run = place.run({"run",
                                                "s.toml",
                                                "--quiet",
                                                "--executors",
                                                mode,
                                                "--out",
                                                mode,
                                                "--set",
                                                "fault.0.at=" + std::to_string(micros) + "us",
                                                "--journal",
                                                std::string{mode} + ".fyj"});
                CHECK(run.exit == 0);
                CHECK(listed(place, std::string{mode} + "/out") == four);
                CHECK(numbers(place, std::string{mode} + "/out") == ten);
            }
            CHECK(place.read("process.fyj") == place.read("inline.fyj"));
        }
    }

    TEST_CASE("the script of exactly_once, in processes") {
        Workplace place;
        for (const char* version : {"1", "2"}) {
            const Finished run =
                place.run({"run",
                           script,
                           "--quiet",
                           "--set",
                           "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version=" +
                               std::string{version}});
            CHECK(run.exit == 0);
            CHECK(place.shell("ls -A numbers | wc -l").out == "11\n");
            CHECK(place.shell("cat numbers/part-* | sort -n | cksum").out ==
                  place.shell("seq 0 999 | cksum").out);
        }
    }

    // 200 of them if FORKYARD_FULL=1.
    TEST_CASE("the script of exactly_once under the wall clock, with kills at any instant") {
        Workplace place;
        const unsigned rounds = full() ? 200 : 4;
        for (unsigned round = 0; round < rounds; ++round) {
            CAPTURE(round);
            const Finished run =
                place.run({"run",
                           script,
                           "--quiet",
                           "--clock",
                           "wall",
                           "--seed",
                           std::to_string(round + 1),
                           "--set",
                           "expect={}",
                           "--set",
                           kills(round),
                           "--set",
                           "app.0.dataset.0.steps.1.cost=30ms",
                           "--set",
                           "app.0.dataset.0.steps.2.cost=30ms",
                           "--set",
                           "spark.task.maxFailures=9",
                           "--set",
                           "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version=" +
                               std::to_string(1 + round % 2)});
            INFO(run.err);
            CHECK(run.exit == 0);
            CHECK(place.shell("ls -A numbers | wc -l").out == "11\n");
            CHECK(place.shell("cat numbers/part-* | sort -n | cksum").out ==
                  place.shell("seq 0 999 | cksum").out);
        }
    }

    TEST_CASE(
        "under the wall clock, too, one that waits to commit can hang, freeze, fail and die") {
        Workplace place;
        std::string text = small("out");
        text.replace(text.find("2us"), 3, "20ms");
        place.write("s.toml", "clock = \"wall\"\ntime_limit = \"15s\"\n" + text);
        struct Row {
            const char* fault;
            const char* end;  // of the first attempt of partition 0
        };
        for (const Row& row : {Row{"kind=\"hang-task\", for=\"100ms\"", "success"},
                               Row{"kind=\"freeze-executor\", for=\"100ms\"", "success"},
                               Row{"kind=\"fail-task\"", "failed"},
                               Row{"kind=\"kill-executor\"", "executor-lost"},
                               Row{"kind=\"delay-commit\", delay=\"100ms\"", "success"}}) {
            for (const char* when : {"commit.requested", "commit.answer"}) {
                CAPTURE(row.fault);
                CAPTURE(when);
                const Finished run =
                    place.run({"run",
                               "s.toml",
                               "--quiet",
                               "--journal",
                               "j.fyj",
                               "--set",
                               "fault=[{" + std::string{row.fault} + ", when={kind=\"" + when +
                                   "\", partition=0}}]"});
                INFO(run.err);
                CHECK(run.exit == 0);
                const auto ends =
                    lines_with(place.read("j.fyj"), {"E ", "task.finished", "/p0#0 "});
                REQUIRE(ends.size() == 1);
                CHECK(value_of(ends[0], "status") == row.end);
                CHECK(listed(place, "out") == four);
                CHECK(numbers(place, "out") == ten);
                CHECK(place.run({"replay", "j.fyj"}).exit == 0);
            }
        }
    }

    TEST_CASE("what an earlier run has left is replaced, and what is not ours stays") {
        Workplace place;
        place.write("s.toml", small("out"));
        for (const char* mode : {"process", "inline", "process"}) {
            CHECK(place.run({"run", "s.toml", "--quiet", "--executors", mode}).exit == 0);
            CHECK(listed(place, "out") == four);
            CHECK(numbers(place, "out") == ten);
        }
        place.write("out/part-00007", "of a run with more partitions\n");
        place.write("out/_temporary/0/_temporary/attempt_0_0000_m_000000_1/part-00000", "cut\n");
        place.write("out/notes", "somebody's\n");
        CHECK(place.run({"run", "s.toml", "--quiet"}).exit == 0);
        CHECK(listed(place, "out") == four.substr(0, 11) + "./notes\n" + four.substr(11));
        // To verify is to write nothing.
        CHECK(place.shell("rm -r out").exit == 0);
        CHECK(place.run({"verify", "s.toml"}).exit == 0);
        CHECK(!place.exists("out"));
    }

    TEST_CASE("where it cannot be written the run says so, and is 74") {
        Workplace place;
        place.write("a-file", "");
        place.write("s.toml", small("a-file/out"));
        for (const std::vector<std::string>& more :
             {std::vector<std::string>{"--executors", "process"},
              std::vector<std::string>{"--executors", "inline"},
              std::vector<std::string>{"--clock", "wall"}}) {
            std::vector<std::string> arguments{"run", "s.toml", "--quiet"};
            arguments.insert(arguments.end(), more.begin(), more.end());
            const Finished run = place.run(arguments);
            CHECK(run.exit == 74);
            CHECK(has(run.err, "a-file/out` cannot be written: Not a directory"));
        }
    }

    TEST_CASE("on a full disk it is 74 too, and nothing is left") {
        Workplace place;
        place.write("disk/keep", "");
        const std::string disk = place.path("disk").string();
        if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k") != 0) {
            MESSAGE("no tmpfs may be mounted here: not tested");
            return;
        }
        place.write("s.toml",
                    "format = 1\n[[cluster.worker]]\nname = \"w\"\ncount = 2\ncores = 1\n"
                    "memory = \"4g\"\n[conf]\n\"spark.executor.cores\" = 1\n[[app]]\n"
                    "name = \"a\"\n[[app.dataset]]\nname = \"d\"\nsteps = [{ range = 100000, "
                    "partitions = 4 }]\n[[app.job]]\nof = \"d\"\naction = \"save\"\n"
                    "args = [\"disk/out\"]\n");
        for (const std::vector<std::string>& more :
             {std::vector<std::string>{"--executors", "process"},
              std::vector<std::string>{"--executors", "inline"},
              std::vector<std::string>{"--clock", "wall"}}) {
            std::vector<std::string> arguments{"run", "s.toml", "--quiet"};
            arguments.insert(arguments.end(), more.begin(), more.end());
            const Finished run = place.run(arguments);
            CHECK(run.exit == 74);
            CHECK(has(run.err, "part-0000"));
            CHECK(has(run.err, "No space left on device"));
            CHECK(listed(place, "disk/out").empty());
        }
        CHECK(::umount(disk.c_str()) == 0);
    }

    TEST_CASE("interrupted, it leaves no half of a save") {
        Workplace place;
        place.write(
            "s.toml",
            small("out", "[[fault]]\nkind = \"delay-commit\"\npartition = 3\ndelay = \"1min\"\n"));
        Running run = place.started({"run", "s.toml", "--quiet", "--clock", "wall"});
        // Three have committed: they wait for the fourth.
        CHECK(comes_true(
            [&] { return place.exists("out/_temporary/0/task_0_0000_m_000002/part-00002"); },
            std::chrono::seconds{20}));
        run.signal(SIGTERM);
        CHECK(run.wait().exit == 143);
        CHECK(listed(place, "out").empty());
    }
}

}  // namespace forkyard::cli_testing::saves_test
