// Whom Mesos's master offers what is free (CM-MESOS-01 to CM-MESOS-07): the allocator alone,
// the test plays agents and frameworks.
#include "core/policy/mesos/drf_allocator.hpp"

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/builders/lines.hpp"

namespace forkyard::drf_allocator_test {

namespace {

// Offers come as lines: "s1 to f2: 1 cores, 512". A batch every second, or as told.
class DrfWorld {
public:
    explicit DrfWorld(const std::vector<RoleSpec>& roles = {}, std::int64_t interval_s = 1)
        : machine_{std::chrono::seconds{interval_s}, roles} {}

    void agent(std::uint32_t number,
               std::int64_t cores,
               std::int64_t memory = 1024,
               const std::string& reserved_for = {}) {
        machine_.add_agent(NodeId{number}, {cores, Bytes{memory}}, reserved_for);
    }
    void lose_agent(std::uint32_t number) { machine_.remove_agent(NodeId{number}); }
    void framework(std::uint32_t number, const std::string& role = "*") {
        machine_.add_framework(AppId{number}, role);
    }
    void end_framework(std::uint32_t number) { machine_.remove_framework(AppId{number}); }
    void revive(std::uint32_t number) { machine_.revive(AppId{number}); }

    Lines batch(std::int64_t at_ms = 0) {
        now_ = SimTime{std::chrono::milliseconds{at_ms}};
        Lines lines;
        for (const auto& [framework, agent, room] : machine_.allocate(now_)) {
            lines.push_back(fmt::format("s{} to f{}: {} cores, {}",
                                        agent.value,
                                        framework.value,
                                        room.cores,
                                        room.memory.count));
        }
        return lines;
    }
    // Part of what it was offered, or has, comes back; milliseconds for which it refuses it.
    void returns(std::uint32_t framework,
                 std::uint32_t agent,
                 const Room& room,
                 std::optional<std::int64_t> refuse_ms = {}) {
        std::optional<SimDuration> refuse;
        if (refuse_ms) {
            refuse = std::chrono::milliseconds{*refuse_ms};
        }
        machine_.recover(AppId{framework}, NodeId{agent}, room, now_, refuse);
    }

private:
    DrfAllocator machine_;
    SimTime now_{};
};

}  // namespace

TEST_SUITE("Mesos: who is offered what is reserved") {
    TEST_CASE("CM-MESOS-06 a reserved agent goes to frameworks of its role alone") {
        DrfWorld world;
        world.agent(1, 2, 1024, "role1");
        world.agent(2, 2, 1024, "role2");
        world.agent(3, 1, 1024);
        world.agent(4, 1, 1024, "role3");
        world.framework(1, "role1");
        CHECK(world.batch() == Lines{"s1 to f1: 2 cores, 1024", "s3 to f1: 1 cores, 1024"});
        world.framework(2, "role2");
        CHECK(world.batch(1'000) == Lines{"s2 to f2: 2 cores, 1024"});
        CHECK(world.batch(2'000).empty());  // nobody is in role3
    }

    TEST_CASE("CM-MESOS-06 what is reserved counts in the share of its role") {
        DrfWorld world;
        world.agent(1, 100, 1024, "role1");
        world.framework(1, "role1");
        world.framework(2, "role2");
        CHECK(world.batch() == Lines{"s1 to f1: 100 cores, 1024"});
        // role1 has had its part, though none of it was anybody's.
        world.agent(2, 2, 512);
        CHECK(world.batch() == Lines{"s2 to f2: 2 cores, 512"});
        world.agent(3, 2, 256);
        CHECK(world.batch() == Lines{"s3 to f2: 2 cores, 256"});
    }

    TEST_CASE("CM-MESOS-06 within a role what is reserved is shared fairly") {
        DrfWorld world;
        world.agent(1, 100, 1024, "role1");
        world.framework(1, "role1");
        CHECK(world.batch() == Lines{"s1 to f1: 100 cores, 1024"});
        world.framework(3, "role1");
        world.agent(4, 2, 512, "role1");
        CHECK(world.batch() == Lines{"s4 to f3: 2 cores, 512"});
        world.agent(5, 2, 256, "role1");
        CHECK(world.batch() == Lines{"s5 to f3: 2 cores, 256"});
    }

    TEST_CASE("CM-MESOS-06 an agent that comes again may be reserved for nobody") {
        DrfWorld world;
        world.framework(1, "role1");
        world.agent(1, 2, 1024, "role2");
        CHECK(world.batch().empty());
        world.lose_agent(1);
        world.agent(1, 2, 1024);
        CHECK(world.batch(1'000) == Lines{"s1 to f1: 2 cores, 1024"});
    }
}

TEST_SUITE("Mesos: what is guaranteed") {
    const std::vector<RoleSpec> four_cores{{"prod", one, 4, Bytes{}}};

    TEST_CASE("CM-MESOS-07 a role below its quota comes first, then shares are fair") {
        DrfWorld world{four_cores};
        world.framework(1, "plain");
        world.framework(2, "prod");
        for (std::uint32_t number = 1; number <= 4; ++number) {
            world.agent(number, 2);
        }
        CHECK(world.batch() == Lines{"s1 to f2: 2 cores, 1024",
                                     "s2 to f2: 2 cores, 1024",
                                     "s3 to f1: 2 cores, 1024",
                                     "s4 to f1: 2 cores, 1024"});
        world.agent(5, 2);
        world.agent(6, 2);
        CHECK(world.batch(1'000) == Lines{"s5 to f1: 2 cores, 1024", "s6 to f2: 2 cores, 1024"});
    }

    TEST_CASE("CM-MESOS-07 what nobody takes of a quota is kept for it") {
        DrfWorld world{four_cores};
        world.framework(1, "plain");
        world.agent(1, 4);
        world.agent(2, 3);
        CHECK(world.batch() == Lines{"s2 to f1: 3 cores, 1024"});
        CHECK(world.batch(1'000).empty());
        world.framework(2, "prod");
        CHECK(world.batch(2'000) == Lines{"s1 to f2: 4 cores, 1024"});
        // It keeps one core and does not want the others, which stay there for it.
        world.returns(2, 1, {3, Bytes{1000}}, 120'000);
        CHECK(world.batch(3'000).empty());
        // With as much elsewhere they may go.
        world.agent(3, 3);
        CHECK(world.batch(4'000) == Lines{"s3 to f2: 3 cores, 1024", "s1 to f1: 3 cores, 1000"});
    }

    TEST_CASE("CM-MESOS-07 memory may be guaranteed, alone or with cores") {
        for (const std::uint32_t cores : {0U, 1U}) {
            DrfWorld world{{{"prod", one, cores, Bytes{1000}}}};
            world.framework(1, "plain");
            world.agent(1, 4, 900);
            CHECK(world.batch().empty());
            world.agent(2, 4, 1000);
            CHECK(world.batch(1'000) == Lines{"s1 to f1: 4 cores, 900"});
        }
    }

    TEST_CASE("CM-MESOS-07 what is reserved for a role is of its quota, and held for no other") {
        DrfWorld world{four_cores};
        world.framework(1, "plain");
        world.framework(2, "prod");
        world.agent(1, 3, 1024, "plain");
        world.agent(2, 4, 1024, "prod");
        world.agent(3, 1, 1024);
        CHECK(world.batch() == Lines{"s2 to f2: 4 cores, 1024",
                                     "s1 to f1: 3 cores, 1024",
                                     "s3 to f1: 1 cores, 1024"});
    }
}

TEST_SUITE("Mesos: who is offered what") {
    TEST_CASE("CM-MESOS-01 what is out as an offer is offered to nobody else") {
        DrfWorld world;
        world.agent(1, 4);
        world.framework(1);
        CHECK(world.batch() == Lines{"s1 to f1: 4 cores, 1024"});
        world.framework(2);
        CHECK(world.batch(1'000).empty());
        // It keeps three cores; the rest comes back and goes to the other one.
        world.returns(1, 1, {1, Bytes{24}});
        CHECK(world.batch(2'000) == Lines{"s1 to f2: 1 cores, 24"});
    }

    TEST_CASE("CM-MESOS-01 an offer is of one agent") {
        DrfWorld world;
        world.agent(1, 4);
        world.agent(2, 2, 100);
        world.framework(1);
        CHECK(world.batch() == Lines{"s1 to f1: 4 cores, 1024", "s2 to f1: 2 cores, 100"});
    }

    TEST_CASE("CM-MESOS-02 the role with the smallest dominant share, in it the framework") {
        DrfWorld world;
        world.framework(1, "role1");
        world.agent(1, 2, 1024);
        CHECK(world.batch() == Lines{"s1 to f1: 2 cores, 1024"});
        world.framework(2, "role2");
        world.agent(2, 1, 512);
        CHECK(world.batch() == Lines{"s2 to f2: 1 cores, 512"});
        world.agent(3, 3, 2048);
        CHECK(world.batch() == Lines{"s3 to f2: 3 cores, 2048"});
        world.framework(3, "role1");
        world.agent(4, 4, 4096);
        CHECK(world.batch() == Lines{"s4 to f3: 4 cores, 4096"});
        // role1 has 5120 of 8192, role2 4 of 11; f4 with nothing does not help role1.
        world.framework(4, "role1");
        world.agent(5, 1, 512);
        CHECK(world.batch() == Lines{"s5 to f2: 1 cores, 512"});
    }

    TEST_CASE("CM-MESOS-02 a role's share is divided by its weight") {
        DrfWorld world{{{"heavy", Millionths{3'000'000}}}};
        world.framework(1, "heavy");
        world.framework(2, "light");
        Lines lines;
        for (std::uint32_t number = 1; number <= 8; ++number) {
            world.agent(number, 1);
            append(lines, world.batch());
        }
        std::string whom;
        for (const std::string& line : lines) {
            whom += says({line}, "to f1") ? '1' : '2';
        }
        // Three times as much. At 3 to 1 the shares are equal, and f2 was offered fewer.
        CHECK(whom == "12112111");
    }

    TEST_CASE("CM-MESOS-02 what has been offered counts as allocated") {
        DrfWorld world;
        world.framework(1, "role1");
        world.framework(2, "role2");
        world.agent(1, 1);
        world.agent(2, 2);
        world.agent(3, 1);
        // f1 has answered nothing yet, but f2 is offered the second; then f1 has less.
        CHECK(world.batch() == Lines{"s1 to f1: 1 cores, 1024",
                                     "s2 to f2: 2 cores, 1024",
                                     "s3 to f1: 1 cores, 1024"});
    }

    TEST_CASE("CM-MESOS-02 what a framework had does not burden its role when it has ended") {
        DrfWorld world;
        world.framework(1, "role1");
        world.agent(1, 4, 40);
        (void)world.batch();
        world.end_framework(1);
        world.framework(2, "role1");
        world.framework(3, "role2");
        world.agent(2, 1, 10);
        world.agent(3, 2, 20);
        CHECK(world.batch(1'000) == Lines{"s2 to f3: 1 cores, 10", "s3 to f2: 2 cores, 20"});
        world.returns(1, 1, {4, Bytes{40}});
        CHECK(world.batch(2'000) == Lines{"s1 to f3: 4 cores, 40"});
    }

    TEST_CASE("CM-MESOS-02 an agent may go while a framework that has ended still has some of it") {
        DrfWorld world;
        world.framework(1, "role1");
        world.agent(1, 4);
        (void)world.batch();
        world.end_framework(1);
        world.lose_agent(1);
        world.returns(1, 1, {4, Bytes{1024}});
        world.framework(2, "role1");
        world.agent(1, 3);
        CHECK(world.batch(1'000) == Lines{"s1 to f2: 3 cores, 1024"});
    }

    TEST_CASE("CM-MESOS-03 of equal shares each gets the offer as often as the other") {
        DrfWorld world;
        world.framework(1);
        world.framework(2);
        world.agent(1, 2);
        std::string whom;
        for (std::int64_t n = 0; n < 10; ++n) {
            const Lines offers = world.batch(n * 1'000);
            REQUIRE(offers.size() == 1);
            const std::uint32_t framework = says(offers, "to f1") ? 1 : 2;
            whom += std::to_string(framework);
            world.returns(framework, 1, {2, Bytes{1024}});
        }
        CHECK(whom == "1212121212");
    }

    TEST_CASE("CM-MESOS-04 two agents, two frameworks: a whole one for each") {
        for (const bool same_role : {true, false}) {
            DrfWorld world;
            world.framework(1, "role1");
            world.framework(2, same_role ? "role1" : "role2");
            world.agent(1, 8, 4096);
            world.agent(2, 8, 4096);
            CHECK(world.batch() == Lines{"s1 to f1: 8 cores, 4096", "s2 to f2: 8 cores, 4096"});
        }
    }
}

TEST_SUITE("Mesos: what was declined") {
    TEST_CASE("CM-MESOS-05 declined for two intervals: not in the next batch, but in the second") {
        DrfWorld world;
        world.framework(1);
        world.agent(1, 2);
        CHECK(world.batch(0).size() == 1);
        world.returns(1, 1, {2, Bytes{1024}}, 2'000);
        CHECK(world.batch(1'000).empty());
        CHECK(world.batch(2'000) == Lines{"s1 to f1: 2 cores, 1024"});
    }

    TEST_CASE("CM-MESOS-05 a short refusal holds for a batch, which the other one gets") {
        DrfWorld world{{}, 60};
        world.framework(1);
        world.framework(2);
        world.agent(1, 2);
        CHECK(world.batch(10'000) == Lines{"s1 to f1: 2 cores, 1024"});
        world.returns(1, 1, {2, Bytes{1024}}, 1'000);
        CHECK(world.batch(60'000) == Lines{"s1 to f2: 2 cores, 1024"});
        world.returns(2, 1, {2, Bytes{1024}});
        CHECK(world.batch(120'000) == Lines{"s1 to f1: 2 cores, 1024"});
    }

    TEST_CASE("CM-MESOS-05 and longer than that batch it does not hold") {
        DrfWorld world{{}, 60};
        world.framework(1);
        world.agent(1, 2);
        (void)world.batch(10'000);
        world.returns(1, 1, {2, Bytes{1024}}, 1'000);
        CHECK(world.batch(60'000).empty());
        CHECK(world.batch(61'000) == Lines{"s1 to f1: 2 cores, 1024"});
    }

    TEST_CASE("CM-MESOS-05 reviving forgets what was declined") {
        DrfWorld world;
        world.framework(1);
        world.agent(1, 2);
        (void)world.batch(0);
        world.returns(1, 1, {2, Bytes{1024}}, 120'000);
        CHECK(world.batch(1'000).empty());
        world.revive(1);
        CHECK(world.batch(2'000).size() == 1);
    }

    TEST_CASE("CM-MESOS-05 a filter is of one agent, and not of more than was declined") {
        DrfWorld world;
        world.framework(1);
        world.agent(1, 4);
        world.agent(2, 4);
        (void)world.batch(0);
        // It keeps two cores of the first agent for now, and all of the second.
        world.returns(1, 1, {2, Bytes{512}}, 120'000);
        CHECK(world.batch(1'000).empty());
        world.returns(1, 2, {4, Bytes{1024}});
        CHECK(world.batch(2'000) == Lines{"s2 to f1: 4 cores, 1024"});
        world.returns(1, 1, {2, Bytes{512}});
        CHECK(world.batch(3'000) == Lines{"s1 to f1: 4 cores, 1024"});
    }
}

}  // namespace forkyard::drf_allocator_test
