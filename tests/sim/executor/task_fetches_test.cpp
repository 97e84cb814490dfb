// How an executor fetches what its tasks read, with this process as holder and as reader.
#include "sim/executor/task_fetches.hpp"

#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

namespace forkyard::sim::task_fetches_test {
namespace {

using wire::BlockName;

constexpr std::uint32_t app = 0;
constexpr std::uint32_t own = 1;
constexpr std::uint32_t far = 2;
constexpr int nobody = 0;  // as a pid

std::string bytes_of_map(std::uint32_t map) {
    return std::string(100, static_cast<char>('a' + map));
}

class World {
public:
    explicit World(const FetchConf& conf = {}) {
        wire::Hello hello;
        hello.exec = own;
        hello.host = own;
        hello.fetch = conf;
        fetches.configure(hello);
        here.make_checksums(conf.checksums);
        there.make_checksums(conf.checksums);
    }

    // A task that reads partition 1 of shuffle 0, with maps 0 .. maps - 1 at that executor.
    void begin(std::uint32_t holder,
               std::uint32_t maps,
               std::optional<std::uint32_t> spoiled = {}) {
        BlockStore& store = holder == own ? here : there;
        wire::LaunchHead head;
        head.app = app;
        task = std::make_shared<RunningTask>(head);
        for (std::uint32_t map = 0; map < maps; ++map) {
            const std::string bytes = bytes_of_map(map);
            REQUIRE(store.put(app, 0, map, {{"other"}, {bytes}}));
            task->blocks.push_back(
                {{ShuffleId{0}, map, 1}, ExecutorId{holder}, NodeId{holder}, 100});
        }
        if (spoiled) {
            overwrite(store, *spoiled, 'X');
        }
        fetches.begin(task);
    }

    struct Request {
        wire::FetchRequest head;
        std::vector<BlockName> blocks;
    };
    // The n-th request is granted; `pid`: of whom it is said to be.
    void grant(std::size_t n, int pid = getpid()) {
        const Request& request = requests.at(n);
        std::vector<wire::BlockPlace> places;
        for (const BlockName& block : request.blocks) {
            there.find(app, block, places);
        }
        wire::Packer packer;
        packer.add(
            wire::BlocksHead{request.head, own, pid, static_cast<std::uint32_t>(places.size())});
        for (const wire::BlockPlace& place : places) {
            packer.add(place);
        }
        CHECK(fetches.on_blocks(wire::Unpacker{packer.bytes()}));
    }
    static void overwrite(const BlockStore& store, std::uint32_t map, char byte) {
        std::vector<wire::BlockPlace> places;
        store.find(app, {0, map, 1}, places);
        const auto at = static_cast<off_t>(places.at(0).offset + 50);
        REQUIRE(pwrite(places[0].fd, &byte, 1, at) == 1);
    }
    [[nodiscard]] bool computes() const {
        return ended && task->answer.status == TaskAnswer::Status::done;
    }
    [[nodiscard]] std::string failure() const {
        return ended && task->answer.status == TaskAnswer::Status::fetch_failed ? task->answer.error
                                                                                : "";
    }
    [[nodiscard]] std::string input() const {
        std::string all;
        for (const std::string_view region : task->input.regions({0, 1})) {
            all += region;
        }
        return all;
    }

