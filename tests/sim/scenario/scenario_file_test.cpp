#include "sim/scenario/scenario_file.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include <doctest/doctest.h>

#include "sim/scenario/conf_table.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/scenario/record_table.hpp"
#include "sim/scenario/reference.hpp"
#include "tests/sim/scenario/loading.hpp"

namespace forkyard::sim::scenario_file_test {

using namespace forkyard;
using namespace forkyard::sim;

namespace {

Scenario loaded(const std::string& text) {
    const LoadResult result = load_text(text);
    CHECK(shown(result) == "");
    REQUIRE(result.loaded.has_value());
    return result.loaded->scenario;
}

// A folder that is gone with the test.
struct TemporaryFolder {
    std::filesystem::path path;
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "forkyard-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
        std::ofstream{path / name} << text;
        return (path / name).string();
    }
};

}  // namespace

TEST_SUITE("scenario file") {
    TEST_CASE("what a small scenario leaves out has the documented defaults") {
        const Scenario out = loaded(small_scenario + "[[app.stage]]\ntasks = 3\n");
        CHECK(out.name == "s");
        CHECK(out.seed == 1);
        CHECK(out.clock == ClockKind::virtual_time);
        CHECK(out.time_limit == SimDuration{std::chrono::hours{1}});
        REQUIRE(out.cluster.nodes.size() == 2);
        CHECK(out.cluster.nodes[1].name == "w-2");
        CHECK(out.cluster.nodes[1].rack == "default");
        CHECK(out.cluster.nodes[1].speed == one);
        CHECK(out.cluster.nodes[1].memory == Bytes{4LL << 30});
        CHECK_FALSE(out.cluster.network.has_value());
        CHECK(out.master == MasterConf{});
        const AppSpec& app = out.apps.at(0);
        CHECK(app.name == "app-1");
        CHECK(app.conf == AppConf{});
        CHECK(app.stages[0].name == "stage-1");
        CHECK(app.stages[0].duration == DurationSpec{});
        REQUIRE(app.jobs.size() == 1);
        CHECK(app.jobs[0].name == "stage-1");
        CHECK(app.jobs[0].action == ActionKind::run);
        CHECK(app.jobs[0].thread == "main");
        CHECK(out.expect == Expectations{});
    }

    TEST_CASE("without jobs there is one for each result that nothing else uses, in file order") {
        const Scenario out = loaded(small_scenario +
                                    "[[app.dataset]]\nname = \"d\"\nsteps = [{ range = 3 }]\n"
                                    "[[app.stage]]\nname = \"a\"\ntasks = 1\n"
                                    "[[app.stage]]\nname = \"b\"\ntasks = 1\nparents = [\"a\"]\n");
        REQUIRE(out.apps[0].jobs.size() == 2);
        CHECK(out.apps[0].jobs[0].of == "d");
        CHECK(out.apps[0].jobs[0].action == ActionKind::collect);
        CHECK(out.apps[0].jobs[1].of == "b");
    }

    TEST_CASE("a network without cross-rack values is the same across racks") {
        const Scenario out = loaded(
            "format = 1\n[cluster.network]\nlatency = \"1ms\"\nbandwidth = "
            "\"1m/s\"\n[[cluster.worker]]\ncores = 1\nmemory = \"2g\"\n[[app]]\n");
        CHECK(out.cluster.network->cross_rack_latency == SimDuration{1000});
        CHECK(out.cluster.network->cross_rack_bandwidth == BytesPerSecond{1 << 20});
    }

    TEST_CASE("a range always has a start, an end and a step") {
        const Scenario out = loaded(small_scenario +
                                    "[[app.dataset]]\nsteps = [{ range = 10 }]\n"
                                    "[[app.dataset]]\nsteps = [{ range = true, args = [2, 8] }]\n");
        const auto bounds = [&](std::size_t i) { return out.apps[0].datasets[i].steps[0].args; };
        using Bounds = std::vector<Argument>;
        const auto number = [](std::int64_t n) { return Argument{n}; };
        CHECK(bounds(0) == Bounds{number(0), number(10), number(1)});
        CHECK(bounds(1) == Bounds{number(2), number(8), number(1)});
    }

    TEST_CASE("a scenario file that is not there is a missing input") {
        const LoadResult result = load_scenario("/nowhere/x.toml");
        CHECK(shown(result) == "/nowhere/x.toml: error: there is no such file");
        CHECK(worst_exit(result.diagnostics) == Exit::missing_input);
        CHECK(shown(load_scenario("/tmp")) == "/tmp: error: this is a folder, not a scenario file");
    }

    TEST_CASE("data files are looked for from the scenario's folder, except on replay") {
        const TemporaryFolder folder;
        const std::string text =
            small_scenario + "[[app.dataset]]\nsteps = [{ read_text = \"words.txt\" }]\n";
        const std::string path = folder.write("s.toml", text);
        const LoadResult missing = load_scenario(path);
        CHECK(shown(missing) == path +
                                    ":9:24: error: there is no file `words.txt`. paths are "
                                    "relative to the scenario's folder");
        CHECK(worst_exit(missing.diagnostics) == Exit::missing_input);

        static_cast<void>(folder.write("words.txt", "a b"));
        const LoadResult found = load_scenario(path);
        CHECK(shown(found) == "");
        REQUIRE(found.loaded.has_value());
        CHECK(found.loaded->scenario.folder == folder.path.string());
        const StepSpec& step = found.loaded->scenario.apps[0].datasets[0].steps[0];
        CHECK(step.value == "words.txt");
        CHECK(resolve_path(found.loaded->scenario.folder, step.value) ==
              (folder.path / "words.txt").string());
        CHECK(shown(scenario_from_lines(found.loaded->lines)) == "");
        CHECK(resolve_path(folder.path.string(), "/etc/motd") == "/etc/motd");
    }

    TEST_CASE("every scenario that comes along loads, and comes back from its lines") {
        const std::filesystem::path folder{FORKYARD_SOURCE_DIR "/scenarios"};
        for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
            if (entry.path().extension() != ".toml") {
                continue;
            }
            CAPTURE(entry.path().string());
            LoadResult result = load_scenario(entry.path().string());
            CHECK(shown(result) == "");
            REQUIRE(result.loaded.has_value());
            const LoadResult again = scenario_from_lines(result.loaded->lines);
            CHECK(shown(again) == "");
            REQUIRE(again.loaded.has_value());
            result.loaded->scenario.folder = "";
            CHECK(again.loaded->scenario == result.loaded->scenario);
        }
    }

    TEST_CASE("executors that fit on no worker are a warning") {
        const LoadResult result =
            load_text(small_scenario + "conf = { \"spark.executor.cores\" = 3 }\n");
        CHECK(shown(result) ==
              "s.toml:7:1: warning: no worker has room for the executors of `app-1` (3 cores, 1g), "
              "so it waits for resources. see `spark.executor.cores` and `spark.executor.memory`");
        CHECK(result.loaded.has_value());
        CHECK(worst_exit(result.diagnostics) == Exit::ok);
    }
}

