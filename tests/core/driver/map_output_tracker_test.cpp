// The registry of map outputs: what is registered, conditional removal, the epoch.
#include "core/driver/map_output_tracker.hpp"

#include <doctest/doctest.h>

#include "tests/builders/choosers.hpp"
#include "tests/builders/lines.hpp"

namespace forkyard::map_output_tracker_test {
namespace {

// One shuffle of three maps: 0 and 2 on e1, 1 on e2.
struct Registry {
    Registry() {
        outputs.add_shuffle(shuffle, 3);
        outputs.register_output(step, shuffle, 0, e1);
        outputs.register_output(step, shuffle, 1, e2);
        outputs.register_output(step, shuffle, 2, e1);
        decisions.clear();
    }
    [[nodiscard]] Lines lines() const { return lines_of(decisions.actions); }

    static constexpr ShuffleId shuffle{0};
    static constexpr ExecutorId e1{1};
    static constexpr ExecutorId e2{2};
    NoChoice chooser;
    Decisions decisions;
    Step step{SimTime{}, decisions, chooser};
    MapOutputTracker outputs{AppId{0}, {}};

    void lose(ExecutorId gone) {
        outputs.remove_outputs(step, [gone](ExecutorId exec) { return exec == gone; });
    }
};

TEST_SUITE("map output tracker") {
    TEST_CASE("a shuffle is available when every map output is registered") {
        Registry registry;
        CHECK(registry.outputs.available(Registry::shuffle));
        registry.outputs.add_shuffle(ShuffleId{1}, 2);
        CHECK_FALSE(registry.outputs.available(ShuffleId{1}));
        CHECK(registry.outputs.missing(ShuffleId{1}) == std::vector<std::uint32_t>{0, 1});
    }

    TEST_CASE("SCH-MAP-04 an output is removed only where it is said to be") {
        Registry registry;
        registry.outputs.unregister_output(registry.step, Registry::shuffle, 1, Registry::e1);
        CHECK(registry.lines().empty());
        CHECK(registry.outputs.location(Registry::shuffle, 1) == Registry::e2);
        registry.outputs.unregister_output(registry.step, Registry::shuffle, 1, Registry::e2);
        CHECK(registry.lines() == Lines{"h0/1 not at e2"});
        CHECK(registry.outputs.missing(Registry::shuffle) == std::vector<std::uint32_t>{1});
    }

    TEST_CASE("SCH-MAP-04 every removal raises the epoch by one, even if nothing matched") {
        Registry registry;
        CHECK(registry.outputs.epoch() == 0);
        registry.outputs.unregister_output(registry.step, Registry::shuffle, 1, Registry::e1);
        CHECK(registry.outputs.epoch() == 1);
        registry.lose(ExecutorId{7});
        CHECK(registry.outputs.epoch() == 2);
        registry.lose(Registry::e1);
        CHECK(registry.outputs.epoch() == 3);
        CHECK(registry.lines() == Lines{"h0/0 not at e1", "h0/2 not at e1"});
    }

    TEST_CASE("an output that is made again elsewhere moves") {
        Registry registry;
        registry.outputs.register_output(registry.step, Registry::shuffle, 0, Registry::e2);
        registry.lose(Registry::e1);
        CHECK(registry.outputs.missing(Registry::shuffle) == std::vector<std::uint32_t>{2});
    }

    TEST_CASE("the digest is that of what is registered, however it came about") {
        Registry one;
        Registry other;
        CHECK(one.outputs.digest() == other.outputs.digest());
        one.lose(Registry::e1);
        CHECK(one.outputs.digest() != other.outputs.digest());
        one.outputs.register_output(one.step, Registry::shuffle, 2, Registry::e1);
        one.outputs.register_output(one.step, Registry::shuffle, 0, Registry::e1);
        CHECK(one.outputs.digest() == other.outputs.digest());
    }
}

}  // namespace
}  // namespace forkyard::map_output_tracker_test
