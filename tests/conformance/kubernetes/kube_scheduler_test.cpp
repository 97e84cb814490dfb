// Which node kube-scheduler puts a pod on, and whom it removes for it (CM-K8S-19 to
// CM-K8S-24): scores, and the scheduler alone.
#include "core/policy/kubernetes/kube_scheduler.hpp"

#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/builders/lines.hpp"

namespace forkyard::kube_scheduler_test {

namespace {

using PodKey = KubeScheduler::Key;

// Pods and nodes by number; decisions come as lines: "1 on n0", "4 for 7 on n0".
class KubeWorld {
public:
    explicit KubeWorld(Scoring scoring = Scoring::least_allocated) : machine_{scoring} {}

    void node(std::uint32_t number, std::int64_t millicores, std::int64_t memory = 100) {
        machine_.add_node(NodeId{number}, {millicores, memory});
    }
    void lose_node(std::uint32_t number) { machine_.remove_node(NodeId{number}); }
    void cordon(std::uint32_t number) { machine_.cordon(NodeId{number}); }

    void pod(PodKey key, const PodRequest& request, std::int32_t priority = 0) {
        machine_.add_pod(key, priority, request, now_);
    }
    void gone(PodKey key) { machine_.remove_pod(key); }
    // A pod that is placed at once.
    void runs(PodKey key, const PodRequest& request, std::int32_t priority = 0) {
        pod(key, request, priority);
        (void)schedule(micros(now_) / 1000);
        REQUIRE(machine_.node_of(key).valid());
    }

