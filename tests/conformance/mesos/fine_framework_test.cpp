// What Spark's fine-grained framework does with Mesos's offers (CM-MESOS-12): the framework
// alone, the test makes the offers.
#include "core/policy/mesos/fine_framework.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/builders/cluster_of.hpp"

namespace forkyard::fine_framework_test {

namespace {

AppConf of_one_gibibyte() {
    AppConf conf;
    conf.executor_memory = mebibytes(1'024);
    return conf;
}

constexpr std::int64_t enough = 1'408;  // MiB: heap, and 384 beside it

struct Offer {
    std::int64_t cores = 0;
    std::int64_t memory_mib = 0;
};

// Agents 0, 1, ... make one offer each. Answers come as lines: what is taken, for how long the
// rest is refused: "starts 3, 0 left, 1 s".
class FrameworkWorld {
public:
    explicit FrameworkWorld(const AppConf& conf = of_one_gibibyte()) : machine_{conf} {}

    void waits(std::uint32_t tasks) { machine_.set_waiting(tasks); }
    void has(std::uint32_t agent) { machine_.started(NodeId{agent}, ExecutorId{agent + 1}); }
    void lost(std::uint32_t agent) { machine_.ended(NodeId{agent}, ExecutorId{agent + 1}); }
    void returns(std::uint32_t agent, std::uint32_t cores, std::int64_t refuse_s) {
        machine_.returned(NodeId{agent}, cores, std::chrono::seconds{refuse_s});
    }
    void driver_lost() { machine_.lose_driver(); }
    [[nodiscard]] bool wants(std::uint32_t agent, const Offer& offer) const {
        return machine_.wants(NodeId{agent}, {offer.cores, mebibytes(offer.memory_mib)});
    }

    Lines offer(const std::vector<Offer>& made) {
        std::vector<FineFramework::Offered> offers;
        for (std::uint32_t agent = 0; agent < made.size(); ++agent) {
            offers.push_back(
                {NodeId{agent}, {made[agent].cores, mebibytes(made[agent].memory_mib)}});
        }
        Lines lines;
        for (const FineFramework::Answer& answer : machine_.answer(offers)) {
            lines.push_back(fmt::format("{}{}, {} left, {} s",
                                        answer.starts ? "starts " : "",
                                        answer.cores,
                                        answer.unused.cores,
                                        answer.refuse / std::chrono::seconds{1}));
        }
        return lines;
    }

private:
    FineFramework machine_;
};

}  // namespace

TEST_SUITE("Mesos: fine-grained mode, which offers are taken") {
    TEST_CASE("CM-MESOS-12 an executor takes a core for itself; too little memory is declined") {
        FrameworkWorld world;
        world.waits(100);
        CHECK(world.offer({{4, enough}, {4, enough - 1}, {4, enough}}) ==
              Lines{"starts 3, 0 left, 1 s", "0, 4 left, 5 s", "starts 3, 0 left, 1 s"});
    }

    TEST_CASE("CM-MESOS-12 no more executors are started than tasks wait, in turn over agents") {
        FrameworkWorld world;
        world.waits(3);
        CHECK(world.offer({{4, enough}, {4, enough}}) ==
              Lines{"starts 2, 1 left, 1 s", "starts 1, 2 left, 1 s"});
        FrameworkWorld one;
        one.waits(1);
        CHECK(one.offer({{4, enough}, {4, enough}}) ==
              Lines{"starts 1, 2 left, 1 s", "0, 4 left, 5 s"});
    }

    TEST_CASE("CM-MESOS-12 without a task that waits every offer is declined") {
        FrameworkWorld world;
        world.has(0);
        CHECK(world.offer({{4, enough}, {4, enough}}) == Lines{"0, 4 left, 5 s", "0, 4 left, 5 s"});
        CHECK_FALSE(world.wants(0, {4, enough}));
    }

    TEST_CASE("CM-MESOS-12 where it has an executor all cores are for tasks, whatever memory") {
        FrameworkWorld world;
        world.has(0);
        world.waits(1);
        CHECK(world.wants(0, {1, 0}));
        CHECK_FALSE(world.wants(1, {1, enough}));
        CHECK(world.wants(1, {2, enough}));
        CHECK(world.offer({{4, 0}, {4, enough}}) == Lines{"4, 0 left, 1 s", "0, 4 left, 5 s"});
    }

    TEST_CASE("CM-MESOS-12 what finds no room on executors goes to agents without one") {
        FrameworkWorld world;
        world.has(0);
        world.waits(3);
        CHECK(world.offer({{2, 0}, {4, enough}}) ==
              Lines{"2, 0 left, 1 s", "starts 1, 2 left, 1 s"});
    }

    TEST_CASE("CM-MESOS-12 an executor that tasks will not run on does not keep others away") {
        const std::vector<Offer> both{{2, 0}, {4, enough}};
        FrameworkWorld world;
        world.has(0);
        for (int times = 0; times < 2; ++times) {
            world.waits(1);
            CHECK(world.offer(both) == Lines{"2, 0 left, 1 s", "0, 4 left, 5 s"});
            world.waits(1);
            world.returns(0, 2, 5);
        }
        CHECK(world.offer(both) == Lines{"2, 0 left, 1 s", "starts 1, 2 left, 1 s"});
        world.waits(1);
        world.returns(0, 1, 0);  // one has run there all the same
        CHECK(world.offer(both) == Lines{"2, 0 left, 1 s", "0, 4 left, 5 s"});
    }

    TEST_CASE("CM-MESOS-12 a task of Mesos has the cores of a task of Spark") {
        AppConf conf = of_one_gibibyte();
        conf.task_cpus = 2;
        conf.mesos.own_cores = 2;
        FrameworkWorld world{conf};
        world.waits(100);
        CHECK(world.offer({{7, enough}}) == Lines{"starts 4, 1 left, 1 s"});
        CHECK_FALSE(world.wants(1, {3, enough}));
        world.has(0);
        world.waits(100);
        CHECK(world.offer({{3, enough}}) == Lines{"2, 1 left, 1 s"});
        CHECK_FALSE(world.wants(0, {1, enough}));
    }

    TEST_CASE("CM-MESOS-12 an agent whose executor was lost can have another one") {
        FrameworkWorld world;
        world.has(0);
        world.lost(0);
        world.waits(1);
        CHECK(world.offer({{4, enough}}) == Lines{"starts 1, 2 left, 1 s"});
    }

    TEST_CASE("CM-MESOS-12 executors of a driver that was lost are of no use to the next one") {
        FrameworkWorld world;
        world.has(0);
        world.waits(9);
        world.driver_lost();
        CHECK_FALSE(world.wants(0, {4, enough}));
        world.waits(1);
        CHECK(world.offer({{4, enough}}) == Lines{"starts 1, 2 left, 1 s"});
    }
}

}  // namespace forkyard::fine_framework_test