TEST_SUITE("properties") {
    TEST_CASE("an application's own properties go over the common ones") {
        const Scenario out =
            loaded(small_scenario +
                   "conf = { \"spark.executor.memory\" = \"2g\" }\n[[app]]\n[conf]\n"
                   "spark.executor.memory = 512\nspark.network.timeout = 90\n"
                   "spark.executor.heartbeatInterval = 5000\n");
        CHECK(out.apps[0].conf.executor_memory == Bytes{2LL << 30});
        CHECK(out.apps[1].conf.executor_memory == Bytes{512LL << 20});
        CHECK(out.apps[1].conf.network_timeout == SimDuration{std::chrono::seconds{90}});
        CHECK(out.apps[1].conf.heartbeat_interval == SimDuration{std::chrono::seconds{5}});
    }

    TEST_CASE("every simulated property's printed default is its typed one") {
        std::string text = small_scenario + "[cluster.conf]\n";
        std::string common = "[conf]\n";
        const auto add_presets = [&](std::span<const ConfRow> rows) {
            for (const ConfRow& row : rows) {
                // A pattern is no name of a property.
                const bool pattern = row.name.find('*') != std::string_view::npos;
                if (!pattern && !row.preset.empty() && row.state == ConfState::simulated) {
                    (row.scope == ConfScope::app ? common : text) +=
                        "\"" + std::string{row.name} + "\" = \"" + std::string{row.preset} + "\"\n";
                }
            }
        };
        add_presets(simulated_conf());
        add_presets(scheduler_conf());
        const Scenario out = loaded(text + common);
        CHECK(out.apps[0].conf == AppConf{});
        CHECK(out.master == MasterConf{});
    }

    TEST_CASE("a property that is not simulated is a warning, an unknown one an error") {
        CHECK(problems_with("[conf]\n\"spark.ui.port\" = 4041\n") ==
              "s.toml:9:1: warning: `spark.ui.port` is not simulated and has no effect");
        CHECK(problems_with("[conf]\n\"spark.executor.core\" = 4\n") ==
              "s.toml:9:1: error: unknown property `spark.executor.core`. did you mean "
              "`spark.executor.cores`?");
        CHECK(problems_with("[conf]\n\"spark.hadoop.fs.x\" = 1\n") ==
              "s.toml:9:1: warning: `spark.hadoop.fs.x` is not simulated and has no effect");
        CHECK(problems_with("[conf]\n\"spark.deploy.spreadOut\" = false\n") ==
              "s.toml:9:1: warning: `spark.deploy.spreadOut` is a property of masters and nodes "
              "and has no effect here. move it to [cluster.conf]");
    }

    TEST_CASE("a property's value follows Spark's rules") {
        CHECK(problems_with("[conf]\n\"spark.executor.cores\" = \"two\"\n") ==
              "s.toml:9:26: error: `spark.executor.cores` must be a whole number from 1, which "
              "`two` is not");
        CHECK(problems_with("[conf]\n\"spark.network.timeout\" = \"1.5min\"\n") ==
              "s.toml:9:27: error: `spark.network.timeout` must be a time, which `1.5min` is not. "
              "write it as Spark does, as in \"200ms\", \"3s\" or \"5min\", without fractions; a "
              "bare number is in s");
        CHECK(problems_with("[conf]\n\"spark.executor.memory\" = \"1.5g\"\n") ==
              "s.toml:9:27: error: `spark.executor.memory` must be a size of at least 1 MiB, which "
              "`1.5g` is not. write it as Spark does, as in \"512m\" or \"2g\", without fractions; "
              "a bare number is in MiB");
        CHECK(problems_with("[conf]\n\"spark.scheduler.mode\" = \"NONE\"\n") ==
              "s.toml:9:26: error: `spark.scheduler.mode` cannot be `NONE`. there are `FIFO` and "
              "`FAIR`");
        CHECK(
            problems_with("[conf]\n\"spark.speculation.quantile\" = 1.5\n") ==
            "s.toml:9:32: error: `spark.speculation.quantile` must be a number from 0 to 1, which "
            "`1.5` is not");
        // Or the task would be given up before its node is excluded (SCH-HLT-14).
        CHECK(problems_with("[conf]\n\"spark.excludeOnFailure.enabled\" = true\n"
                            "\"spark.task.maxFailures\" = 2\n") ==
              "s.toml:10:28: error: `spark.excludeOnFailure.task.maxTaskAttemptsPerNode` (2) must "
              "be below `spark.task.maxFailures` (2)");
        CHECK(problems_with("[conf]\n\"forkyard.bug\" = \"SPARK-4938\"\n") ==
              "s.toml:9:18: error: no bug is called `SPARK-4938`. did you mean `SPARK-4939`?");
        CHECK(
            problems_with("[conf]\n\"forkyard.offers\" = \"inorder\"\n") ==
            "s.toml:9:21: error: `forkyard.offers` cannot be `inorder`. did you mean `in-order`?");
        CHECK(problems_with("[conf]\n\"spark.network.timeout\" = \"5s\"\n") ==
              "s.toml:9:27: error: `spark.network.timeout` must be longer than "
              "`spark.executor.heartbeatInterval`");
        CHECK(problems_with("[conf]\n\"spark.task.cpus\" = 2\n\"spark.executor.cores\" = 1\n") ==
              "s.toml:9:21: error: an executor of 1 cores cannot run a task of 2. raise "
              "`spark.executor.cores` or lower `spark.task.cpus`");
        CHECK(problems_with("[conf]\nspark.task.cpus = 1\n\"spark.task.cpus\" = 1\n") ==
              "s.toml:10:1: error: `spark.task.cpus` is given twice in the same table");
    }
}

