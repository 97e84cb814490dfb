// How long an application on YARN holds out for the nodes that it asked for, and nodes that
// are kept for whoever does not fit yet (CM-YARN-24, 25).
#include <doctest/doctest.h>

#include "tests/builders/resource_manager_of.hpp"

namespace forkyard::locality_test {
namespace {

constexpr NodeId w0{0};
constexpr NodeId w1{1};

// Nodes w0, w1, w2 on racks of their own, w0 and w1 full. a0 wants three containers, one of
// them on w0, one on w1.
class ThreeRacks {
public:
    explicit ThreeRacks(const YarnSpec& spec = {}) : manager{spec, 2} {
        manager.node(0, gib_room(4, 4), "r0").node(1, gib_room(4, 4), "r1");
        manager.wants(1, 8);
        REQUIRE(manager.beats(4).size() == 8);
        manager.node(2, gib_room(8, 8), "r2");
        (void)manager.submits(0);
        manager.asks(0, 3, gib_room(1, 1), {{w0, 1}, {w1, 1}});
    }

    ResourceManagerOf manager;
};

// Fifty nodes of one rack, or so many as said; only the last is asked for, and it is full.
// Where the container comes from in the end, and how many nodes are passed over until then.
std::pair<Lines, std::uint32_t> one_rack(const YarnSpec& spec, std::uint32_t nodes) {
    ResourceManagerOf manager{spec, 2};
    const NodeId last{nodes - 1};
    manager.node(last.value, gib_room(1, 1)).wants(1, 1);
    (void)manager.beat();
    for (std::uint32_t n = 0; n + 1 < nodes; ++n) {
        manager.node(n, gib_room(4, 4));
    }
    (void)manager.submits(0);
    manager.asks(0, 1, gib_room(1, 1), {{last, 1}});
    std::uint32_t passed = 0;
    for (int n = 0; n < 100; ++n) {
        passed = manager.missed(0);
        const Lines lines = manager.beat();
        if (!lines.empty()) {
            return {lines, passed};
        }
    }
    return {{}, passed};
}

TEST_SUITE("YARN: locality") {
    TEST_CASE("CM-YARN-24 a node elsewhere is refused three times, the fourth time it is taken") {
        ThreeRacks racks;
        ResourceManagerOf& manager = racks.manager;
        for (const std::uint32_t passed : {1U, 2U, 3U}) {
            CHECK(manager.beat().empty());
            CHECK(manager.missed(0) == passed);
        }
        CHECK(manager.beat() == Lines{"a0 on w2: any"});
        CHECK(manager.missed(0) == 4);  // it goes on from there
    }

    TEST_CASE("CM-YARN-24 a container on a node asked for begins the count anew") {
        ThreeRacks racks;
        ResourceManagerOf& manager = racks.manager;
        (void)manager.beats(2);
        CHECK(manager.missed(0) == 2);
        manager.frees(1, 1);
        // w2 has its beat after w1, and is refused for the first time since.
        CHECK(manager.beat() == Lines{"a0 on w1: node"});
        CHECK(manager.missed(0) == 1);
    }

    TEST_CASE("CM-YARN-24 so does one in the rack of such a node") {
        ThreeRacks racks;
        ResourceManagerOf& manager = racks.manager;
        manager.node(3, gib_room(1, 1), "r1");
        CHECK(manager.beats(2).empty());
        CHECK(manager.missed(0) == 4);  // w2 and w3, twice
        // Without w2, which is nowhere near, the next is w3.
        manager->remove_node(NodeId{2});
        manager.asks(0, 3, gib_room(1, 1), {{w0, 1}, {w1, 1}});
        CHECK(manager.beat() == Lines{"a0 on w3: rack"});
        CHECK(manager.missed(0) == 0);
    }

    TEST_CASE("CM-YARN-24 forty beats of other nodes are let pass before one in the rack will do") {
        // All in one beat: nodes 0 to 39 are passed over.
        CHECK(one_rack({}, 50) == std::pair{Lines{"a0 on w40: rack"}, 0U});
        // Not more than there are nodes: w0, w1, w2, w0, and then w1.
        CHECK(one_rack({}, 4) == std::pair{Lines{"a0 on w1: rack"}, 3U});
        YarnSpec spec;
        spec.node_locality_delay = 2;
        CHECK(one_rack(spec, 50) == std::pair{Lines{"a0 on w2: rack"}, 0U});
    }

    TEST_CASE("CM-YARN-24 for a node elsewhere so many more, if they are given") {
        YarnSpec spec;
        spec.node_locality_delay = 2;
        spec.rack_delay = 5;
        ThreeRacks racks{spec};
        CHECK(racks.manager.beats(7).empty());
        CHECK(racks.manager.beat() == Lines{"a0 on w2: any"});
    }

    TEST_CASE("CM-YARN-24 fewer containers hold out for less long") {
        ThreeRacks racks;
        racks.manager.asks(0, 1, gib_room(1, 1), {{w0, 1}, {w1, 1}});
        CHECK(racks.manager.beat().empty());
        CHECK(racks.manager.beat() == Lines{"a0 on w2: any"});
    }

    TEST_CASE("CM-YARN-24 a delay of -1 takes any node at once") {
        YarnSpec spec;
        spec.ignores_locality = true;
        ThreeRacks racks{spec};
        CHECK(racks.manager.beat() == Lines{"a0 on w2: any"});
    }

    TEST_CASE("CM-YARN-24 one container anywhere in a beat of a node, a hundred where asked for") {
        ResourceManagerOf manager{{}, 2};
        manager.node(0, gib_room(200, 200)).wants(0, 150);
        CHECK(manager.beat().size() == 1);
        manager.asks(0, 150, gib_room(1, 1), {{w0, 150}});
        CHECK(manager.beat() == Lines(100, "a0 on w0: node"));
        CHECK(manager.beat() == Lines(50, "a0 on w0: node"));
    }

    TEST_CASE("CM-YARN-24 a node that is excluded is no place, wherever it was asked for") {
        ResourceManagerOf manager{{}, 1};
        manager.node(0, gib_room(4, 4)).node(1, gib_room(4, 4));
        (void)manager.submits(0);
        manager.asks(0, 2, gib_room(1, 1), {}, {w0});
        CHECK(manager.beats(2) == Lines{"a0 on w1: any", "a0 on w1: any"});
    }
}

// One node of 4 GiB, 2 of them taken by a2. a0 wants 4 GiB, a1 behind it 1 GiB at a time.
class HalfFull {
public:
    explicit HalfFull(const YarnSpec& spec = {}) : manager{spec, 3} {
        manager.node(0, gib_room(8, 4)).wants(2, 1, "default", gib_room(1, 2));
        REQUIRE(manager.beat() == Lines{"a2 on w0: any"});
        manager.wants(0, 1, "default", gib_room(1, 4));
        manager.wants(1, 2);
    }

