// The Fair Scheduler of YARN: shares by weight, by memory or by the dominant part
// (CM-YARN-26 to 28).
#include <doctest/doctest.h>

#include "core/policy/share.hpp"
#include "tests/builders/resource_manager_of.hpp"

namespace forkyard::fair_scheduler_test {
namespace {

using Held = std::vector<std::int64_t>;

// Queues a, b, ... of these weights.
YarnSpec fair(const std::vector<std::int64_t>& weights, bool dominant = false) {
    YarnSpec spec;
    spec.scheduler = YarnSchedulerKind::fair;
    spec.dominant = dominant;
    for (const std::int64_t weight : weights) {
        const char name = static_cast<char>('a' + static_cast<int>(spec.queues.size()));
        spec.queues.push_back(queue_of(std::string{name}, {}));
        spec.queues.back().weight = Millionths{weight * 1'000'000};
    }
    return spec;
}

// The steady share of each queue in a cluster of one node of 10 GiB, in MiB.
Held steady_shares(const std::vector<std::int64_t>& weights) {
    const YarnSpec spec = fair(weights);
    const QueueTree queues{spec};
    Held shares;
    for (std::size_t queue = 1; queue < queues.all().size(); ++queue) {
        const Room share = FairScheduler::steady_share(queues, queue, gib_room(10, 10));
        shares.push_back(share.memory.count >> 20);
    }
    return shares;
}

TEST_SUITE("YARN: fair shares") {
    TEST_CASE("CM-YARN-27 three queues of 10240 MiB: 3414 each, rounded up") {
        CHECK(steady_shares({1, 1, 1}) == Held{3414, 3414, 3414});
    }

    TEST_CASE("CM-YARN-27 by weight") {
        CHECK(steady_shares({1, 3}) == Held{2560, 7680});
        CHECK(steady_shares({1, 4, 0}) == Held{2048, 8192, 0});
    }

    TEST_CASE("CM-YARN-27 equally, where no queue weighs anything") {
        CHECK(steady_shares({0}) == Held{10240});
        CHECK(steady_shares({0, 0}) == Held{5120, 5120});
        const YarnSpec spec = fair({0, 0});
        const QueueTree queues{spec};
        CHECK(queues.at(1).guaranteed == Millionths{500'000});
        CHECK(queues.at(2).guaranteed == Millionths{500'000});
    }

    TEST_CASE("CM-YARN-27 of its parent's share, below that") {
        YarnSpec spec = fair({1, 1});
        spec.queues.push_back(queue_of("a1", {}, "a"));
        spec.queues.push_back(queue_of("a2", {}, "a"));
        const QueueTree queues{spec};
        const auto leaf = queues.leaf("a2");
        REQUIRE(leaf);
        CHECK(FairScheduler::steady_share(queues, *leaf, gib_room(10, 10)) ==
              Room{3, Bytes{std::int64_t{2560} << 20}});
    }

    TEST_CASE("CM-YARN-27 who has least for its weight is served first") {
        ResourceManagerOf manager{fair({1, 2}), 2};
        manager.node(0, gib_room(9, 9));
        manager.wants(0, 9, "a");
        manager.wants(1, 9, "b");
        const std::string a = "a0 on w0: any";
        const std::string b = "a1 on w0: any";
        CHECK(manager.beats(12) == Lines{a, b, b, a, b, b, a, b, b});
    }

    TEST_CASE("CM-YARN-27 weight 0 is served last") {
        ResourceManagerOf manager{fair({0, 1}), 2};
        manager.node(0, gib_room(9, 9));
        manager.wants(0, 9, "a");
        manager.wants(1, 6, "b");
        (void)manager.beats(6);
        CHECK(manager.gibs() == Held{0, 6});
        (void)manager.beats(6);
        CHECK(manager.gibs() == Held{3, 6});
    }

    TEST_CASE("CM-YARN-27 in a queue who has least, then who came first") {
        ResourceManagerOf manager{fair({1}), 2};
        manager.node(0, gib_room(9, 9));
        manager.wants(1, 2, "a");
        manager.wants(0, 9, "a");
        CHECK(manager.beats(4) ==
              Lines{"a1 on w0: any", "a0 on w0: any", "a1 on w0: any", "a0 on w0: any"});
    }

    TEST_CASE("CM-YARN-27 one container in a beat of a node, or many") {
        YarnSpec spec = fair({1});
        for (const bool multiple : {false, true}) {
            spec.assign_multiple = multiple;
            ResourceManagerOf manager{spec, 1};
            manager.node(0, gib_room(9, 9)).wants(0, 9, "a");
            CHECK(manager.beat().size() == (multiple ? 9 : 1));
        }
    }

    TEST_CASE("CM-YARN-27 masters take half of their queue's share at the most") {
        ResourceManagerOf one_queue{fair({1}), 8};
        one_queue.node(0, gib_room(10, 10));
        ResourceManagerOf three_queues{fair({1, 1, 1}), 4};
        three_queues.node(0, gib_room(10, 10));
        for (std::uint32_t app = 0; app < 8; ++app) {
            (void)one_queue.submits(app, "a", 0, gib_room(1, 1));
        }
        CHECK(one_queue.beats(20).size() == 5);
        // 1707 MiB: one, but the other queue has its own.
        (void)three_queues.submits(0, "a", 0, gib_room(1, 1));
        (void)three_queues.submits(1, "a", 0, gib_room(1, 1));
        (void)three_queues.submits(2, "b", 0, gib_room(1, 1));
        CHECK(three_queues.beats(20) == Lines{"master of a0 on w0", "master of a2 on w0"});
    }

    TEST_CASE("CM-YARN-27 sizes are whole multiples of 1024 MiB, and of one core") {
        const YarnSpec spec = fair({1});
        const ResourceManager manager{spec, 0};
        CHECK(manager.rounded({3, Bytes{std::int64_t{1025} << 20}}) == gib_room(3, 2));
        CHECK(manager.rounded({1, Bytes{std::int64_t{2048} << 20}}) == gib_room(1, 2));
    }

    TEST_CASE("CM-YARN-26 by memory alone cores make no difference to who is served") {
        ResourceManagerOf manager{fair({1, 1}), 2};
        manager.node(0, gib_room(100, 16));
        manager.wants(0, 100, "a", gib_room(1, 4));
        manager.wants(1, 100, "b", gib_room(3, 1));
        const std::string a = "a0 on w0: any";
        const std::string b = "a1 on w0: any";
        CHECK(manager.beats(20) == Lines{a, b, b, b, b, a, b, b, b, b});
    }

    TEST_CASE(
        "CM-YARN-28 by the dominant part: two thirds of the memory, two thirds of the cores") {
        ResourceManagerOf manager{fair({1, 1}, true), 2};
        manager.node(0, gib_room(9, 18));
        manager.wants(0, 100, "a", gib_room(1, 4));
        manager.wants(1, 100, "b", gib_room(3, 1));
        (void)manager.beats(20);
        CHECK(manager->app(AppId{0}).used == gib_room(3, 12));
        CHECK(manager->app(AppId{1}).used == gib_room(6, 2));
    }

    TEST_CASE("CM-YARN-28 what a queue may have at the most is of the dominant part too") {
        YarnSpec spec = fair({1, 1}, true);
        spec.queues[0].max_capacity = percent_of(50);
        ResourceManagerOf manager{spec, 1};
        manager.node(0, gib_room(32, 256));
        manager.wants(0, 8, "a", gib_room(4, 2));
        (void)manager.beats(20);
        CHECK(manager->app(AppId{0}).used == gib_room(16, 8));
    }

    TEST_CASE("CM-YARN-28 the dominant part is the larger of both, compared without rounding") {
        const Room whole = gib_room(9, 18);
        CHECK(compare(dominant_share(gib_room(3, 12), whole),
                      1,
                      dominant_share(gib_room(6, 2), whole),
                      1) == 0);
        CHECK(compare(dominant_share(gib_room(1, 4), whole), 1, Share{2, 9}, 1) == 0);
        CHECK(compare(dominant_share(gib_room(3, 1), whole), 1, Share{1, 3}, 1) == 0);
        // A weight of 2 halves it.
        CHECK(compare(Share{2, 3}, 2, Share{1, 3}, 1) == 0);
        CHECK(compare(Share{333'333'333, 1'000'000'000}, 1, Share{1, 3}, 1) < 0);
        CHECK(compare(memory_share(gib_room(9, 0), whole), 1, Share{0, 1}, 1) == 0);
    }
}

}  // namespace
}  // namespace forkyard::fair_scheduler_test
