#include <doctest/doctest.h>

#include "tests/sim/scenario/loading.hpp"

namespace forkyard::sim::overrides_test {

using namespace forkyard;
using namespace forkyard::sim;

namespace {

const std::string etl = small_scenario + R"(name = "etl"
conf = { "spark.executor.cores" = 1 }
[[app.stage]]
name = "map"
tasks = 2
[[app.job]]
name = "first"
of = "map"
)";

Scenario loaded(const std::vector<std::string>& overrides) {
    const LoadResult result = load_text(etl, overrides);
    CHECK(shown(result) == "");
    REQUIRE(result.loaded.has_value());
    return result.loaded->scenario;
}

}  // namespace

TEST_SUITE("overrides") {
    TEST_CASE("elements of lists are found by index or by name") {
        CHECK(loaded({"app.etl.job.0.at=2s"}).apps[0].jobs[0].at ==
              SimTime{std::chrono::seconds{2}});
        CHECK(loaded({"app.0.job.first.at=2s"}).apps[0].jobs[0].at ==
              SimTime{std::chrono::seconds{2}});
        CHECK(loaded({"cluster.worker.w.count=5"}).cluster.nodes.size() == 5);
        CHECK(loaded({"app.etl.stage.map.tasks=7"}).apps[0].stages[0].tasks == 7);
    }

    TEST_CASE("the value is TOML, else text") {
        CHECK(loaded({"seed=9"}).seed == 9);
        CHECK(loaded({"name=two words"}).name == "two words");
        CHECK(loaded({"name=\"7\""}).name == "7");
        CHECK(loaded({"description="}).description.empty());
        const Scenario drawn = loaded({"app.etl.stage.map.duration={ each = [\"1s\", \"2s\"] }"});
        CHECK(drawn.apps[0].stages[0].duration.form == DurationSpec::Form::each);
        CHECK(loaded({"app.etl.stage.map.duration.uniform=[\"1s\", \"2s\"]"})
                  .apps[0]
                  .stages[0]
                  .duration.form == DurationSpec::Form::uniform);
    }

    TEST_CASE("missing tables are made") {
        CHECK(loaded({"cluster.network.latency=1ms"}).cluster.network.has_value());
        CHECK(loaded({"expect.app.etl.outcome=failed"}).expect.apps.at(0).outcome ==
              Outcome::failed);
        CHECK(loaded({"app.etl.stage.1.tasks=3", "app.etl.stage.1.name=other"})
                  .apps[0]
                  .stages.size() == 2);
    }

    TEST_CASE("a property goes over those of every application") {
        const Scenario out = loaded({"spark.executor.cores=2", "forkyard.offers=in-order"});
        CHECK(out.apps[0].conf.executor_cores == 2U);
        CHECK(out.apps[0].conf.offers == OfferOrder::in_order);
        CHECK(loaded({"app.etl.conf.spark.executor.cores=2"}).apps[0].conf.executor_cores == 2U);
        CHECK_FALSE(loaded({"cluster.conf.spark.deploy.spreadOut=false"}).master.spread_out);
    }

    TEST_CASE("the last override of a key wins") {
        CHECK(loaded({"seed=3", "seed=4"}).seed == 4);
    }

    TEST_CASE("a bad override is wrong usage, and reported as what was typed") {
        const LoadResult unknown = load_text(etl, {"app.etl.jbo.0.at=1s"});
        CHECK(shown(unknown) ==
              "--set app.etl.jbo.0.at=1s: error: unknown key `jbo` in [[app]]. did "
              "you mean `job`?");
        CHECK(worst_exit(unknown.diagnostics) == Exit::usage);
        CHECK(problems(etl, {"seed=many"}) ==
              "--set seed=many: error: `seed` must be a whole number, not text");
        CHECK(problems(etl, {"app.elt.kill_at=1s"}) ==
              "--set app.elt.kill_at=1s: error: there is no `elt` in [[app]]. did you mean `etl`?");
        CHECK(problems(etl, {"seed"}) ==
              "--set seed: error: this is not KEY=VALUE. write it as in --set seed=7");
        CHECK(problems(etl, {"format.x=1"}) ==
              "--set format.x=1: error: there is nothing below `format`");
        CHECK(problems(etl, {"spark.executor.core=1"}) ==
              "--set spark.executor.core=1: error: unknown property `spark.executor.core`. did you "
              "mean `spark.executor.cores`?");
    }
}

}  // namespace forkyard::sim::overrides_test