    ResourceManagerOf manager;
};

TEST_SUITE("YARN: reservations") {
    TEST_CASE("CM-YARN-25 what is free is kept for the first who does not fit yet") {
        HalfFull half;
        CHECK(half.manager.beats(5).empty());
        half.manager.frees(2, 0);
        CHECK(half.manager.beat() == Lines{"a0 on w0: any"});
    }

    TEST_CASE("CM-YARN-25 until it has its container elsewhere") {
        HalfFull half;
        CHECK(half.manager.beat().empty());
        half.manager.node(1, gib_room(8, 4));
        CHECK(half.manager.beat() == Lines{"a0 on w1: any"});
        CHECK(half.manager.beats(2) == Lines{"a1 on w0: any", "a1 on w0: any"});
    }

    TEST_CASE("CM-YARN-25 or wants none any more, or is gone") {
        HalfFull half;
        CHECK(half.manager.beat().empty());
        half.manager.asks(0, 0);
        CHECK(half.manager.beat() == Lines{"a1 on w0: any"});

        HalfFull other;
        CHECK(other.manager.beat().empty());
        other.manager->remove(AppId{0});
        CHECK(other.manager.beat() == Lines{"a1 on w0: any"});
    }

    TEST_CASE("CM-YARN-25 nothing is kept where it could never fit") {
        HalfFull half;
        half.manager.asks(0, 1, gib_room(1, 5));
        CHECK(half.manager.beat() == Lines{"a1 on w0: any"});
    }

    TEST_CASE("CM-YARN-25 the Fair Scheduler keeps it as well") {
        YarnSpec spec;
        spec.scheduler = YarnSchedulerKind::fair;
        HalfFull half{spec};
        CHECK(half.manager.beats(5).empty());
        half.manager.frees(2, 0);
        CHECK(half.manager.beat() == Lines{"a0 on w0: any"});
    }
}

}  // namespace
}  // namespace forkyard::locality_test
