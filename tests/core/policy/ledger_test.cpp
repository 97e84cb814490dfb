// The books of the cluster: what a manager may do, and what it is told when it may not.
#include "core/policy/ledger.hpp"

#include <doctest/doctest.h>

#include "tests/builders/app_of.hpp"

namespace forkyard::ledger_test {
namespace {

constexpr AppId first_app{0};
constexpr AppId second_app{1};
constexpr NodeId first_node{0};
constexpr NodeId second_node{1};

using Refusal = std::optional<std::string>;

// Two nodes of 4 cores and 1000 bytes, the first of them up; applications red and blue, the
// first of them submitted.
class Books {
public:
    explicit Books(const std::string& manager = "standalone")
        : scenario_{scenario(manager)}, ledger_{scenario_} {
        joins(first_node);
        submitted(first_app);
    }
    Books(const Books&) = delete;
    Books& operator=(const Books&) = delete;

    void joins(NodeId node) { ledger_.hear(WorkerJoined{node, 4, Bytes{1000}, "default"}); }
    void leaves(NodeId node) { ledger_.hear(WorkerLost{node}); }
    void submitted(AppId app) { ledger_.hear(AppSubmitted{app, {}}); }
    void ends(AppId app) { ledger_.end_application(app); }
    void exits(std::uint32_t exec) { ledger_.hear(ExecutorExited{first_app, ExecutorId{exec}}); }
    void lost(std::uint32_t exec) {
        ledger_.hear(ExecutorLost{first_app, ExecutorId{exec}, LossReason::exited, 0, {}});
    }

    Refusal launches(std::uint32_t exec,
                     std::uint32_t cores = 1,
                     std::int64_t memory = 100,
                     NodeId node = first_node,
                     AppId app = first_app) {
        return enters(LaunchExecutor{app, ExecutorId{exec}, node, cores, Bytes{memory}});
    }
    Refusal enters(const Action& action) { return ledger_.enter(action); }
    Refusal kills(std::uint32_t exec, AppId app = first_app) {
        return enters(KillExecutor{app, ExecutorId{exec}, LossReason::preempted, AskedBy::manager});
    }
    Refusal decommissions(std::uint32_t exec, AppId app = first_app) {
        return enters(DecommissionExecutor{app, ExecutorId{exec}, AskedBy::manager});
    }
    Refusal offers(std::uint32_t exec, std::uint32_t cores, AppId app = first_app) {
        return enters(OfferCores{app, ExecutorId{exec}, cores, 0});
    }
    void returned(std::uint32_t exec, std::uint32_t cores) {
        ledger_.hear(CoresReturned{first_app, ExecutorId{exec}, cores, SimDuration{0}, 0});
    }
    Refusal removes(AppId app) { return enters(RemoveApplication{app, "enough"}); }
    [[nodiscard]] Refusal sets(std::int64_t now_us, std::int64_t at_us) const {
        return ledger_.enter(SimTime{SimDuration{now_us}},
                             TimerRequest{SimTime{SimDuration{at_us}}, {}});
    }

private:
    static Scenario scenario(const std::string& manager) {
        Scenario made;
        made.cluster.manager = manager;
        made.cluster.policy_faults = manager == "chaos";
        for (const char* name : {"w-1", "w-2"}) {
            made.cluster.nodes.emplace_back().name = name;
        }
        for (const char* name : {"red", "blue"}) {
            made.apps.push_back(app_of({}, {}));
            made.apps.back().name = name;
        }
        return made;
    }