TEST_SUITE("tables") {
    TEST_CASE("the nearest name is one slip away, not a guess") {
        CHECK(nearest("coers", {"cores", "count"}) == "cores");
        CHECK_FALSE(nearest("x", {"cores", "memory"}).has_value());
        CHECK(edit_distance("abcd", "abdc") == 1);
        CHECK(edit_distance("kitten", "sitting") == 3);
    }

    TEST_CASE("no property or record kind stands twice in its table") {
        std::set<std::string> names;
        for (const std::string& name : conf_names()) {
            CAPTURE(name);
            CHECK(names.insert(name).second);
        }
        std::set<std::string_view> kinds;
        for (const RecordKind& kind : record_kinds()) {
            CAPTURE(kind.name);
            CHECK(kinds.insert(kind.name).second);
        }
    }

    TEST_CASE("the reference names every key, property and fault with its state") {
        const std::string keys = reference_scenario();
        CHECK(keys.find("[[cluster.worker]]") != std::string::npos);
        CHECK(keys.find("barrier") != std::string::npos);
        CHECK(keys.find("(not simulated yet)") != std::string::npos);
        CHECK(reference_conf().find("spark.executor.memory") != std::string::npos);
        CHECK(reference_conf().find("spark.locality.wait") <
              reference_conf().find("does not simulate"));
        CHECK(reference_faults().find("slow-worker") != std::string::npos);
        CHECK(reference_records().find("status(success|failed|killed|fetch-failed") !=
              std::string::npos);
    }
}

}  // namespace forkyard::sim::scenario_file_test