    Lines schedule(std::int64_t at_ms = 0) {
        now_ = SimTime{std::chrono::milliseconds{at_ms}};
        const KubeScheduler::Decision decision = machine_.schedule(now_);
        Lines lines;
        for (const auto& [key, on] : decision.bound) {
            lines.push_back(fmt::format("{} on n{}", key, on.value));
        }
        for (const auto& [key, on, victims] : decision.preempted) {
            lines.push_back(
                fmt::format("{} for {} on n{}", fmt::join(victims, " and "), key, on.value));
        }
        return lines;
    }
    // In milliseconds; -1: only a change can lead to anything.
    [[nodiscard]] std::int64_t next_try() const {
        const auto next = machine_.next_try(now_);
        return next ? micros(*next) / 1000 : -1;
    }

private:
    KubeScheduler machine_;
    SimTime now_{};
};

// Of cores in thousandths and bytes.
constexpr PodRequest a_pod{3'000, 5'000};

std::int64_t least_score(PodRequest taken, const PodRequest& node, ScoreWeights weights = {}) {
    taken += a_pod;
    return fit_score(Scoring::least_allocated, taken, node, weights);
}

// Two nodes of 2000 with these pods, n0's first; whose have to go for one of 2000.
Lines victims_of(const std::vector<std::int32_t>& first, const std::vector<std::int32_t>& second) {
    KubeWorld world;
    PodKey key = 0;
    for (const auto& [number, priorities] : {std::pair{0U, first}, std::pair{1U, second}}) {
        world.node(number, 2'000);
        for (const std::int32_t priority : priorities) {
            const auto share = 2'000 / static_cast<std::int64_t>(priorities.size());
            world.runs(++key, {share, 1}, priority);
        }
    }
    world.pod(9, {2'000, 1}, 100);
    return world.schedule();
}

}  // namespace

TEST_SUITE("kube-scheduler: scores") {
    TEST_CASE("CM-K8S-20 least allocated: what is left of cores and memory, in percent") {
        CHECK(least_score({}, {4'000, 10'000}) == 37);
        CHECK(least_score({}, {6'000, 10'000}) == 50);
        CHECK(least_score({3'000, 0}, {10'000, 20'000}) == 57);
        CHECK(least_score({3'000, 5'000}, {10'000, 20'000}) == 45);
    }

    TEST_CASE("CM-K8S-20 memory may weigh twice as much") {
        CHECK(least_score({}, {4'000, 10'000}, {1, 2}) == 41);
        CHECK(least_score({}, {6'000, 10'000}, {1, 2}) == 50);
    }

    TEST_CASE("CM-K8S-20 a resource over its capacity scores nothing") {
        CHECK(least_allocated(11, 10) == 0);
        CHECK(least_score({}, {2'000, 10'000}) == 25);  // of memory alone
        CHECK(least_allocated(0, 0) == 0);
    }

    TEST_CASE("CM-K8S-21 most allocated: what is taken, in percent") {
        CHECK(fit_score(Scoring::most_allocated, a_pod, {4'000, 10'000}) == 62);
        CHECK(fit_score(Scoring::most_allocated, a_pod, {6'000, 10'000}) == 50);
        CHECK(most_allocated(0, 0) == 0);
    }

    TEST_CASE("CM-K8S-21 balance: 100 less half of how far the two parts are apart") {
        CHECK(balance_score({3'000, 5'000}, {6'000, 10'000}) == 100);
        CHECK(balance_score({3'000, 5'000}, {4'000, 10'000}) == 87);  // 75 % and 50 %
        CHECK(balance_score({10, 0}, {10, 10}) == 50);
        CHECK(balance_score({0, 20}, {10, 10}) == 50);  // no more than all of it
    }
}

TEST_SUITE("kube-scheduler: placing pods") {
    TEST_CASE("CM-K8S-19 the highest priority first, then the pod that came first") {
        KubeWorld world;
        world.node(0, 1'000);
        world.pod(1, {1'000, 1});
        world.pod(2, {1'000, 1}, 5);
        world.pod(3, {1'000, 2}, 5);
        CHECK(world.schedule() == Lines{"2 on n0"});
        world.gone(2);
        CHECK(world.schedule(1'000) == Lines{"3 on n0"});
        world.gone(3);
        CHECK(world.schedule(11'000) == Lines{"1 on n0"});
    }

    TEST_CASE("CM-K8S-19 nodes without room for all that a pod requests are left out") {
        KubeWorld world;
        world.node(0, 4'000, 99);
        world.node(1, 999, 1'000);
        world.pod(1, {1'000, 100});
        CHECK(world.schedule().empty());
        world.node(2, 1'000, 100);
        CHECK(world.schedule(1'000) == Lines{"1 on n2"});
    }

    TEST_CASE("CM-K8S-19 of equally good nodes the lowest number") {
        KubeWorld world;
        for (const std::uint32_t number : {2U, 0U, 1U}) {
            world.node(number, 2'000);
        }
        for (PodKey key = 1; key <= 3; ++key) {
            world.pod(key, {1'000, 10});
        }
        CHECK(world.schedule() == Lines{"1 on n0", "2 on n1", "3 on n2"});
    }

    TEST_CASE("CM-K8S-19 of different nodes that score the same as well") {
        KubeWorld world;
        world.node(0, 4'000, 400);
        world.runs(1, {1'000, 100});
        world.node(1, 2'000, 200);
        world.pod(2, {1'000, 100});  // half of either is taken then
        CHECK(world.schedule() == Lines{"2 on n0"});
    }

    TEST_CASE("CM-K8S-19 room and balance count alike: their sum decides") {
        // 57 + 82 against 45 + 95.
        KubeWorld world;
        world.node(0, 10'000, 20'000);
        world.runs(1, {3'000, 0});
        world.node(1, 10'000, 20'000);
        world.runs(2, {3'000, 5'000});
        world.pod(3, {3'000, 5'000});
        CHECK(world.schedule() == Lines{"3 on n1"});
    }

    TEST_CASE("CM-K8S-20 pods spread over the nodes: the emptier one is better") {
        KubeWorld world;
        world.node(0, 4'000, 10'000);
        world.node(1, 6'000, 10'000);
        world.pod(1, {3'000, 5'000});
        CHECK(world.schedule() == Lines{"1 on n1"});
    }

    TEST_CASE("CM-K8S-21 with most allocated pods fill one node after the other") {
        KubeWorld world{Scoring::most_allocated};
        world.node(0, 2'000, 200);
        world.node(1, 2'000, 200);
        for (PodKey key = 1; key <= 3; ++key) {
            world.pod(key, {1'000, 100});
        }
        CHECK(world.schedule() == Lines{"1 on n0", "2 on n0", "3 on n1"});
    }

    TEST_CASE("CM-K8S-19 who finds no room is tried again after 1, 2, 4, 8, 10 and 10 s") {
        KubeWorld world;
        world.node(0, 1'000);
        world.runs(1, {1'000, 1});
        world.pod(2, {2'000, 1});
        CHECK(world.schedule(0).empty());
        std::int64_t now_ms = 0;
        PodKey small = 10;
        for (const std::int64_t wait_ms : {1'000, 2'000, 4'000, 8'000, 10'000, 10'000}) {
            CHECK(world.next_try() == -1);  // nothing has changed
            world.gone(small == 10 ? 1 : small);
            CHECK(world.next_try() == now_ms + wait_ms);
            now_ms += wait_ms;
            CHECK(world.schedule(now_ms - 1).empty());
            world.runs(++small, {1'000, 2});
            CHECK(world.schedule(now_ms).empty());
        }
        world.node(1, 2'000);
        CHECK(world.schedule(now_ms + 9'999).empty());
        CHECK(world.schedule(now_ms + 10'000) == Lines{"2 on n1"});
    }

    TEST_CASE("CM-K8S-19 a new pod waits for nobody's backoff but its own") {
        KubeWorld world;
        world.node(0, 1'000);
        world.runs(1, {1'000, 1});
        world.pod(2, {2'000, 1});
        CHECK(world.schedule(0).empty());
        world.gone(1);
        CHECK(world.schedule(1'000).empty());  // 2 is tried again at 3000 ms
        world.node(1, 4'000);
        CHECK(world.schedule(1'500).empty());
        world.pod(3, {2'000, 1});
        CHECK(world.next_try() == 1'500);
        CHECK(world.schedule(2'000) == Lines{"3 on n1"});
        CHECK(world.next_try() == 3'000);
        CHECK(world.schedule(3'000) == Lines{"2 on n1"});
    }

    TEST_CASE("CM-K8S-19 one that fits nowhere leaves those before it their time") {
        KubeWorld world;
        world.node(0, 1'000);
        world.pod(1, {2'000, 1});
        CHECK(world.schedule(0).empty());
        world.node(1, 1'000);
        world.pod(2, {2'000, 1});
        CHECK(world.schedule(500).empty());
        world.node(2, 4'000);
        CHECK(world.schedule(999).empty());
        CHECK(world.schedule(1'000) == Lines{"1 on n2", "2 on n2"});
    }

    TEST_CASE("CM-K8S-24 a cordoned node takes no new pods, and keeps those it has") {
        KubeWorld world;
        world.node(0, 2'000);
        world.node(1, 2'000);
        world.runs(1, {1'000, 1});
        world.cordon(0);
        for (const PodKey key : {2U, 3U, 4U}) {
            world.pod(key, {1'000, 1}, 1);
        }
        CHECK(world.schedule() == Lines{"2 on n1", "3 on n1"});
    }
}

TEST_SUITE("kube-scheduler: preemption") {
    TEST_CASE("CM-K8S-23 a pod that fits nowhere has pods of lower priority removed") {
        KubeWorld world;
        world.node(0, 2'000);
        world.runs(1, {1'000, 1});
        world.runs(2, {1'000, 1});
        world.pod(3, {1'000, 1}, 1);
        // One is enough: of two alike the one that has run for longer stays.
        CHECK(world.schedule(1'000) == Lines{"2 for 3 on n0"});
        CHECK(world.schedule(2'000).empty());
        world.gone(2);
        CHECK(world.schedule(31'000) == Lines{"3 on n0"});
    }

    TEST_CASE("CM-K8S-23 none of equal or of higher priority") {
        KubeWorld world;
        world.node(0, 2'000);
        world.runs(1, {1'000, 1}, 5);
        world.runs(2, {1'000, 1}, 6);
        world.pod(3, {1'000, 1}, 5);
        CHECK(world.schedule().empty());
        world.pod(4, {1'000, 1}, 6);
        CHECK(world.schedule() == Lines{"1 for 4 on n0"});
    }

    TEST_CASE("CM-K8S-23 no more than needed: the important ones are kept where it still fits") {
        KubeWorld world;
        world.node(0, 4'000);
        world.runs(1, {2'000, 1}, 1);
        world.runs(2, {1'000, 1}, 3);
        world.runs(3, {1'000, 1}, 2);
        world.pod(4, {2'000, 1}, 9);
        CHECK(world.schedule() == Lines{"1 for 4 on n0"});
    }

    TEST_CASE("CM-K8S-23 all of a node is freed for it, nothing of two") {
        KubeWorld world;
        world.node(0, 1'000);
        world.node(1, 1'000);
        world.runs(1, {1'000, 1});
        world.runs(2, {1'000, 1});
        world.pod(3, {2'000, 1}, 9);
        CHECK(world.schedule().empty());
    }

    TEST_CASE("CM-K8S-23 the node whose highest victim is the lowest") {
        CHECK(victims_of({7}, {6, 6}) == Lines{"2 and 3 for 9 on n1"});
        CHECK(victims_of({6, 6}, {7}) == Lines{"1 and 2 for 9 on n0"});
    }

    TEST_CASE("CM-K8S-23 then the lowest sum of priorities, then the fewest") {
        CHECK(victims_of({5, 5}, {5, 3}) == Lines{"3 and 4 for 9 on n1"});
        CHECK(victims_of({5, 0}, {5}) == Lines{"3 for 9 on n1"});
    }

    TEST_CASE("CM-K8S-23 then who has started last, then the first node") {
        CHECK(victims_of({5}, {5}) == Lines{"1 for 9 on n0"});
        KubeWorld world;
        world.node(0, 1'000);
        world.runs(1, {1'000, 1});
        (void)world.schedule(5'000);
        world.node(1, 1'000);
        world.runs(2, {1'000, 1});
        world.pod(3, {1'000, 1}, 1);
        CHECK(world.schedule(6'000) == Lines{"2 for 3 on n1"});
    }

    TEST_CASE("CM-K8S-23 each pod has pods of its own removed, those made later as well") {
        KubeWorld world;
        world.node(0, 3'000);
        for (const PodKey key : {1U, 2U, 3U}) {
            world.runs(key, {1'000, 1});
        }
        world.pod(4, {1'000, 1}, 5);
        world.pod(5, {1'000, 1}, 5);
        CHECK(world.schedule(0) == Lines{"3 for 4 on n0", "2 for 5 on n0"});
        world.pod(6, {1'000, 1}, 5);
        world.pod(7, {1'000, 1}, 5);
        CHECK(world.schedule(1'000) == Lines{"1 for 6 on n0"});
        CHECK(world.schedule(2'000).empty());
        world.gone(7);
        CHECK(world.schedule(3'000).empty());
    }

    TEST_CASE("CM-K8S-23 a victim that leaves room for two goes for both of them") {
        KubeWorld world;
        world.node(0, 4'000);
        world.runs(1, {2'000, 1});
        world.runs(2, {2'000, 1});
        world.pod(3, {1'000, 1}, 5);
        world.pod(4, {1'000, 1}, 5);
        CHECK(world.schedule(0) == Lines{"2 for 3 on n0"});
        world.gone(2);
        CHECK(world.schedule(30'000) == Lines{"3 on n0", "4 on n0"});
    }

    TEST_CASE("CM-K8S-23 the freed room is kept from pods of lower priority") {
        KubeWorld world;
        world.node(0, 1'000);
        world.runs(1, {1'000, 1});
        world.pod(2, {1'000, 1}, 5);
        CHECK(world.schedule(0) == Lines{"1 for 2 on n0"});
        world.gone(1);
        world.pod(3, {1'000, 2}, 4);
        CHECK(world.schedule(500).empty());  // 2 is tried again at 1000 ms
        CHECK(world.schedule(1'500) == Lines{"2 on n0"});
    }

    TEST_CASE("CM-K8S-23 who waits for its victims may land elsewhere") {
        KubeWorld world;
        world.node(0, 1'000);
        world.runs(1, {1'000, 1});
        world.pod(2, {1'000, 1}, 5);
        CHECK(world.schedule(0) == Lines{"1 for 2 on n0"});
        world.node(1, 1'000);
        CHECK(world.schedule(1'000) == Lines{"2 on n1"});
    }

    TEST_CASE("CM-K8S-23 who loses its node to a higher pod may have others removed") {
        KubeWorld world;
        world.node(0, 1'000);
        world.runs(1, {1'000, 1}, 0);
        world.node(1, 1'000);
        world.runs(2, {1'000, 1}, 1);
        world.pod(3, {1'000, 1}, 5);
        CHECK(world.schedule(0) == Lines{"1 for 3 on n0"});
        world.gone(1);
        world.pod(4, {1'000, 1}, 6);
        CHECK(world.schedule(500) == Lines{"4 on n0"});
        CHECK(world.schedule(1'000) == Lines{"2 for 3 on n1"});
        world.gone(2);
        CHECK(world.schedule(31'000) == Lines{"3 on n1"});
    }

    TEST_CASE("CM-K8S-23 who waits for a node that is lost looks for another") {
        KubeWorld world;
        world.node(0, 1'000);
        world.runs(1, {1'000, 1}, 1);
        world.node(1, 1'000);
        world.runs(2, {1'000, 1}, 0);
        world.pod(3, {1'000, 1}, 5);
        CHECK(world.schedule(0) == Lines{"2 for 3 on n1"});
        world.lose_node(1);
        CHECK(world.next_try() == 1'000);
        CHECK(world.schedule(1'000) == Lines{"1 for 3 on n0"});
    }
}

}  // namespace forkyard::kube_scheduler_test
