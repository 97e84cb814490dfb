// What Spark's coarse-grained framework does with Mesos's offers (CM-MESOS-08 to CM-MESOS-11):
// the framework alone, the test makes the offers.
#include "core/policy/mesos/coarse_framework.hpp"

#include <optional>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/builders/cluster_of.hpp"

namespace forkyard::coarse_framework_test {

namespace {

AppConf wishing(std::optional<std::uint32_t> executor_cores,
                std::optional<std::uint32_t> cores_max = {}) {
    AppConf conf;
    conf.executor_memory = mebibytes(1'024);
    conf.executor_cores = executor_cores;
    if (cores_max) {
        conf.cores_max = *cores_max;
    }
    return conf;
}

// Agents 0, 1, ... each offer so many cores, and memory for ten executors. Answers come as
// lines: the cores of executors that are started, how long the rest is refused.
class FrameworkWorld {
public:
    explicit FrameworkWorld(AppConf conf, std::uint32_t limit = RequestExecutors::unlimited)
        : conf_{std::move(conf)}, machine_{conf_} {
        machine_.set_limit(limit);
    }
    FrameworkWorld(const FrameworkWorld&) = delete;
    FrameworkWorld& operator=(const FrameworkWorld&) = delete;

    Lines offer(const std::vector<std::int64_t>& cores, std::int64_t memory_mib = 14'080) {
        std::vector<CoarseFramework::Offered> offers;
        for (std::uint32_t agent = 0; agent < cores.size(); ++agent) {
            offers.push_back({NodeId{agent}, {cores[agent], mebibytes(memory_mib)}});
        }
        Lines lines;
        for (const CoarseFramework::Answer& answer : machine_.answer(offers)) {
            lines.push_back(fmt::format("[{}] {} s",
                                        fmt::join(answer.executors, " "),
                                        answer.refuse / std::chrono::seconds{1}));
            unused_.push_back(answer.unused);
        }
        return lines;
    }
    void ends(std::uint32_t cores, bool failed, std::uint32_t agent = 0) {
        machine_.ended(NodeId{agent}, cores, failed);
    }
    void limit(std::uint32_t executors) { machine_.set_limit(executors); }
    // What the last answer left of its offer.
    [[nodiscard]] Room left() const { return unused_.back(); }

private:
    AppConf conf_;
    CoarseFramework machine_;
    std::vector<Room> unused_;
};

}  // namespace

TEST_SUITE("Mesos: which offers Spark takes") {
    TEST_CASE("CM-MESOS-08 without executor cores it takes all that is offered and allowed") {
        CHECK(FrameworkWorld{wishing({})}.offer({10}) == Lines{"[10] 5 s"});
        CHECK(FrameworkWorld{wishing({}, 10)}.offer({11}) == Lines{"[10] 5 s"});
        FrameworkWorld world{wishing({}, 10)};
        CHECK(world.offer({4, 4, 4}) == Lines{"[4] 5 s", "[4] 5 s", "[2] 5 s"});
    }

    TEST_CASE("CM-MESOS-08 spark.cores.max is rounded down to whole executors") {
        FrameworkWorld world{wishing(4, 10)};
        CHECK(world.offer({4, 4, 4}) == Lines{"[4] 5 s", "[4] 5 s", "[] 120 s"});
        FrameworkWorld less{wishing(4, 3)};
        CHECK(less.offer({8}) == Lines{"[] 120 s"});
    }

    TEST_CASE("CM-MESOS-08 memory has to hold heap and a tenth of it, at least 384 MiB") {
        const auto starts = [](AppConf conf, std::int64_t memory_mib) {
            return FrameworkWorld{std::move(conf)}.offer({2}, memory_mib) == Lines{"[2] 5 s"};
        };
        CHECK(starts(wishing(2), 1'408));
        CHECK_FALSE(starts(wishing(2), 1'407));
        AppConf large = wishing(2);
        large.executor_memory = mebibytes(8'192);
        CHECK(starts(large, 9'011));
        CHECK_FALSE(starts(large, 9'010));
        AppConf told = wishing(2);
        told.mesos.executor_overhead = mebibytes(100);
        CHECK(starts(told, 1'124));
        CHECK_FALSE(starts(told, 1'123));
    }

    TEST_CASE("CM-MESOS-08 what it starts is taken of the offer, with the extra cores") {
        AppConf conf = wishing(2);
        conf.mesos.extra_cores = 1;
        FrameworkWorld world{conf};
        CHECK(world.offer({7}) == Lines{"[2 2] 5 s"});
        CHECK(world.left() == Room{1, mebibytes(14'080 - 2 * 1'408)});
    }

    TEST_CASE("CM-MESOS-09 round by round: one executor of each offer, then the next") {
        FrameworkWorld world{wishing(4, 8)};
        CHECK(world.offer({8, 8}) == Lines{"[4] 5 s", "[4] 5 s"});
        FrameworkWorld three{wishing(4, 12)};
        CHECK(three.offer({8, 8}) == Lines{"[4 4] 5 s", "[4] 5 s"});
    }

    TEST_CASE("CM-MESOS-09 several on one agent, if its memory holds them") {
        CHECK(FrameworkWorld{wishing(4)}.offer({8}, 2'816) == Lines{"[4 4] 5 s"});
        CHECK(FrameworkWorld{wishing(4)}.offer({8}, 2'815) == Lines{"[4] 5 s"});
    }

    TEST_CASE("CM-MESOS-09 an executor has its cores, however many are offered") {
        FrameworkWorld world{wishing(4)};
        CHECK(world.offer({5}) == Lines{"[4] 5 s"});
        CHECK(world.left().cores == 1);
        CHECK(FrameworkWorld{wishing(4)}.offer({3}) == Lines{"[] 5 s"});
    }

    TEST_CASE("CM-MESOS-10 with all its cores it declines what it does not use for 120 s") {
        CHECK(FrameworkWorld{wishing(3, 4)}.offer({5, 5}) == Lines{"[3] 5 s", "[] 120 s"});
        CHECK(FrameworkWorld{wishing(2, 4)}.offer({5, 5, 5}) ==
              Lines{"[2] 5 s", "[2] 5 s", "[] 120 s"});
        AppConf told = wishing(3, 4);
        told.mesos.reject = std::chrono::seconds{33};
        CHECK(FrameworkWorld{told}.offer({5, 5}) == Lines{"[3] 5 s", "[] 33 s"});
    }

    TEST_CASE("CM-MESOS-10 else for 5 s: what does not fit, and what is over its limit") {
        CHECK(FrameworkWorld{wishing(6)}.offer({5, 7}) == Lines{"[] 5 s", "[6] 5 s"});
        CHECK(FrameworkWorld{wishing(2), 1}.offer({5, 5}) == Lines{"[2] 5 s", "[] 5 s"});
    }

    TEST_CASE("CM-MESOS-10 at its limit for 5 s, whether it has all its cores or not") {
        FrameworkWorld world{wishing(2, 2), 1};
        CHECK(world.offer({2}) == Lines{"[2] 5 s"});
        CHECK(world.offer({2}) == Lines{"[] 5 s"});
        world.limit(2);
        CHECK(world.offer({2}) == Lines{"[] 120 s"});
    }

    TEST_CASE("CM-MESOS-11 no more executors than its limit") {
        FrameworkWorld world{wishing(1), 0};
        CHECK(world.offer({4, 4}) == Lines{"[] 5 s", "[] 5 s"});
        world.limit(2);
        CHECK(world.offer({4, 4}) == Lines{"[1] 5 s", "[1] 5 s"});
        CHECK(world.offer({4, 4}) == Lines{"[] 5 s", "[] 5 s"});
    }

    TEST_CASE("CM-MESOS-11 who ends gives its cores back, and its agent can have a new one") {
        FrameworkWorld world{wishing(4, 4)};
        CHECK(world.offer({4}) == Lines{"[4] 5 s"});
        CHECK(world.offer({4}) == Lines{"[] 120 s"});
        for (int n = 0; n < 3; ++n) {
            world.ends(4, false);
            CHECK(world.offer({4}) == Lines{"[4] 5 s"});
        }
    }

    TEST_CASE("CM-MESOS-11 an agent on which two have failed is not used any more") {
        FrameworkWorld world{wishing(2)};
        CHECK(world.offer({2, 2}) == Lines{"[2] 5 s", "[2] 5 s"});
        world.ends(2, true, 0);
        CHECK(world.offer({2}) == Lines{"[2] 5 s"});
        world.ends(2, true, 0);
        world.ends(2, true, 1);
        CHECK(world.offer({2, 2}) == Lines{"[] 5 s", "[2] 5 s"});
        world.ends(2, false, 1);
        CHECK(world.offer({2, 2}) == Lines{"[] 5 s", "[2] 5 s"});
    }
}

}  // namespace forkyard::coarse_framework_test
