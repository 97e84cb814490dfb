#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/sim/scenario/loading.hpp"

namespace forkyard::sim::scenario_errors_test {

using namespace forkyard;
using namespace forkyard::sim;

TEST_SUITE("scenario errors") {
    TEST_CASE("an unknown key is reported with the nearest known one") {
        CHECK(problems_with("[[app.stage]]\ntaks = 3\ntasks = 1\n") ==
              "s.toml:9:1: error: unknown key `taks` in [[app.stage]]. did you mean `tasks`?");
        CHECK(
            problems("format = 1\nsede = 2\n[[cluster.worker]]\ncores = 1\nmemory = 1\n[[app]]\n")
                .starts_with("s.toml:2:1: error: unknown key `sede` in the scenario. did you mean "
                             "`seed`?"));
    }

    TEST_CASE("a missing key is reported at its table's header") {
        CHECK(problems_with("[[app.stage]]\nname = \"a\"\n") ==
              "s.toml:8:1: error: [[app.stage]] needs `tasks`. how many tasks");
        CHECK(problems("[[cluster.worker]]\ncores = 1\n") ==
              "s.toml:1:1: error: the scenario needs `format`. version of the scenario file: 1\n"
              "s.toml:1:1: error: the scenario needs `[[app]]`. an application\n"
              "s.toml:1:1: error: [[cluster.worker]] needs `memory`. memory of each");
    }

    TEST_CASE("a value of the wrong type is reported with what it is and should be") {
        CHECK(problems_with("[[app.stage]]\ntasks = \"3\"\n") ==
              "s.toml:9:9: error: `tasks` must be a whole number, not text");
        CHECK(problems_with("[[app.stage]]\ntasks = 3\nname = 4\n") ==
              "s.toml:10:8: error: `name` must be text, not a whole number. put it in quotes");
        CHECK(problems_with("[[app.stage]]\ntasks = 3\nparents = \"a\"\n") ==
              "s.toml:10:11: error: `parents` must be a list of texts, not text");
        CHECK(problems_with("[app.stage]\ntasks = 3\n") ==
              "s.toml:8:1: error: `stage` must be a list of tables, not a table. write it as "
              "[[app.stage]]");
        CHECK(problems_with("open_until = 2026-01-01\n") ==
              "s.toml:8:14: error: `open_until` must be a duration, not a date or an infinity. "
              "write it with a unit, as in \"250us\", \"200ms\", \"1.5s\", \"5min\" or \"1h\"");
    }

    TEST_CASE("SCH-POOL-07 mistakes in a pool are refused, each by itself") {
        const auto pool = [](const std::string& line) {
            return problems_with(
                "[app.conf]\n\"spark.scheduler.mode\" = \"FAIR\"\n"
                "[[app.pool]]\nname = \"p\"\n" +
                line + "\n");
        };
        CHECK(pool("").empty());
        for (const std::string line : {"mode = \"NONE\"",
                                       "mode = \"\"",
                                       "mode = \" \"",
                                       "weight = \"two\"",
                                       "weight = 0",
                                       "min_share = \"\"",
                                       "min_share = -1"}) {
            CAPTURE(line);
            const std::string key = line.substr(0, line.find(' '));
            const std::string said = pool(line);
            CHECK((said.find("error: `" + key + "` must be") != std::string::npos ||
                   said.find("error: `" + key + "` cannot be") != std::string::npos));
        }
    }

    TEST_CASE("SCH-POOL-07 so is the mode NONE of the scheduler, for it is no mode of it") {
        CHECK(problems_with("[app.conf]\n\"spark.scheduler.mode\" = \"NONE\"\n")
                  .find("error: `spark.scheduler.mode` cannot be") != std::string::npos);
    }

    TEST_CASE("SCH-POOL-07 what is not said of a pool is as in Spark") {
        const LoadResult result = load_text(small_scenario + "[[app.pool]]\nname = \"p\"\n");
        REQUIRE(result.loaded);
        const PoolSpec& pool = result.loaded->scenario.apps[0].pools.at(0);
        CHECK(pool.weight == 1);
        CHECK(pool.min_share == 0);
        CHECK(pool.mode == SchedulingMode::fifo);
    }

    TEST_CASE("SCH-TSI-05 a task that takes more than an executor has is refused") {
        CHECK(problems_with("[app.conf]\n\"spark.task.resource.gpu.amount\" = 2\n"
                            "\"spark.executor.resource.gpu.amount\" = 1\n")
                  .find("error: an executor of 1 gpu cannot run a task that takes more") !=
              std::string::npos);
        CHECK(problems_with("[app.conf]\n\"spark.task.resource.gpu.amount\" = 0.5\n"
                            "\"spark.executor.resource.gpu.amount\" = 1\n")
                  .empty());
    }

    TEST_CASE("a bare or unknown unit is refused") {
        CHECK(problems_with("submit_at = 5\n") ==
              "s.toml:8:13: error: `submit_at` must be a duration, not a whole number. write it "
              "with a unit, as in \"250us\", \"200ms\", \"1.5s\", \"5min\" or \"1h\"");
        CHECK(problems_with("submit_at = \"5d\"\n") ==
              "s.toml:8:13: error: `submit_at` must be a duration, which `5d` is not. write it "
              "with a unit, as in \"250us\", \"200ms\", \"1.5s\", \"5min\" or \"1h\"");
        CHECK(
            problems_with("[[app.stage]]\ntasks = 1\nshuffle_write = \"1kb\"\n") ==
            "s.toml:10:17: error: `shuffle_write` must be a size, which `1kb` is not. write it as "
            "\"64k\", \"128m\" or \"8g\", or as a number of bytes");
        CHECK(problems_with("[[app.stage]]\ntasks = 1\nrate = \"1k\"\n") ==
              "s.toml:10:8: error: `rate` must be a rate, which `1k` is not. write it as "
              "\"125m/s\"");
    }

    TEST_CASE("numbers out of range are refused") {
        CHECK(problems_with("[[app.stage]]\ntasks = 0\n") ==
              "s.toml:9:9: error: `tasks` must be at least 1, not 0");
        CHECK(problems_with("[[app.stage]]\ntasks = 3000000000\n") ==
              "s.toml:9:9: error: `tasks` must be at most 2147483647, not 3000000000");
        CHECK(problems("format = 2\n[[cluster.worker]]\ncores = 1\nmemory = \"2g\"\n[[app]]\n") ==
              "s.toml:1:10: error: format 2 is newer than this program. it knows format 1");
    }

    TEST_CASE("a word that is none of the choices is reported with the nearest") {
        CHECK(problems_with("[[app.stage]]\ntasks = 1\nwork = \"spinn\"\n") ==
              "s.toml:10:8: error: `work` cannot be `spinn`. did you mean `spin`?");
    }

    TEST_CASE("what is known but not simulated yet says so") {
        CHECK(problems_with("[[app.trace]]\nat = \"1s\"\n[[app.trace]]\nat = \"2s\"\n") ==
              "s.toml:8:1: error: `[[app.trace]]` is not simulated yet");
        CHECK(problems_with("[lab]\nx = 1\n") == "s.toml:8:1: error: `[lab]` is not simulated yet");
        CHECK(problems_with("[[fault]]\nkind = \"fill-disk\"\nat = \"1s\"\n") ==
              "s.toml:9:8: error: `fill-disk` is not simulated yet");
    }

    TEST_CASE("a cluster without workers is refused") {
        CHECK(problems("format = 1\n[cluster]\n[[app]]\n") ==
              "s.toml:2:1: error: the cluster has no workers. add a [[cluster.worker]]");
        CHECK(
            problems("format = 1\n[[cluster.worker]]\ncount = 0\ncores = 1\nmemory = 1\n[[app]]\n")
                .starts_with("s.toml:3:9: error: `count` must be at least 1, not 0"));
    }

    TEST_CASE("stages that wait for each other are reported once, at the parent that closes it") {
        CHECK(problems_with("[[app.stage]]\nname = \"a\"\ntasks = 1\nparents = [\"b\"]\n"
                            "[[app.stage]]\nname = \"b\"\ntasks = 1\nparents = [\"c\"]\n"
                            "[[app.stage]]\nname = \"c\"\ntasks = 1\nparents = [\"a\"]\n") ==
              "s.toml:19:12: error: the stages form a cycle: a -> b -> c -> a");
        CHECK(problems_with("[[app.stage]]\nname = \"a\"\ntasks = 1\nparents = [\"a\"]\n") ==
              "s.toml:11:12: error: the stages form a cycle: a -> a");
    }

    TEST_CASE("unknown names are reported where they stand") {
        const std::string two = "[[app.stage]]\nname = \"map\"\ntasks = 1\n";
        CHECK(problems_with(two +
                            "[[app.stage]]\nname = \"red\"\ntasks = 1\nparents = [\"mpa\"]\n") ==
              "s.toml:14:12: error: unknown stage `mpa`. did you mean `map`?");
        CHECK(problems_with(two + "[[app.job]]\nof = \"maap\"\n") ==
              "s.toml:12:6: error: unknown stage or dataset `maap`. did you mean `map`?");
        CHECK(problems_with(two +
                            "[[fault]]\nkind = \"lose-worker\"\nat = \"1s\"\nworker = \"w-3\"\n") ==
              "s.toml:14:10: error: unknown worker `w-3`. did you mean `w-1`?");
        CHECK(problems_with(two + "[expect.app.etl]\noutcome = \"failed\"\n") ==
              "s.toml:11:13: error: unknown application `etl`. there is only `app-1`");
        CHECK(problems_with(two + "[[expect.result]]\njob = \"mapp\"\nrows = 1\n") ==
              "s.toml:12:7: error: unknown job `mapp`. did you mean `map`?");
        CHECK(problems_with(two + "[[expect.result]]\njob = 1\nrows = 1\n") ==
              "s.toml:12:7: error: there is no job 1 in `app-1`. it has 1, counted from 0");
        CHECK(problems_with("[expect]\ninvariants = [\"I99\"]\n") ==
              "s.toml:9:15: error: unknown invariant `I99`. invariants are I01 to I28");
    }

    TEST_CASE("names are unique and without reserved characters") {
        CHECK(problems_with("[[app.stage]]\nname = \"a\"\ntasks = 1\n[[app.stage]]\nname = \"a\"\n"
                            "tasks = 1\n[[app.job]]\nof = \"a\"\n") ==
              "s.toml:12:8: error: there are two stages named `a`. the first is in line 9");
        CHECK(problems_with("name = \"a:b\"\n") ==
              "s.toml:8:8: error: the name `a:b` has a `:` in it. names are without `:`, `*` and "
              "`,`");
        CHECK(
            problems("format = 1\n[[cluster.worker]]\nname = \"w\"\ncount = 2\ncores = 1\nmemory = "
                     "\"2g\"\n[[cluster.worker]]\nname = \"w-2\"\ncores = 1\nmemory = "
                     "\"2g\"\n[[app]]\n") ==
            "s.toml:8:8: error: there are two workers named `w-2`. the first is in line 3");
    }

    TEST_CASE("steps of a dataset are checked against what they can do") {
        const auto steps = [](const std::string& list) {
            return problems_with("[[app.dataset]]\nsteps = [\n" + list + "\n]\n");
        };
        CHECK(steps("{ map = \"identity\" }") ==
              "s.toml:10:9: error: `map` cannot come first. begin with a source: read_text, "
              "read_csv, read_json, range, values, generate, from or union");
        CHECK(steps("{ range = 3 },\n{ range = 3 }") ==
              "s.toml:11:11: error: `range` is a source and can only come first");
        CHECK(shown(load_text(small_scenario + "[[app.dataset]]\nsteps = [\n{ range = 3 },\n"
                                               "{ map = \"idnetity\" }\n]\n",
                              {},
                              DataFiles::look)) ==
              "s.toml:11:9: error: unknown function `idnetity`. did you mean `identity`?");
        CHECK(steps("{ range = 3 },\n{ map = \"constant\" }") ==
              "s.toml:11:9: error: the function `constant` takes 1 args, not 0");
        CHECK(steps("{ range = 3 },\n{ flat_map = \"sum\" }")
                  .starts_with("s.toml:11:14: error: the function `sum` cannot be used by "
                               "`flat_map`. "));
        CHECK(steps("{ range = 3 },\n{ map = \"identity\", partitions = 2 }") ==
              "s.toml:11:34: error: `map` takes no `partitions`. sources and wide steps do");
        CHECK(steps("{ range = 3 },\n{ map = \"identity\", filter = \"identity\" }")
                  .starts_with("s.toml:11:30: error: a step is either `map` or `filter`. write "
                               "them as two steps"));
        CHECK(steps("{ range = 3 },\n{ args = [1] }") ==
              "s.toml:11:1: error: this step does nothing. say what, as in { map = \"identity\" }");
        CHECK(steps("{ range = 3 },\n{ cache = \"MEMORY\" }")
                  .starts_with("s.toml:11:11: error: unknown storage level `MEMORY`"));
        CHECK(steps("{ range = 3 },\n{ cache = true },\n{ cache = \"DISK_ONLY\" }")
                  .find("the storage level MEMORY_ONLY cannot be changed to DISK_ONLY") !=
              std::string::npos);
        CHECK(steps("{ range = 3 },\n{ join = \"other\" }") ==
              "s.toml:11:10: error: there is no dataset `other` above. define it before this one");
        for (const std::string step : {"zip", "cartesian", "cogroup"}) {
            CHECK(steps("{ range = 3 },\n{ " + step + " = \"other\" }")
                      .ends_with("there is no dataset `other` above. define it before this one"));
            CHECK(
                steps("{ range = 3 },\n{ " + step + " = 3 }")
                    .starts_with(fmt::format("s.toml:11:{}: error: `{}` must be text, not a whole "
                                             "number",
                                             step.size() + 6,
                                             step)));
        }
        CHECK(steps("{ from = \"x\", cost = \"1s\" }")
                  .find("`from` costs nothing: it makes no other dataset") != std::string::npos);
        CHECK(steps("{ range = 3 },\n{ coalesce = 0 }") ==
              "s.toml:11:14: error: `coalesce` must be at least 1, not 0");
        CHECK(steps("{ range = 3 },\n{ repartition = 2, partitions = 3 }") ==
              "s.toml:11:33: error: `repartition` takes no `partitions`");
        CHECK(steps("{ range = 3 },\n{ sample = 1.5 }") ==
              "s.toml:11:12: error: `sample` takes a share between 0 and 1");
        CHECK(steps("{ range = 3 },\n{ sample = 0.5, args = [\"x\"] }") ==
              "s.toml:11:24: error: `sample` takes args = [seed], a whole number, or none");
        CHECK(steps("{ generate = \"identity\" }") ==
              "s.toml:10:14: error: `generate` takes args = [number of records], then its "
              "function's");
        CHECK(steps("{ range = 3 },\n{ aggregate_by_key = \"count\" }") ==
              "s.toml:11:22: error: `aggregate_by_key` takes args = [value to start from], then "
              "its function's");
        CHECK(steps("{ range = 3 },\n{ reduce_by_key = \"count\" }")
                  .starts_with("s.toml:11:19: error: the function `count` cannot be used by "
                               "`reduce_by_key`"));
        CHECK(steps("{ range = [0, 3, 0] }") ==
              "s.toml:10:11: error: the step of `range` must not be 0");
        CHECK(steps("{ range = 3, cost = \"1s\", cost_per_record = \"1us\" }") ==
              "s.toml:10:45: error: a step has `cost` or `cost_per_record`, not both");
        CHECK(steps("{ range = 3 },\n{ sort_by = \"identity\", args = [3] }") ==
              "s.toml:11:32: error: `sort_by` takes args = [\"ascending\"] or [\"descending\"], or "
              "none");
        CHECK(steps("{ range = 3 },\n{ group_by_key = \"sum\" }") ==
              "s.toml:11:18: error: `group_by_key` must be true, not text");
    }

    TEST_CASE("DP-RDD-20 pairs are checked against the partitions of both sides") {
        const auto pairs = [](const std::string& left, const std::string& step) {
            return problems_with(
                "[[app.dataset]]\nname = \"right\"\nsteps = [{ range = 9, partitions = 3 }]\n"
                "[[app.dataset]]\nsteps = [\n{ range = 9, partitions = " +
                left + " },\n{ map = \"identity\" },\n{ " + step + " },\n]\n");
        };
        CHECK(pairs("3", "zip = \"right\"").empty());
        CHECK(pairs("2", "zip = \"right\"") ==
              "s.toml:15:9: error: datasets with unequal numbers of partitions cannot be zipped: 2 "
              "and 3");
        CHECK(pairs("2", "zip = \"right\", args = [1]") ==
              "s.toml:15:25: error: `zip` takes no `args`");
        CHECK(pairs("2", "cartesian = \"right\", partitions = 6") ==
              "s.toml:15:37: error: `cartesian` takes no `partitions`. sources and wide steps do");
        CHECK(pairs("2", "cartesian = \"right\"").empty());
        CHECK(pairs("715827883", "cartesian = \"right\"") ==
              "s.toml:15:15: error: 715827883 x 3 partitions are too many: a dataset has at most "
              "2147483647");
    }

    TEST_CASE("actions are checked against what they are of") {
        const auto job = [](const std::string& of, const std::string& rest) {
            return problems_with(
                "[[app.stage]]\nname = \"s\"\ntasks = 1\n[[app.dataset]]\nname = "
                "\"d\"\nsteps = [{ range = 3 }]\n[[app.job]]\nof = \"" +
                of + "\"\n" + rest);
        };
        CHECK(job("s", "action = \"count\"\n") ==
              "s.toml:16:10: error: the action of a stage is `run` or `map_stage`, not "
              "`count`");
        CHECK(job("d", "action = \"run\"\n") ==
              "s.toml:16:10: error: `run` is the action of a stage, and this is a dataset. count, "
              "collect, take, first, top, reduce, tree_reduce, lookup, foreach, save or show");
        CHECK(job("d", "action = \"take\"\n") ==
              "s.toml:16:10: error: take takes a number of records");
        CHECK(job("d", "action = \"count\"\nargs = [1]\n") ==
              "s.toml:17:8: error: the action `count` takes no args");
        CHECK(job("d", "action = \"save\"\n") ==
              "s.toml:16:10: error: the action `save` takes args = [path]");
        CHECK(job("d", "action = \"show\"\nargs = [5, \"x\"]\n") ==
              "s.toml:17:8: error: show takes a number of rows, of characters (0: all) and "
              "\"vertical\", or fewer");
    }

    TEST_CASE("drawn durations and skews are of one form") {
        const auto stage = [](const std::string& rest) {
            return problems_with("[[app.stage]]\ntasks = 1\n" + rest);
        };
        CHECK(stage("duration = { uniform = [\"1s\"] }\n") ==
              "s.toml:10:24: error: `uniform` must be a list of two durations, not of 1");
        CHECK(stage("duration = { normal = { mean = \"1s\" } }\n") ==
              "s.toml:10:23: error: [app.stage.duration.normal] needs `stddev`");
        CHECK(stage("duration = { each = [\"1s\"], values = [\"1s\"] }\n") ==
              "s.toml:10:12: error: `duration` is drawn in several ways. give one of uniform, "
              "normal, exponential, lognormal, pareto, values, each");
        CHECK(stage("duration = { gamma = [\"1s\"] }\n")
                  .starts_with("s.toml:10:12: error: `duration` is drawn in no ways."));
        CHECK(stage("skew = { zipf = 1.2, weights = [1] }\n") ==
              "s.toml:10:8: error: `skew` is either `zipf` or `weights`");
    }

    TEST_CASE("a syntax error is reported with its place") {
        CHECK(problems("format = 1\nseed = = 2\n").starts_with("s.toml:2:8: error: "));
        CHECK(problems("format = 1\nformat = 1\n").starts_with("s.toml:2:"));
    }

    TEST_CASE("everything that is wrong is reported in one go, in order of place") {
        const LoadResult result = load_text(small_scenario +
                                            "submit_at = 5\n[[app.stage]]\nname = \"a\"\ntasks = "
                                            "-1\nparents = [\"x\"]\n[[fault]]\nkind = \"nope\"\n");
        CHECK_FALSE(result.loaded.has_value());
        REQUIRE(result.diagnostics.size() == 4);
        CHECK(result.diagnostics[0].line == 8);
        CHECK(result.diagnostics[1].what == "`tasks` must be at least 1, not -1");
        CHECK(result.diagnostics[2].what == "unknown stage `x`");
        CHECK(result.diagnostics[3].what == "unknown kind of fault `nope`");
        CHECK(worst_exit(result.diagnostics) == Exit::bad_input);
    }
}

}  // namespace forkyard::sim::scenario_errors_test
