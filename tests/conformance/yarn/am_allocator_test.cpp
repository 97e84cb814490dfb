// The requester in an application master on YARN: what it asks for, what it starts, and whose
// fault the end of a container is (CM-YARN-01 to 08, 12).
#include "core/policy/yarn/am_allocator.hpp"

#include <doctest/doctest.h>

#include "core/model/container_conf.hpp"
#include "core/policy/yarn/resource_manager.hpp"

namespace forkyard::am_allocator_test {
namespace {

constexpr Bytes mib(std::int64_t count) {
    return Bytes{count << 20};
}

constexpr NodeId nth(std::uint32_t number) {
    return NodeId{number};
}

using Taken = AmAllocator::Verdict;
using Verdicts = std::vector<AmAllocator::Verdict>;
using OnNodes = std::map<NodeId, std::uint32_t>;

// An application master on nodes 0 and 1 of rack r1, 2 and 3 of rack r2. Its containers take
// 1024 + 384 MiB, as much as it is given unless said otherwise.
class Master {
public:
    explicit Master(AppConf conf = {})
        : conf_{std::move(conf)}, allocator_{conf_, {"r1", "r1", "r2", "r2"}} {}
    Master(const Master&) = delete;
    Master& operator=(const Master&) = delete;

    void asks(std::uint32_t total) {
        allocator_.set_target(total);
        allocator_.update();
    }
    // As many tasks as are named prefer these nodes, each one of them.
    void prefers(OnNodes tasks) {
        AmAllocator::Hints hints;
        for (const auto& [on, count] : tasks) {
            hints.local_tasks += count;
        }
        hints.tasks_on = std::move(tasks);
        allocator_.set_hints(std::move(hints));
    }
    Verdicts given(const std::vector<std::uint32_t>& nodes, Bytes memory = mib(1408)) {
        std::vector<AmAllocator::Granted> granted;
        for (const std::uint32_t n : nodes) {
            granted.push_back({nth(n), n < 2 ? "r1" : "r2", memory});
        }
        return allocator_.take(granted);
    }
    // At a time when nothing is forgotten yet; whether the application has failed by it.
    bool ends(std::uint32_t on, std::int32_t status) {
        return allocator_.ended(SimTime{std::chrono::seconds{1}}, nth(on), status);
    }
    [[nodiscard]] std::uint32_t failures() const {
        return allocator_.failures(SimTime{std::chrono::seconds{1}});
    }
    AmAllocator* operator->() { return &allocator_; }

private:
    AppConf conf_;
    AmAllocator allocator_;
};

TEST_SUITE("YARN: the size of a container") {
    TEST_CASE("CM-YARN-01 heap, off-heap, overhead and Python's memory") {
        ContainerConf conf;
        CHECK(container_memory(mib(1024), conf) == mib(1024 + 384));
        CHECK(container_memory(mib(8192), conf) == mib(9011));
        conf.off_heap = mib(1024);
        CHECK(container_memory(mib(1024), conf) == mib(2432));
        conf.python = mib(100);
        CHECK(container_memory(mib(1024), conf) == mib(2532));
    }

    TEST_CASE("CM-YARN-01 the overhead may be given, or its factor and its least") {
        ContainerConf conf;
        conf.overhead_factor = Millionths{400'000};
        CHECK(container_memory(mib(1024), conf) == mib(1024 + 409));
        conf.overhead_factor = Millionths{100'000};
        conf.overhead_min = mib(50);
        CHECK(container_memory(mib(1024), conf) == mib(1024 + 102));
        conf.overhead = mib(7);
        CHECK(container_memory(mib(8192), conf) == mib(8199));
    }

    TEST_CASE("CM-YARN-01 the arbiter rounds it up, and what is larger than asked is taken") {
        const YarnSpec spec;
        const ResourceManager manager{spec, 0};
        CHECK(manager.rounded({2, mib(2432)}) == Room{2, mib(3072)});
        CHECK(manager.rounded({2, mib(9011)}) == Room{2, mib(9216)});
        CHECK(manager.rounded({0, mib(1)}) == Room{1, mib(1024)});
        AppConf conf;
        conf.container.off_heap = mib(1024);
        Master master{conf};
        master.asks(1);
        CHECK(master.given({0}, mib(3072)) == Verdicts{Taken::start});
    }
}

TEST_SUITE("YARN: requests and containers") {
    TEST_CASE("CM-YARN-02 what is asked for is what is missing") {
        Master master;
        master.asks(4);
        CHECK(master->pending() == 4);
        CHECK(master.given({0, 0, 1}) == Verdicts(3, Taken::start));
        CHECK(master->running() == 3);
        CHECK(master->running_on(nth(0)) == 2);
        CHECK(master->running_on(nth(1)) == 1);
        CHECK(master->pending() == 1);
        master->update();
        CHECK(master->pending() == 1);
    }

    TEST_CASE("CM-YARN-03 containers that were not asked for are given back") {
        Master master;
        master.asks(2);
        CHECK(master.given({0, 1, 3}) == Verdicts{Taken::start, Taken::start, Taken::release});
        CHECK(master->running() == 2);
        CHECK(master->running_on(nth(3)) == 0);
    }

    TEST_CASE("CM-YARN-03 with its target met it starts no more") {
        Master master;
        master.asks(1);
        CHECK(master.given({0}) == Verdicts{Taken::start});
        CHECK(master.given({0}) == Verdicts{Taken::release});
        CHECK(master->running() == 1);
    }

    TEST_CASE("CM-YARN-03 nor when the target fell while containers were under way") {
        Master master;
        master.asks(2);
        master->set_target(1);
        CHECK(master.given({0, 1}) == Verdicts{Taken::start, Taken::release});
        CHECK(master->running() == 1);
    }

    TEST_CASE("CM-YARN-04 matched by node, then by rack, then with requests for anywhere") {
        Master master;
        master.prefers({{nth(0), 2}});
        master.asks(3);
        CHECK(master->pending_on() == OnNodes{{nth(0), 2}});
        CHECK(master->pending() == 3);
        // Anywhere, in the rack, nowhere any more, on the node.
        CHECK(master.given({3, 1, 2, 0}) ==
              Verdicts{Taken::start, Taken::start, Taken::release, Taken::start});
        CHECK(master->pending() == 0);
    }

    TEST_CASE("CM-YARN-04 the node comes before the rack, in whatever order they are given") {
        Master master;
        master.prefers({{nth(0), 1}});
        master.asks(1);
        CHECK(master->pending_on() == OnNodes{{nth(0), 1}});
        CHECK(master.given({1, 0}) == Verdicts{Taken::release, Taken::start});
    }

    TEST_CASE("CM-YARN-04 one in the rack takes the request for the node, others do not") {
        Master master;
        master.prefers({{nth(0), 1}});
        master.asks(2);
        CHECK(master->pending_on() == OnNodes{{nth(0), 1}});
        CHECK(master.given({2}) == Verdicts{Taken::start});
        CHECK(master->pending_on() == OnNodes{{nth(0), 1}});
        CHECK(master.given({3}) == Verdicts{Taken::release});
        CHECK(master.given({1}) == Verdicts{Taken::start});
        CHECK(master->pending() == 0);
    }

    TEST_CASE("CM-YARN-04 one with less memory than asked for matches nothing") {
        Master master;
        master.asks(1);
        CHECK(master.given({0}, mib(1407)) == Verdicts{Taken::release});
        CHECK(master->pending() == 1);
        CHECK(master.given({0}, mib(1408)) == Verdicts{Taken::start});
    }

    TEST_CASE("CM-YARN-05 a lower target cancels requests and nothing that runs") {
        Master master;
        master.asks(4);
        CHECK(master->pending() == 4);
        master.asks(3);
        CHECK(master->pending() == 3);
        (void)master.given({0});
        master.asks(2);
        CHECK(master->pending() == 1);
        (void)master.given({1});
        master.asks(1);
        CHECK(master->pending() == 0);
        CHECK(master->running() == 2);
    }

    TEST_CASE("CM-YARN-05 requests for nodes that nobody wants go first, then those for anywhere") {
        Master master;
        master.prefers({{nth(0), 1}});
        master.asks(1);
        master.prefers({{nth(0), 1}, {nth(1), 1}});
        master.asks(2);
        master.asks(3);
        CHECK(master->pending_on() == OnNodes{{nth(0), 1}, {nth(1), 1}});
        CHECK(master->pending() == 3);
        master.prefers({{nth(1), 1}});
        master.asks(2);
        CHECK(master->pending_on() == OnNodes{{nth(1), 1}});
        CHECK(master->pending() == 2);
        master.asks(1);
        CHECK(master->pending_on() == OnNodes{{nth(1), 1}});
        CHECK(master->pending() == 1);
        master.asks(0);
        CHECK(master->pending() == 0);
    }

    TEST_CASE("CM-YARN-05 a request for a node that nobody wants is placed anew with the next") {
        Master master;
        master.prefers({{nth(0), 1}});
        master.asks(1);
        master.prefers({{nth(1), 1}, {nth(2), 1}});
        master.asks(2);
        CHECK(master->pending_on() == OnNodes{{nth(1), 2}, {nth(2), 2}});
        CHECK(master->pending() == 2);
    }

    TEST_CASE("CM-YARN-06 what is killed makes room for a new request") {
        Master master;
        master.asks(2);
        (void)master.given({0, 1});
        master->set_target(1);
        master->released(nth(0));
        master->update();
        CHECK(master->running() == 1);
        CHECK(master->pending() == 0);
        master.asks(2);
        CHECK(master->pending() == 1);
    }

    TEST_CASE("CM-YARN-06 both killed, one wanted: one is asked for, and nothing has failed") {
        Master master;
        master.asks(2);
        (void)master.given({0, 1});
        master->set_target(1);
        master->released(nth(0));
        CHECK_FALSE(master.ends(1, container_exit::success));
        master->update();
        CHECK(master->running() == 0);
        CHECK(master->pending() == 1);
        CHECK(master.failures() == 0);
    }

    TEST_CASE("CM-YARN-07 what ends by itself is replaced and counted") {
        Master master;
        master.asks(2);
        (void)master.given({0, 1});
        CHECK_FALSE(master.ends(0, -1));
        CHECK_FALSE(master.ends(1, -1));
        master->update();
        CHECK(master->running() == 0);
        CHECK(master->running_on(nth(0)) == 0);
        CHECK(master->pending() == 2);
        CHECK(master.failures() == 2);
    }
}

TEST_SUITE("YARN: whose fault it was") {
    TEST_CASE("CM-YARN-08 each exit status has somebody to blame, or nobody") {
        for (const std::int32_t status : {0, -100, -101, -102, -105, -106, -107}) {
            CAPTURE(status);
            CHECK(blame_of(status) == Blame::nobody);
        }
        for (const std::int32_t status : {-103, -104}) {
            CAPTURE(status);
            CHECK(blame_of(status) == Blame::tasks);
        }
        for (const std::int32_t status : {1, 137, 143, -1000, -1}) {
            CAPTURE(status);
            CHECK(blame_of(status) == Blame::application);
        }
    }

    TEST_CASE("CM-YARN-08 nine statuses are no failure of an executor, the others are") {
        AppConf conf;
        conf.executor_failures_max = 100;
        Master master{conf};
        master.asks(11);
        (void)master.given(std::vector<std::uint32_t>(11, 0));
        for (const std::int32_t status : {0, -100, -101, -102, -103, -104, -105, -106, -107}) {
            CAPTURE(status);
            (void)master.ends(0, status);
            CHECK(master.failures() == 0);
        }
        (void)master.ends(0, -1000);
        CHECK(master.failures() == 1);
        (void)master.ends(0, 1);
        CHECK(master.failures() == 2);
    }

    TEST_CASE("CM-YARN-12 the application fails when the cap is reached, not when it is passed") {
        AppConf conf;
        conf.executor_failures_max = 2;
        Master master{conf};
        master.asks(3);
        (void)master.given({0, 0, 0});
        CHECK_FALSE(master.ends(0, 1));
        CHECK_FALSE(master.ends(0, container_exit::physical_memory));
        CHECK(master.ends(0, 1));
    }
}

}  // namespace
}  // namespace forkyard::am_allocator_test