    Scenario scenario_;
    Ledger ledger_;
};

const Refusal none{};

TEST_SUITE("ledger: executors") {
    TEST_CASE("executors may fill a node, in cores and in memory") {
        Books books;
        CHECK(books.launches(1, 1, 600) == none);
        CHECK(books.launches(2, 3, 400) == none);
        Books large;
        CHECK(large.launches(1, 4, 1000) == none);
    }

    TEST_CASE("they may not take more cores than the node has left") {
        Books books;
        CHECK(books.launches(1, 3) == none);
        CHECK(books.launches(2, 2) == "an executor of 2 cores on w-1, where 3 of 4 are taken");
        CHECK(books.launches(2, 1) == none);
    }

    TEST_CASE("nor more memory") {
        Books books;
        CHECK(books.launches(1, 1, 600) == none);
        CHECK(books.launches(2, 1, 401) ==
              "an executor of 401 bytes on w-1, where 600 of 1000 are taken");
        CHECK(books.launches(2, 1, 400) == none);
    }

    TEST_CASE("each node is counted for itself") {
        Books books;
        books.joins(second_node);
        CHECK(books.launches(1, 4, 1000, first_node) == none);
        CHECK(books.launches(2, 4, 1000, second_node) == none);
        CHECK(books.launches(3, 1, 1, second_node) ==
              "an executor of 1 cores on w-2, where 4 of 4 are taken");
    }

    TEST_CASE("where memory alone limits a node, cores may be more than it has") {
        Books books{"yarn"};
        CHECK(books.launches(1, 100, 500) == none);
        CHECK(books.launches(2, 100, 501) ==
              "an executor of 501 bytes on w-1, where 500 of 1000 are taken");
    }

    TEST_CASE("an executor has a core and a byte at least") {
        Books books;
        CHECK(books.launches(1, 0, 100) == "an executor of 0 cores and 100 bytes");
        CHECK(books.launches(1, 1, 0) == "an executor of 1 cores and 0 bytes");
        CHECK(books.launches(1, 1, -5) == "an executor of 1 cores and -5 bytes");
        CHECK(books.launches(1, 1, 1) == none);
    }

    TEST_CASE("executors are numbered from 1 without a gap, and never again") {
        Books books;
        CHECK(books.launches(2) == "executor 2 is granted, the next number is 1");
        CHECK(books.launches(0) == "executor 0 is granted, the next number is 1");
        CHECK(books.launches(1) == none);
        CHECK(books.launches(1) == "executor 1 is granted, the next number is 2");
        books.lost(1);
        CHECK(books.launches(1) == "executor 1 is granted, the next number is 2");
        CHECK(books.launches(2) == none);
    }

    TEST_CASE("a launch that is refused takes neither a number nor room") {
        Books books;
        CHECK(books.launches(1, 5) == "an executor of 5 cores on w-1, where 0 of 4 are taken");
        CHECK(books.launches(1, 4, 1001) ==
              "an executor of 1001 bytes on w-1, where 0 of 1000 are taken");
        CHECK(books.launches(1, 4, 1000) == none);
    }

    TEST_CASE("only nodes that are there and up take executors") {
        Books books;
        CHECK(books.launches(1, 1, 100, second_node) == "an executor on w-2, which is not up");
        CHECK(books.launches(1, 1, 100, NodeId{2}) == "node number 2 of 2");
        books.joins(second_node);
        CHECK(books.launches(1, 1, 100, second_node) == none);
        books.leaves(second_node);
        CHECK(books.launches(2, 1, 100, second_node) == "an executor on w-2, which is not up");
    }

    TEST_CASE("only applications that are there are given executors") {
        Books books;
        CHECK(books.launches(1, 1, 100, first_node, second_app) ==
              "an executor for an application that has not been submitted");
        CHECK(books.launches(1, 1, 100, first_node, AppId{2}) ==
              "an executor for an application that has not been submitted");
        books.submitted(second_app);
        CHECK(books.launches(1, 1, 100, first_node, second_app) == none);
        books.ends(second_app);
        CHECK(books.launches(2, 1, 100, first_node, second_app) ==
              "an executor for blue, which has ended");
    }

    TEST_CASE("what ends gives its room back, once") {
        Books books;
        CHECK(books.launches(1, 2, 600) == none);
        CHECK(books.launches(2, 2, 400) == none);
        books.exits(1);
        books.lost(1);
        CHECK(books.launches(3, 3, 1) == "an executor of 3 cores on w-1, where 2 of 4 are taken");
        CHECK(books.launches(3, 2, 601) ==
              "an executor of 601 bytes on w-1, where 400 of 1000 are taken");
        CHECK(books.launches(3, 2, 600) == none);
    }

    TEST_CASE("what ran on a node that left gives nothing to it when it returns") {
        Books books;
        CHECK(books.launches(1, 4, 1000) == none);
        books.leaves(first_node);
        books.joins(first_node);
        CHECK(books.launches(2, 3, 900) == none);
        books.lost(1);
        CHECK(books.launches(3, 2, 1) == "an executor of 2 cores on w-1, where 3 of 4 are taken");
        CHECK(books.launches(3, 1, 100) == none);
    }

    TEST_CASE("a node that joins anew is empty, even if nobody said that it had left") {
        Books books;
        CHECK(books.launches(1, 4, 1000) == none);
        books.joins(first_node);
        CHECK(books.launches(2, 4, 1000) == none);
    }
}

TEST_SUITE("ledger: ends, removals, timers") {
    TEST_CASE("only an executor that is there can be killed or decommissioned") {
        Books books;
        CHECK(books.kills(1) == "executor 1 is not there");
        CHECK(books.decommissions(1) == "executor 1 is not there");
        CHECK(books.launches(1) == none);
        CHECK(books.kills(1) == none);
        CHECK(books.decommissions(1) == none);
        books.lost(1);
        CHECK(books.kills(1) == "executor 1 is not there");
        CHECK(books.decommissions(1) == "executor 1 is not there");
    }

    TEST_CASE("one on a node that has left can still be killed") {
        Books books;
        CHECK(books.launches(1) == none);
        books.leaves(first_node);
        CHECK(books.kills(1) == none);
    }

    TEST_CASE("and only by the name of its own application") {
        Books books;
        books.submitted(second_app);
        CHECK(books.launches(1) == none);
        CHECK(books.kills(1, second_app) == "executor 1 is that of another application, red");
        CHECK(books.decommissions(1, second_app) ==
              "executor 1 is that of another application, red");
    }

    TEST_CASE("an application that has ended may still lose what it has") {
        Books books;
        CHECK(books.launches(1) == none);
        books.ends(first_app);
        CHECK(books.kills(1) == none);
    }

    TEST_CASE("only an application that is there can be removed") {
        Books books;
        CHECK(books.removes(second_app) == "an application is removed that is not there");
        CHECK(books.removes(AppId{2}) == "an application is removed that is not there");
        CHECK(books.removes(first_app) == none);
        books.ends(first_app);
        CHECK(books.removes(first_app) == "an application is removed that is not there");
    }

    TEST_CASE("a policy asks for faults only where the scenario lets it") {
        Books books;
        CHECK(!books.launches(1));
        const InjectFault kill{FaultKind::kill_executor, first_app, ExecutorId{1}};
        CHECK(books.enters(kill) == "it asks for a fault, and cluster.policy_faults is false");
    }

    TEST_CASE("and only of what is there, and of what it knows") {
        Books books{"chaos"};
        CHECK(!books.launches(1));
        InjectFault fault{FaultKind::kill_executor, first_app, ExecutorId{1}};
        CHECK(!books.enters(fault));
        fault.exec = ExecutorId{2};
        CHECK(books.enters(fault) == "executor 2 is not there");
        fault.fault = FaultKind::fail_task;
        CHECK(books.enters(fault) == "it asks for `fail-task`, which is the scenario's alone");
        InjectFault slow{FaultKind::slow_worker};
        slow.node = second_node;
        slow.percent = 200;
        CHECK(books.enters(slow) == "`slow-worker` of a node that is not up");
        slow.node = first_node;
        CHECK(!books.enters(slow));
        slow.percent = 100;
        CHECK(books.enters(slow) == "a worker slowed to 100 percent");
        slow.percent = 200;
        slow.lasts = SimDuration{-1};
        CHECK(books.enters(slow) == "a fault for -1 us");
        InjectFault lose{FaultKind::lose_worker};
        lose.node = first_node;
        CHECK(!books.enters(lose));
    }

    TEST_CASE("cores are lent to executors that are there, and no more than the node has") {
        Books books{"mesos"};
        CHECK(books.launches(1, 1) == none);
        CHECK(books.offers(2, 1) == "executor 2 is not there");
        books.submitted(second_app);
        CHECK(books.offers(1, 1, second_app) == "executor 1 is that of another application, red");
        CHECK(books.offers(1, 0) == "0 cores are offered for executor 1");
        CHECK(books.offers(1, 4) == "4 cores are offered on w-1, where 1 of 4 are taken");
        CHECK(books.offers(1, 3) == none);
        CHECK(books.launches(2, 1) == "an executor of 1 cores on w-1, where 4 of 4 are taken");
        books.returned(1, 2);
        CHECK(books.offers(1, 1) == none);
        CHECK(books.launches(2, 1) == none);
    }

    TEST_CASE("what was lent comes back with its executor, and only once") {
        Books books{"mesos"};
        CHECK(books.launches(1, 1) == none);
        CHECK(books.offers(1, 3) == none);
        books.exits(1);
        books.returned(1, 3);
        CHECK(books.launches(2, 4) == none);
        CHECK(books.launches(3, 1) == "an executor of 1 cores on w-1, where 4 of 4 are taken");
        Books gone{"mesos"};
        CHECK(gone.launches(1, 1) == none);
        CHECK(gone.offers(1, 3) == none);
        gone.leaves(first_node);
        gone.joins(first_node);
        gone.returned(1, 3);
        CHECK(gone.offers(1, 1) == "1 cores are offered for executor 1, whose node is gone");
        CHECK(gone.launches(2, 4) == none);
    }

    TEST_CASE("a timer is never for a time that has passed") {
        const Books books;
        CHECK(books.sets(1000, 999) == "a timer for 999 us, 1 us before now");
        CHECK(books.sets(1000, 1000) == none);
        CHECK(books.sets(1000, 1001) == none);
    }

    TEST_CASE("what is only told is always right, what drivers do is not a manager's to do") {
        Books books;
        CHECK(books.enters(Explain{second_app, second_node, "a note"}) == none);
        CHECK(books.enters(Warn{}) == none);
        CHECK(books.enters(Choice{}) == none);
        CHECK(books.enters(RequestExecutors{first_app, 3}) == "only a driver may do that");
        CHECK(books.enters(ReturnCores{first_app}) == "only a driver may do that");
        CHECK(books.enters(FinishApp{}) == "only a driver may do that");
        CHECK(books.enters(LaunchTask{}) == "only a driver may do that");
    }
}

}  // namespace
}  // namespace forkyard::ledger_test
