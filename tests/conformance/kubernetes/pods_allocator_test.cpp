// How many pods a driver on Kubernetes makes and deletes, and when (CM-K8S-01 to CM-K8S-09):
// the allocator alone, the test plays the snapshots.
#include "core/policy/kubernetes/pods_allocator.hpp"

#include <initializer_list>
#include <utility>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/builders/lines.hpp"

namespace forkyard::pods_allocator_test {

namespace {

constexpr std::uint32_t of_default = 0;  // profiles
constexpr std::uint32_t of_other = 1;

PodsConf batches_of(std::uint32_t size) {
    PodsConf conf;
    conf.batch_size = size;
    return conf;
}

// Rounds come as lines: "delete 4", "create 5 of p0", "over the limit". Idle time: 60 s.
class PodsWorld {
public:
    explicit PodsWorld(PodsConf conf) : conf_{conf}, machine_{conf_, std::chrono::seconds{60}} {}
    PodsWorld(const PodsWorld&) = delete;
    PodsWorld& operator=(const PodsWorld&) = delete;

    void target(std::uint32_t total, std::uint32_t profile = of_default) {
        machine_.set_target(profile, total);
    }
    void see(PodPhase phase, std::initializer_list<std::uint32_t> pods) {
        for (const std::uint32_t pod : pods) {
            machine_.see(pod, phase);
        }
    }
    void registered(std::initializer_list<std::uint32_t> pods) {
        for (const std::uint32_t pod : pods) {
            machine_.registered(pod);
        }
    }
    void gone(std::uint32_t pod) { machine_.remove(pod); }

