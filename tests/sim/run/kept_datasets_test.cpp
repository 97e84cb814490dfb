// Datasets that are kept, in whole runs: what is computed, what is found, and where.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::kept_datasets_test {

namespace {

using testing::InlineRun;
using Texts = std::vector<std::string>;

// Workers w-1, w-2, ... with one executor of one core each; a task computes for 100 ms, and reads
// what another executor keeps at 1 MB/s.
std::string app(int workers, const std::string& text, const std::string& conf = "") {
    return fmt::format(
        "format = 1\n[[cluster.worker]]\nname = \"w\"\ncount = {}\ncores = 1\nmemory = \"2g\"\n"
        "[cluster.network]\nbandwidth = \"1m/s\"\n"
        "[conf]\n\"forkyard.offers\" = \"in-order\"\n{}[[app]]\nname = \"a\"\n{}",
        workers,
        conf,
        text);
}

// Numbers below 1,000 that cost 100 ms a partition, kept.
std::string base(int partitions, const std::string& level = "MEMORY_ONLY") {
    return fmt::format(
        "[[app.dataset]]\nname = \"base\"\nsteps = [{{ range = 1000, partitions = {} }}, "
        "{{ map = \"square\", cost = \"100ms\" }}, {{ cache = \"{}\" }}]\n",
        partitions,
        level);
}

std::string job(const std::string& of, const std::string& action, const std::string& more = "") {
    return fmt::format("[[app.job]]\nof = \"{}\"\naction = \"{}\"\n{}\n", of, action, more);
}

// Tasks of the stage that computed for the 100 ms, and those that did not.
std::string computed(const InlineRun& run, int stage) {
    int yes = 0;
    int no = 0;
    for (const std::string& line : run.records.of(fmt::format("task=s{}.", stage))) {
        const std::size_t at = line.find(" run=");
        if (at != std::string::npos && line.find("status=success") != std::string::npos) {
            ++(std::stoll(line.substr(at + 5)) >= 100'000 ? yes : no);
        }
    }
    return fmt::format("{} computed, {} found", yes, no);
}

Texts blocks(const InlineRun& run, const std::string& kind) {
    Texts out;
    for (const std::string& line : run.records.of(" block." + kind + " ")) {
        const std::size_t at = line.find("block=") + 6;
        out.push_back(line.substr(at, line.find(' ', at) - at) + " " +
                      line.substr(line.find("exec=") + 5, 2));
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace

TEST_SUITE("datasets that are kept") {
    TEST_CASE("DP-BLK-03 they are kept when they are first computed, partition by partition") {
        const InlineRun run{
            app(1, base(100) + job("base", "take", "args = [1]") + job("base", "count"))};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(computed(run, 0) == "1 computed, 0 found");
        CHECK(computed(run, 1) == "99 computed, 1 found");
        CHECK(blocks(run, "cached").size() == 100);
    }

    TEST_CASE("DP-BLK-02 without a level it is MEMORY_ONLY") {
        std::string text = app(1, base(2) + job("base", "count"));
        text.replace(text.find("\"MEMORY_ONLY\""), 13, "true");
        const InlineRun run{text};
        CHECK(run.records.of(" block.cached ").size() == 2);
        CHECK(run.records.of(" disk=1 ").empty());
    }

    TEST_CASE("DP-BLK-14 a lost executor's partitions are computed again, and only those") {
        const InlineRun run{
            app(3, base(6) + job("base", "count") + job("base", "count", "at=\"1s\"")) +
            "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e2\"\nat = \"500ms\"\n"};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(computed(run, 0) == "6 computed, 0 found");
        CHECK(computed(run, 1) == "2 computed, 4 found");
    }

    TEST_CASE("DP-BLK-12 a level with copies survives the loss of one, which is then made again") {
        const InlineRun run{
            app(3,
                base(3, "MEMORY_ONLY_2") + job("base", "count") +
                    job("base", "count", "at=\"1s\"")) +
            "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e2\"\nat = \"500ms\"\n"};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(computed(run, 1) == "0 computed, 3 found");
        // 3 and their copies; those that e2 had, again.
        const Texts cached = blocks(run, "cached");
        CHECK(cached.size() ==
              6 + std::count_if(cached.begin(), cached.end(), [](const auto& line) {
                  return line.ends_with("e2");
              }));
    }

    TEST_CASE("DP-DAG-05 a dataset that is kept as a whole cuts the walk") {
        const std::string text =
            base(4) +
            "[[app.dataset]]\nname = \"sums\"\nsteps = [{ from = \"base\" }, "
            "{ key_by = \"mod\", args = [7] }, { reduce_by_key = \"sum\", partitions = 2, "
            "cost = \"100ms\" }, { cache = true }]\n" +
            job("sums", "count") + job("sums", "count", "at = \"1s\"");
        SUBCASE("one stage runs, and nothing is computed") {
            const InlineRun run{app(2, text)};
            CHECK(run.result.report.exit == Exit::ok);
            CHECK(computed(run, 1) == "2 computed, 0 found");
            CHECK(computed(run, 3) == "0 computed, 2 found");
        }
        SUBCASE("a partition that is missing is computed, and what it needs") {
            const InlineRun run{app(2, text) +
                                "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\n"
                                "at = \"900ms\"\n"};
            CHECK(run.result.report.exit == Exit::ok);
            CHECK(computed(run, 3) == "1 computed, 1 found");
            CHECK(computed(run, 2) == "2 computed, 0 found");  // of the map stage's lost outputs
        }
    }

    TEST_CASE("DP-DAG-06 what is kept and shared within a stage is computed once") {
        const auto text = [](const std::string& cache) {
            return "[[app.dataset]]\nname = \"p\"\nsteps = [{ range = 10, partitions = 2 }, "
                   "{ map = \"square\", cost = \"100ms\" }" +
                   cache +
                   "]\n[[app.dataset]]\nname = \"q\"\nsteps = [{ union = [\"p\", \"p\"] }]\n" +
                   job("q", "count");
        };
        CHECK(computed(InlineRun{app(1, text(""))}, 0) == "4 computed, 0 found");
        CHECK(computed(InlineRun{app(1, text(", { cache = true }"))}, 0) == "2 computed, 2 found");
    }

    TEST_CASE(
        "DP-BLK-04 what another keeps is read from there and not kept again; if it is lost "
        "meanwhile it is computed") {
        // 1 MB of texts, that take a second to be read from another executor.
        const std::string text =
            "[[app.dataset]]\nname = \"base\"\nsteps = [{ range = 200_000, partitions = 1 }, "
            "{ map = \"square\", cost = \"100ms\" }, { cache = \"MEMORY_ONLY\" }]\n"
            "[[app.dataset]]\nname = \"two\"\nsteps = [{ union = [\"base\", \"base\"] }]\n" +
            job("base", "count") + job("two", "count", "at = \"1s\"");
        const std::string conf = "\"spark.locality.wait\" = \"0s\"\n";
        const InlineRun whole{app(2, text, conf)};
        CHECK(whole.result.report.exit == Exit::ok);
        CHECK(whole.records.of(" block.cached ").size() == 1);
        const InlineRun lost{app(2, text, conf) +
                             "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\n"
                             "at = \"1500ms\"\n"};
        CHECK(lost.result.report.exit == Exit::ok);
        CHECK(lost.records.of(" block.cached ").size() == 2);
        CHECK(lost.records.of("fetch-failed").empty());
    }

    TEST_CASE("what one task brings back to memory another goes on reading on disk") {
        // Room for one of the two: x is on disk when its first reader begins, and comes to memory
        // for the second while the first still reads.
        const std::string text =
            "[[app.dataset]]\nname = \"x\"\nsteps = [{ range = 20000, partitions = 1 }, "
            "{ map = \"square\" }, { cache = \"MEMORY_AND_DISK\" }]\n"
            "[[app.dataset]]\nname = \"y\"\nsteps = [{ range = 20000, partitions = 1 }, "
            "{ map = \"add\", args = [1] }, { cache = \"MEMORY_ONLY\" }]\n"
            "[[app.dataset]]\nname = \"slow\"\nsteps = [{ from = \"x\" }, "
            "{ map = \"identity\", cost = \"10s\" }]\n" +
            job("x", "count") + job("y", "count") +
            "[[app.job]]\nname = \"slow\"\nof = \"slow\"\naction = \"reduce\"\nargs = "
            "[\"sum\"]\nthread = \"a\"\nat = \"1s\"\n"
            "[[app.job]]\nname = \"fast\"\nof = \"x\"\naction = \"reduce\"\nargs = [\"sum\"]\n"
            "thread = \"b\"\nat = \"2s\"\n";
        const std::string conf =
            "\"spark.executor.memory\" = \"512m\"\n\"spark.memory.fraction\" = 0.0005\n"
            "\"spark.storage.unrollMemoryThreshold\" = 16\n";
        std::string two_cores = app(1, text, conf);
        two_cores.replace(two_cores.find("cores = 1"), 9, "cores = 2");
        const InlineRun run{two_cores};
        CHECK(run.result.report.exit == Exit::ok);
        REQUIRE(run.result.report.results.size() == 4);
        CHECK(run.result.report.results[2].value == run.result.report.results[3].value);
    }

    TEST_CASE("a fault of a task that has to look again for what it reads stays in force") {
        const std::string text =
            "[[app.dataset]]\nname = \"base\"\nsteps = [{ range = 200_000, partitions = 1 }, "
            "{ map = \"square\", cost = \"4s\" }, { cache = true }]\n"
            "[[app.dataset]]\nname = \"two\"\nsteps = [{ union = [\"base\", \"base\"] }]\n" +
            job("base", "count") + job("two", "count", "at = \"10s\"");
        const InlineRun run{
            app(2, text, "\"spark.locality.wait\" = \"0s\"\n") +
            "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\nat = \"10500ms\"\n"
            "[[fault]]\nkind = \"fail-task\"\nstage = \"two\"\npartition = 1\nprogress = 50\n"};
        CHECK(run.result.report.exit == Exit::ok);
        // It begins anew after half a second, and fails half way through all of its time.
        CHECK(run.records.of("status=failed run=2450000 ").size() == 1);
    }

    TEST_CASE("one that stood still while what it was reading was lost computes it, too") {
        const std::string text =
            "[[app.dataset]]\nname = \"base\"\nsteps = [{ range = 200_000, partitions = 1 }, "
            "{ map = \"square\", cost = \"4s\" }, { cache = true }]\n"
            "[[app.dataset]]\nname = \"two\"\nsteps = [{ union = [\"base\", \"base\"] }]\n" +
            job("base", "count") + job("two", "count", "at = \"10s\"") +
            "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\nat = \"10500ms\"\n";
        const std::string conf = "\"spark.locality.wait\" = \"0s\"\n";
        const std::string frozen =
            "[[fault]]\nkind = \"freeze-executor\"\nexecutor = \"e2\"\nat = \"10200ms\"\n"
            "for = \"2s\"\n";
        const std::string hangs =
            "[[fault]]\nkind = \"hang-task\"\nstage = \"two\"\npartition = 1\nat = \"10200ms\"\n"
            "for = \"2s\"\n";
        for (const std::string& fault : {frozen, hangs}) {
            const InlineRun run{app(2, text, conf) + fault};
            CHECK(run.result.report.exit == Exit::ok);
            CHECK(run.records.of(" block.cached ").size() == 2);
        }
    }
}

}  // namespace forkyard::sim::kept_datasets_test