    BlockStore here;
    BlockStore there;
    std::vector<Request> requests;
    bool told = false;  // the driver, that all input is mapped
    bool ended = false;
    TaskFetches fetches{here,
                        [this](wire::Type type, std::span<const std::byte> bytes) {
                            send(type, wire::Unpacker{bytes});
                        },
                        [this](const TaskFetches::Task& which) { ended = which == task; }};
    TaskFetches::Task task;

private:
    void send(wire::Type type, wire::Unpacker in) {
        told = told || type == wire::Type::fetched;
        if (type == wire::Type::fetch_request) {
            const auto head = in.take<wire::FetchRequest>();
            const auto blocks = in.take_list<BlockName>(head.value().count);
            requests.push_back({*head, blocks.value()});
        }
    }
};

TEST_SUITE("fetches of an executor") {
    TEST_CASE("blocks of one holder come with one request, and the task gets all of them") {
        World world;
        world.begin(far, 3);
        REQUIRE(world.requests.size() == 1);
        CHECK(world.requests[0].head.holder == far);
        CHECK(world.requests[0].blocks == std::vector<BlockName>{{0, 0, 1}, {0, 1, 1}, {0, 2, 1}});
        CHECK_FALSE(world.ended);
        world.grant(0);
        CHECK(world.computes());
        CHECK(world.told);
        CHECK(world.input() == bytes_of_map(0) + bytes_of_map(1) + bytes_of_map(2));
    }

    TEST_CASE("DP-SHUF-12 a request waits until the blocks of the one before are mapped") {
        FetchConf conf;
        conf.requests_in_flight_max = 1;
        conf.blocks_in_flight_per_address_max = 1;
        World world{conf};
        world.begin(far, 3);
        for (std::size_t n = 0; n < 3; ++n) {
            CHECK(world.requests.size() == n + 1);
            CHECK_FALSE(world.ended);
            world.grant(n);
        }
        CHECK(world.computes());
        CHECK(world.input() == bytes_of_map(0) + bytes_of_map(1) + bytes_of_map(2));
    }

    TEST_CASE("what an executor has itself it asks nobody for") {
        World world;
        world.begin(own, 2);
        CHECK(world.requests.empty());
        CHECK(world.computes());
        CHECK(world.input() == bytes_of_map(0) + bytes_of_map(1));
    }

    TEST_CASE("DP-SHUF-15 a holder that is gone is not asked again") {
        World world;
        world.begin(far, 2);
        const wire::Refused refused{world.requests.at(0).head};
        CHECK(world.fetches.on_refused(wire::Unpacker{wire::bytes_of(refused)}));
        CHECK(world.failure() == "shuffle_0_0_1 from e2: it is not there");
        CHECK(world.requests.size() == 1);
    }

    TEST_CASE("DP-SHUF-15 what cannot be mapped is asked for again, as often as the conf says") {
        FetchConf conf;
        conf.retries_max = 2;
        conf.retry_wait = SimDuration{0};
        World world{conf};
        world.begin(far, 2);
        CHECK(world.fetches.retries_at() == std::chrono::steady_clock::time_point::max());
        world.grant(0, nobody);
        CHECK(world.fetches.retries_at() <= std::chrono::steady_clock::now());
        world.fetches.retry();
        REQUIRE(world.requests.size() == 2);
        CHECK(world.requests[1].blocks == world.requests[0].blocks);

        SUBCASE("and is there now") {
            world.grant(1);
            CHECK(world.computes());
        }
        SUBCASE("then the fetch fails") {
            world.grant(1, nobody);
            world.fetches.retry();
            world.grant(2, nobody);
            CHECK(world.failure() == "shuffle_0_0_1 from e2: it cannot be read");
        }
    }

    TEST_CASE("DP-SHUF-15 before the wait is over nothing is asked for again") {
        World world;
        world.begin(far, 1);
        const auto before = std::chrono::steady_clock::now();
        world.grant(0, nobody);
        world.fetches.retry();
        CHECK(world.requests.size() == 1);
        CHECK(world.fetches.retries_at() - before >= std::chrono::seconds{4});
    }

    TEST_CASE("DP-SHUF-16 a block whose bytes have changed is fetched once more") {
        World world;
        world.begin(far, 3, 1);
        world.grant(0);
        REQUIRE(world.requests.size() == 2);
        CHECK(world.requests[1].blocks == std::vector<BlockName>{{0, 1, 1}});

        SUBCASE("it has changed for good: the fetch fails with its name") {
            world.grant(1);
            CHECK(world.failure() == "shuffle_0_1_1 from e2: it is corrupt");
            CHECK(world.task->done.from == far);
            CHECK(world.task->done.block == BlockName{0, 1, 1});
        }
        SUBCASE("it is as it was") {
            World::overwrite(world.there, 1, 'b');
            world.grant(1);
            CHECK(world.computes());
            CHECK(world.input() == bytes_of_map(0) + bytes_of_map(1) + bytes_of_map(2));
        }
    }

    TEST_CASE("DP-SHUF-16 a corrupt block of its own fails the fetch at once") {
        World world;
        world.begin(own, 3, 1);
        CHECK(world.failure() == "shuffle_0_1_1 from e1: it is corrupt");
        CHECK(world.requests.empty());
    }

    TEST_CASE("DP-SHUF-16 nobody looks without checksums, or when told not to") {
        FetchConf conf;
        SUBCASE("spark.shuffle.checksum.enabled") {
            conf.checksums = false;
        }
        SUBCASE("spark.shuffle.detectCorrupt") {
            conf.detects_corruption = false;
        }
        World world{conf};
        world.begin(far, 2, 1);
        world.grant(0);
        CHECK(world.computes());
    }

    TEST_CASE("a task that nobody waits for any more is not handed on") {
        World world;
        world.begin(far, 1);
        world.fetches.forget(0);
        world.grant(0);
        CHECK_FALSE(world.ended);
    }
}

}  // namespace
}  // namespace forkyard::sim::task_fetches_test