    Lines round(std::int64_t at_ms = 0) {
        const auto made = machine_.round(SimTime{std::chrono::milliseconds{at_ms}});
        Lines lines;
        for (const std::uint32_t pod : made.deleted) {
            lines.push_back(fmt::format("delete {}", pod));
        }
        for (const auto& [pod, profile] : made.created) {
            lines.push_back(fmt::format("create {} of p{}", pod, profile));
        }
        if (made.over_limit) {
            lines.emplace_back("over the limit");
        }
        return lines;
    }
    [[nodiscard]] std::uint32_t outstanding() const { return machine_.outstanding(); }
    // In milliseconds; -1: only news can lead to anything.
    [[nodiscard]] std::int64_t next_round(std::int64_t now_ms) const {
        const auto next = machine_.next_round(SimTime{std::chrono::milliseconds{now_ms}});
        return next ? (micros(*next) + 999) / 1000 : -1;
    }

private:
    PodsConf conf_;
    PodsAllocator machine_;
};

Lines creations(std::uint32_t from, std::uint32_t until, std::uint32_t profile = of_default) {
    Lines lines;
    for (std::uint32_t pod = from; pod < until; ++pod) {
        lines.push_back(fmt::format("create {} of p{}", pod, profile));
    }
    return lines;
}

}  // namespace

TEST_SUITE("Kubernetes: making pods") {
    TEST_CASE("CM-K8S-01 one more than a batch: the last pod is not in the first round") {
        for (const std::uint32_t batch : {5U, 10U}) {
            PodsWorld world{batches_of(batch)};
            world.target(batch + 1);
            CHECK(world.round() == creations(1, batch + 1));
        }
        CHECK(PodsConf{}.batch_size == 10);
        CHECK(PodsConf{}.batch_delay == std::chrono::seconds{1});
    }

    TEST_CASE("CM-K8S-02 pods that nobody has seen hold the next batch up, pending ones do not") {
        PodsWorld world{batches_of(5)};
        world.target(6);
        (void)world.round(0);
        CHECK(world.round(1'000).empty());
        world.see(PodPhase::running, {2, 3, 4, 5});
        CHECK(world.round(2'000).empty());
        world.see(PodPhase::pending, {1});
        CHECK(world.round(3'000) == creations(6, 7));
    }

    TEST_CASE("CM-K8S-02 a pod that has registered holds nothing up, seen or not") {
        PodsWorld world{batches_of(5)};
        world.target(6);
        (void)world.round(0);
        world.registered({1, 2, 3, 4});
        CHECK(world.round(1'000).empty());
        world.registered({5});
        CHECK(world.round(2'000) == creations(6, 7));
    }

    TEST_CASE("CM-K8S-02 in 3.0 the whole batch has to run") {
        PodsConf conf = batches_of(5);
        conf.pending_blocks = true;
        PodsWorld world{conf};
        world.target(6);
        (void)world.round(0);
        world.see(PodPhase::pending, {1});
        world.see(PodPhase::running, {2, 3, 4, 5});
        CHECK(world.round(1'000).empty());
        world.see(PodPhase::running, {1});
        CHECK(world.round(2'000) == creations(6, 7));
    }

    TEST_CASE("CM-K8S-03 who replaces a failed pod has a number of its own") {
        PodsWorld world{batches_of(5)};
        world.target(5);
        (void)world.round(0);
        world.see(PodPhase::running, {1, 2, 3, 4});
        world.gone(5);
        CHECK(world.round(1'000) == creations(6, 7));
        world.gone(6);
        CHECK(world.round(2'000) == creations(7, 8));
    }

    TEST_CASE("CM-K8S-04 a pod that never shows is given up after 600 s") {
        PodsWorld world{batches_of(5)};
        world.target(1);
        (void)world.round(0);
        CHECK(world.round(600'000).empty());
        CHECK(world.round(600'001) == Lines{"delete 1", "create 2 of p0"});
    }

    TEST_CASE("CM-K8S-04 never before five times the delay of batches, in 3.0 after 60 s") {
        const auto given_up = [](std::int64_t timeout_s, std::int64_t delay_s, std::int64_t at_ms) {
            PodsConf conf = batches_of(5);
            conf.creation_timeout = std::chrono::seconds{timeout_s};
            conf.batch_delay = std::chrono::seconds{delay_s};
            PodsWorld world{conf};
            world.target(1);
            (void)world.round(0);
            return !world.round(at_ms).empty();
        };
        CHECK_FALSE(given_up(60, 1, 60'000));
        CHECK(given_up(60, 1, 60'001));
        CHECK_FALSE(given_up(60, 20, 100'000));
        CHECK(given_up(60, 20, 100'001));
    }

    TEST_CASE("CM-K8S-04 one that was seen in time is not given up") {
        PodsWorld world{batches_of(5)};
        world.target(2);
        (void)world.round(0);
        world.see(PodPhase::pending, {1});
        CHECK(world.round(600'001) == Lines{"delete 2", "create 3 of p0"});
    }
}

TEST_SUITE("Kubernetes: deleting pods") {
    TEST_CASE("CM-K8S-05 scaling down deletes pods that do not run, and only old ones") {
        PodsWorld world{batches_of(5)};
        world.target(4);
        (void)world.round(0);
        world.see(PodPhase::running, {1, 2});
        world.see(PodPhase::pending, {3});
        world.target(1);
        CHECK(world.round(60'000).empty());
        CHECK(world.next_round(60'000) == 60'001);
        CHECK(world.round(60'001) == Lines{"delete 4", "delete 3"});
        // Those that run stay.
        CHECK(world.round(600'000).empty());
        CHECK(world.next_round(600'000) == -1);
    }

    TEST_CASE("CM-K8S-05 those that were not seen go before those that are pending") {
        PodsWorld world{batches_of(5)};
        world.target(4);
        (void)world.round(0);
        world.see(PodPhase::pending, {1, 2});
        world.target(1);
        CHECK(world.round(120'000) == Lines{"delete 3", "delete 4", "delete 1"});
    }

    TEST_CASE("CM-K8S-05 who has registered is not deleted, and none that is young") {
        PodsWorld world{batches_of(5)};
        world.target(5);
        (void)world.round(0);
        world.see(PodPhase::pending, {1, 2});
        world.target(0);
        CHECK(world.round(0).empty());
        world.registered({1, 3, 4});
        CHECK(world.round(120'000) == Lines{"delete 5", "delete 2"});
    }

    TEST_CASE("CM-K8S-06 who has registered is not outstanding, running or not") {
        PodsWorld world{batches_of(5)};
        world.target(3, of_default);
        world.target(4, of_other);
        Lines all = creations(1, 4, of_default);
        append(all, creations(4, 8, of_other));
        CHECK(world.round(0) == all);
        CHECK(world.outstanding() == 7);
        world.registered({1, 4});
        CHECK(world.outstanding() == 5);
        world.registered({2, 5});
        world.see(PodPhase::pending, {3, 6});
        CHECK(world.outstanding() == 3);

        world.target(1, of_default);
        world.target(1, of_other);
        CHECK(world.round(120'000) == Lines{"delete 3", "delete 7", "delete 6"});
        CHECK(world.outstanding() == 0);
        world.target(2, of_default);
        world.target(2, of_other);
        CHECK(world.round(121'000).empty());
        world.target(3, of_default);
        world.target(3, of_other);
        CHECK(world.round(122'000) == Lines{"create 8 of p0", "create 9 of p1"});
    }
}

TEST_SUITE("Kubernetes: several profiles, and limits") {
    TEST_CASE("CM-K8S-07 profiles go in order, each with a batch of its own") {
        PodsWorld world{batches_of(3)};
        world.target(2, of_other);
        world.target(1, of_default);
        CHECK(world.round(0) == Lines{"create 1 of p0", "create 2 of p1", "create 3 of p1"});
        world.see(PodPhase::running, {1, 2, 3});
        world.target(4, of_default);
        world.target(3, of_other);
        CHECK(world.round(1'000) ==
              Lines{"create 4 of p0", "create 5 of p0", "create 6 of p0", "create 7 of p1"});
    }

    TEST_CASE("CM-K8S-08 a limit of pending pods is shared by the profiles that want some") {
        PodsConf conf = batches_of(5);
        conf.pending_max = 3;
        PodsWorld world{conf};
        world.target(2, of_default);
        world.target(3, of_other);
        CHECK(world.round(0) == Lines{"create 1 of p0", "create 2 of p0", "create 3 of p1"});
        world.see(PodPhase::pending, {1, 2, 3});
        CHECK(world.round(1'000).empty());
        CHECK(world.next_round(1'000) == -1);
        world.target(1, of_default);
        CHECK(world.round(61'000) == Lines{"delete 1", "create 4 of p1"});
        world.see(PodPhase::pending, {4});
        CHECK(world.round(62'000).empty());
        world.see(PodPhase::running, {3});
        CHECK(world.round(63'000) == Lines{"create 5 of p1"});
    }

    TEST_CASE("CM-K8S-08 slots are split evenly, what is left over goes to the first") {
        using Slots = std::vector<std::uint32_t>;
        CHECK(split_slots(4, 3) == Slots{2, 1, 1});
        CHECK(split_slots(1, 3) == Slots{1, 0, 0});
        CHECK(split_slots(3, 2) == Slots{2, 1});
        CHECK(split_slots(6, 3) == Slots{2, 2, 2});
        CHECK(split_slots(0, 2) == Slots{0, 0});
    }

    TEST_CASE("CM-K8S-09 the limit in all counts the pods ever made, not those there") {
        PodsConf conf = batches_of(5);
        conf.pods_max = 3;
        PodsWorld world{conf};
        world.target(2);
        CHECK(world.round(0) == creations(1, 3));
        world.see(PodPhase::running, {1, 2});
        world.gone(1);
        CHECK(world.round(1'000) == creations(3, 4));
        world.see(PodPhase::running, {3});
        world.gone(3);
        CHECK(world.round(2'000) == Lines{"over the limit"});
    }

    TEST_CASE("CM-K8S-09 what the limit still allows is made before it ends the application") {
        PodsConf conf = batches_of(5);
        conf.pods_max = 3;
        PodsWorld world{conf};
        world.target(4);
        Lines all = creations(1, 4);
        all.emplace_back("over the limit");
        CHECK(world.round(0) == all);
    }
}

}  // namespace forkyard::pods_allocator_test
