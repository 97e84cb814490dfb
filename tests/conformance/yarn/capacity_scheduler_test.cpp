// The Capacity Scheduler of YARN: queues, limits of users and of application masters, what
// counts as room (CM-YARN-20 to 23, 26).
#include <doctest/doctest.h>

#include "tests/builders/resource_manager_of.hpp"

namespace forkyard::capacity_scheduler_test {
namespace {

using Gibs = std::vector<std::int64_t>;

// One node of 100 GiB, queues a (30 %) and b (70 %).
YarnSpec thirty_seventy() {
    YarnSpec spec;
    spec.queues = {queue_of("a", 30), queue_of("b", 70)};
    return spec;
}

// What one user of a queue of 30 % gets of 100 GiB that are idle otherwise.
std::int64_t alone_with_factor(std::int64_t factor) {
    YarnSpec spec = thirty_seventy();
    spec.queues[0].user_limit_factor = Millionths{factor * 1'000'000};
    ResourceManagerOf manager{spec, 1};
    manager.node(0, gib_room(100, 100)).wants(0, 100, "a");
    (void)manager.beats(200);
    return manager.gib(0);
}

// What so many users of one queue of 100 GiB get, each of which wants all of it.
Gibs users_with_minimum(std::uint32_t users, std::optional<std::uint32_t> percent) {
    YarnSpec spec;
    spec.queues.emplace_back().name = "default";
    spec.queues[0].user_limit_min = percent;
    ResourceManagerOf manager{spec, users};
    manager.node(0, gib_room(100, 100));
    for (std::uint32_t user = 0; user < users; ++user) {
        manager.wants(user, 100);
    }
    (void)manager.beats(200);
    return manager.gibs();
}

TEST_SUITE("YARN: beats") {
    TEST_CASE("CM-YARN-20 nodes beat in order of number, whenever they came") {
        ResourceManagerOf manager{{}, 1};
        manager.node(2, gib_room(4, 4)).node(0, gib_room(4, 4)).node(1, gib_room(4, 4));
        manager.wants(0, 5);
        CHECK(manager.beat() == Lines{"a0 on w0: any", "a0 on w1: any", "a0 on w2: any"});
        CHECK(manager.beat() == Lines{"a0 on w0: any", "a0 on w1: any"});
        CHECK(manager.beat().empty());
    }

    TEST_CASE(
        "CM-YARN-20 a beat is worth having when something is new, and not after one in vain") {
        ResourceManagerOf manager{{}, 1};
        manager.node(0, gib_room(1, 1)).wants(0, 2);
        CHECK(manager->wants_beat());
        CHECK(manager.beat() == Lines{"a0 on w0: any"});
        CHECK(manager.beat().empty());
        CHECK_FALSE(manager->wants_beat());
        manager.frees(0, 0);
        CHECK(manager->wants_beat());
        CHECK(manager.beat() == Lines{"a0 on w0: any"});
    }
}

TEST_SUITE("YARN: queues with capacities") {
    TEST_CASE("CM-YARN-21 the queue with the least of its guarantee is served first") {
        ResourceManagerOf manager{thirty_seventy(), 2};
        manager.node(0, gib_room(100, 100));
        manager.wants(0, 100, "a");
        manager.wants(1, 100, "b");
        const std::string a = "a0 on w0: any";
        const std::string b = "a1 on w0: any";
        CHECK(manager.beats(10) == Lines{a, b, b, b, a, b, b, a, b, b});
        (void)manager.beats(200);
        CHECK(manager.gibs() == Gibs{30, 70});
    }

    TEST_CASE("CM-YARN-21 one queue may have all while the others are idle") {
        ResourceManagerOf manager{thirty_seventy(), 2};
        manager.node(0, gib_room(100, 100)).wants(0, 200, "a");
        (void)manager.beats(200);
        CHECK(manager.gib(0) == 100);
        // What it gives back goes to the other until that has its own.
        manager.wants(1, 200, "b");
        for (int n = 0; n < 80; ++n) {
            manager.frees(0, 0);
            (void)manager.beat();
        }
        CHECK(manager.gibs() == Gibs{30, 70});
    }

    TEST_CASE("CM-YARN-21 but not more than its maximum, nor than that of its parent") {
        YarnSpec spec = thirty_seventy();
        spec.queues[0].max_capacity = percent_of(50);
        ResourceManagerOf manager{spec, 1};
        manager.node(0, gib_room(100, 100)).wants(0, 100, "a");
        (void)manager.beats(200);
        CHECK(manager.gib(0) == 50);

        YarnSpec nested = thirty_seventy();
        nested.queues[0].max_capacity = percent_of(40);
        nested.queues.push_back(queue_of("deep", 100, "a"));
        ResourceManagerOf below{nested, 1};
        below.node(0, gib_room(100, 100)).wants(0, 100, "deep");
        (void)below.beats(200);
        CHECK(below.gib(0) == 40);
    }

    TEST_CASE("CM-YARN-21 on each level the children share what their parent is guaranteed") {
        YarnSpec spec;
        spec.queues = {
            queue_of("x1", 40, "x"), queue_of("x2", 60, "x"), queue_of("x", 50), queue_of("y", 50)};
        ResourceManagerOf manager{spec, 3};
        manager.node(0, gib_room(100, 100));
        manager.wants(0, 100, "x1");
        manager.wants(1, 100, "x2");
        manager.wants(2, 100, "y");
        (void)manager.beats(200);
        CHECK(manager.gibs() == Gibs{20, 30, 50});
    }

    TEST_CASE("CM-YARN-21 weights of 3, 2 and 5 are 30, 20 and 50 percent") {
        YarnSpec spec;
        spec.queues = {queue_of("a", {}), queue_of("b", {}), queue_of("c", {})};
        spec.queues[0].weight = Millionths{3'000'000};
        spec.queues[1].weight = Millionths{2'000'000};
        spec.queues[2].weight = Millionths{5'000'000};
        ResourceManagerOf manager{spec, 3};
        manager.node(0, gib_room(100, 100));
        manager.wants(0, 100, "a");
        manager.wants(1, 100, "b");
        manager.wants(2, 100, "c");
        (void)manager.beats(200);
        CHECK(manager.gibs() == Gibs{30, 20, 50});
    }

    TEST_CASE("CM-YARN-21 in a queue by priority, then in order of submission") {
        ResourceManagerOf manager{{}, 3};
        manager.node(0, gib_room(4, 4));
        for (const auto& [app, priority] : {std::pair{2U, 0}, std::pair{0U, 0}, std::pair{1U, 5}}) {
            (void)manager.submits(app, "default", priority);
            manager.asks(app, 2);
        }
        CHECK(manager.beats(9) ==
              Lines{"a1 on w0: any", "a1 on w0: any", "a2 on w0: any", "a2 on w0: any"});
    }

    TEST_CASE("CM-YARN-21 only a leaf takes applications") {
        YarnSpec spec = thirty_seventy();
        spec.queues.push_back(queue_of("deep", 100, "a"));
        ResourceManagerOf manager{spec, 1};
        CHECK(manager.submits(0, "a") == ResourceManager::Admission::unknown_queue);
        CHECK(manager.submits(0, "nowhere") == ResourceManager::Admission::unknown_queue);
        CHECK(manager.submits(0, "deep") == ResourceManager::Admission::accepted);
    }
}

TEST_SUITE("YARN: limits") {
    // Refused is who has more than the limit already: hence one container of 1 GiB beyond it.
    TEST_CASE("CM-YARN-22 a user stops at its factor of the queue, one container over it") {
        CHECK(alone_with_factor(1) == 30 + 1);
        CHECK(alone_with_factor(2) == 60 + 1);
        CHECK(alone_with_factor(-1) == 100);
    }

    TEST_CASE("CM-YARN-22 the last container may be as large as it likes") {
        YarnSpec spec = thirty_seventy();
        spec.queues[0].user_limit_factor = one;
        ResourceManagerOf manager{spec, 1};
        manager.node(0, gib_room(100, 100)).wants(0, 10, "a", gib_room(1, 16));
        (void)manager.beats(20);
        CHECK(manager.gib(0) == 32);
    }

    TEST_CASE("CM-YARN-22 of several users none gets more than its part of the queue") {
        CHECK(users_with_minimum(2, 25) == Gibs{51, 49});
        CHECK(users_with_minimum(3, 25) == Gibs{34, 34, 32});
        CHECK(users_with_minimum(4, 25) == Gibs{26, 26, 26, 22});
        CHECK(users_with_minimum(5, 25) == Gibs{26, 26, 26, 22, 0});
    }

    TEST_CASE("CM-YARN-22 unless nothing says so: then the first may have it all") {
        CHECK(users_with_minimum(2, {}) == Gibs{100, 0});
    }

    TEST_CASE("CM-YARN-23 masters beyond their tenth of the queue wait") {
        ResourceManagerOf manager{{}, 3};
        manager.node(0, gib_room(100, 100));
        for (std::uint32_t app = 0; app < 3; ++app) {
            (void)manager.submits(app, "default", 0, gib_room(1, 4));
        }
        CHECK(manager.beats(5) == Lines{"master of a0 on w0", "master of a1 on w0"});
        manager.frees(0, 0);
        CHECK(manager.beats(5) == Lines{"master of a2 on w0"});
    }

    TEST_CASE("CM-YARN-23 just a tenth is not too much, and the share can be set") {
        const auto masters = [](Millionths share) {
            YarnSpec spec;
            spec.am_share = share;
            ResourceManagerOf manager{spec, 8};
            manager.node(0, gib_room(100, 100));
            for (std::uint32_t app = 0; app < 8; ++app) {
                (void)manager.submits(app, "default", 0, gib_room(1, 5));
            }
            return manager.beats(20).size();
        };
        CHECK(masters(Millionths{100'000}) == 2);
        CHECK(masters(Millionths{300'000}) == 6);
    }

    TEST_CASE("CM-YARN-23 it is the queue's tenth, not the cluster's") {
        ResourceManagerOf manager{thirty_seventy(), 3};
        manager.node(0, gib_room(100, 100));
        for (std::uint32_t app = 0; app < 2; ++app) {
            (void)manager.submits(app, "a", 0, gib_room(1, 2));
        }
        (void)manager.submits(2, "b", 0, gib_room(1, 2));
        CHECK(manager.beats(5) == Lines{"master of a0 on w0", "master of a2 on w0"});
    }

    TEST_CASE("CM-YARN-23 one master may always start in a queue, and executors come after it") {
        ResourceManagerOf manager{{}, 2};
        manager.node(0, gib_room(100, 100));
        (void)manager.submits(0, "default", 0, gib_room(1, 50));
        (void)manager.submits(1, "default", 0, gib_room(1, 1));
        manager.asks(1, 1);
        CHECK(manager.beats(5) == Lines{"master of a0 on w0"});
    }

    TEST_CASE("CM-YARN-23 applications beyond the ten thousandth are refused") {
        ResourceManagerOf manager{{}, 10'002};
        for (std::uint32_t app = 0; app < 10'000; ++app) {
            REQUIRE(manager.submits(app) == ResourceManager::Admission::accepted);
        }
        CHECK(manager.submits(10'000) == ResourceManager::Admission::too_many);
        manager->remove(AppId{17});
        CHECK(manager.submits(10'001) == ResourceManager::Admission::accepted);
    }
}

TEST_SUITE("YARN: what counts as room") {
    TEST_CASE("CM-YARN-26 memory alone, unless the dominant calculator is asked for") {
        YarnSpec spec;
        for (const bool dominant : {false, true}) {
            spec.dominant = dominant;
            ResourceManagerOf manager{spec, 2};
            manager.node(0, gib_room(10, 100));
            manager.wants(0, 1, "default", gib_room(100, 1));
            CHECK(manager.beats(3) == (dominant ? Lines{} : Lines{"a0 on w0: any"}));
            manager.wants(1, 100, "default", gib_room(3, 1));
            (void)manager.beats(200);
            CHECK(manager.gib(1) == (dominant ? 3 : 99));
        }
    }

    TEST_CASE("CM-YARN-26 with memory alone many cores are no large share of a queue") {
        YarnSpec spec;
        spec.queues = {queue_of("a", 50), queue_of("b", 50)};
        for (const bool dominant : {false, true}) {
            spec.dominant = dominant;
            ResourceManagerOf manager{spec, 2};
            manager.node(0, gib_room(40, 40));
            manager.wants(0, 100, "a", gib_room(4, 1));
            manager.wants(1, 100, "b", gib_room(1, 1));
            (void)manager.beats(10);
            CHECK(manager.gibs() == (dominant ? Gibs{2, 8} : Gibs{5, 5}));
        }
    }
}

}  // namespace
}  // namespace forkyard::capacity_scheduler_test
