// What a task asks for of the shuffles that it reads, and when.
#include "core/executor/shuffle_fetcher.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

namespace forkyard::shuffle_fetcher_test {
namespace {

using std::chrono::seconds;

constexpr std::int64_t mebi = std::int64_t{1} << 20;
constexpr ExecutorId own{1};
constexpr ExecutorId neighbour{2};
constexpr ExecutorId far{3};
constexpr NodeId here{0};
constexpr NodeId elsewhere{7};
constexpr SimTime start{};

constexpr ShuffleBlock block(std::uint32_t map) {
    return {ShuffleId{0}, map, 5};
}

// Carries out what the machine says, as far as the test lets it.
class World {
public:
    explicit World(std::vector<BlockToFetch> blocks, FetchConf conf = {}, std::uint64_t seed = 1)
        : fetcher_{conf, {own, here, seed}, blocks} {
        take(fetcher_.start());
    }

    void take(const FetchActions& actions) {
        for (const FetchAction& action : actions) {
            if (const auto* request = std::get_if<SendRequest>(&action)) {
                sent.push_back(*request);
            } else if (const auto* read = std::get_if<ReadBlock>(&action)) {
                reads.push_back(*read);
            } else {
                failed.push_back(std::get<FailFetch>(action));
            }
        }
    }
    void arrives(RequestNumber request, const ShuffleBlock& which) {
        take(fetcher_.on(BlockArrived{request, which, 1}));
    }
    // All of the n-th request that was sent.
    void arrives(std::size_t n) {
        const SendRequest request = sent.at(n);
        for (const ShuffleBlock& which : request.blocks) {
            arrives(request.request, which);
        }
    }
    void corrupt(RequestNumber request, const ShuffleBlock& which) {
        take(fetcher_.on(BlockCorrupt{request, which}));
    }
    void fails(SimTime now, std::size_t n, FetchTrouble trouble = FetchTrouble::unreadable) {
        take(fetcher_.on(now, RequestFailed{sent.at(n).request, trouble}));
    }
    void retry(SimTime now) { take(fetcher_.retry(now)); }
    [[nodiscard]] const ShuffleFetcher& fetcher() const { return fetcher_; }

    std::vector<SendRequest> sent;
    std::vector<ReadBlock> reads;
    std::vector<FailFetch> failed;

private:
    ShuffleFetcher fetcher_;
};

// Blocks first .. first + count - 1 of one holder.
void add(std::vector<BlockToFetch>& blocks,
         ExecutorId holder,
         NodeId host,
         std::uint32_t count,
         std::int64_t bytes) {
    for (std::uint32_t i = 0; i < count; ++i) {
        blocks.push_back({block(static_cast<std::uint32_t>(blocks.size())), holder, host, bytes});
    }
}

std::vector<BlockToFetch> remote(std::uint32_t count, std::int64_t bytes) {
    std::vector<BlockToFetch> blocks;
    add(blocks, far, elsewhere, count, bytes);
    return blocks;
}

FetchConf in_flight(std::int64_t bytes) {
    FetchConf conf;
    conf.bytes_in_flight_max = Bytes{bytes};
    return conf;
}

TEST_SUITE("conformance: fetching shuffle blocks") {
    TEST_CASE("DP-SHUF-04 a block's name has its shuffle, its map output, its partition") {
        CHECK(to_text(ShuffleBlock{ShuffleId{2}, 13, 4}) == "shuffle_2_13_4");
    }

    TEST_CASE("DP-SHUF-09 of 8 blocks of which 3 are empty 5 are asked for") {
        std::vector<BlockToFetch> blocks;
        for (std::uint32_t map = 0; map < 8; ++map) {
            blocks.push_back({block(map), far, elsewhere, map % 3 == 0 ? 0 : 10});
        }
        World world{blocks};
        REQUIRE(world.sent.size() == 1);
        CHECK(world.sent[0].blocks ==
              std::vector{block(1), block(2), block(4), block(5), block(7)});
        world.arrives(0);
        CHECK(world.fetcher().done());
        CHECK(World{remote(3, 0)}.fetcher().done());
    }

    TEST_CASE("DP-SHUF-09 a block that was said to hold something must not be empty") {
        ShuffleFetcher fetcher{{}, {own, here, 1}, remote(2, 10)};
        const auto sent = fetcher.start();
        const auto request = std::get<SendRequest>(sent.at(0)).request;
        CHECK(fetcher.on(BlockArrived{request, block(1), 0}) ==
              FetchActions{FailFetch{block(1), far, FetchTrouble::empty}});
        CHECK_FALSE(fetcher.done());
    }

    TEST_CASE("DP-SHUF-10 3 local, 4 of the same node and 2 remote blocks: one request goes far") {
        std::vector<BlockToFetch> blocks;
        add(blocks, own, here, 3, 10);
        add(blocks, neighbour, here, 4, 10);
        add(blocks, far, elsewhere, 2, 10);

        SUBCASE("the neighbour is asked for its four beside the limits") {
            FetchConf conf;
            conf.requests_in_flight_max = 1;
            World world{blocks, conf};
            CHECK(world.reads.size() == 3);
            REQUIRE(world.sent.size() == 2);
            CHECK(world.sent[0].holder == far);
            CHECK(world.sent[0].blocks.size() == 2);
            CHECK(world.sent[1].holder == neighbour);
            CHECK(world.sent[1].blocks.size() == 4);
        }
        SUBCASE("without spark.shuffle.readHostLocalDisk it is as far as any other") {
            FetchConf conf;
            conf.reads_host_local = false;
            conf.requests_in_flight_max = 1;
            World world{blocks, conf};
            CHECK(world.reads.size() == 3);
            CHECK(world.sent.size() == 1);
            world.arrives(0);
            CHECK(world.sent.size() == 2);
        }
        SUBCASE("it is done when all nine are there") {
            World world{blocks};
            for (const ReadBlock& read : world.reads) {
                world.arrives(read.request, read.block);
            }
            world.arrives(0);
            CHECK_FALSE(world.fetcher().done());
            world.arrives(1);
            CHECK(world.fetcher().done());
        }
    }

    TEST_CASE("DP-SHUF-10 what is outside the cluster is on no node of its own") {
        World world{{{block(0), fallback_storage, NodeId{}, 10}}};
        FetchConf conf;
        ShuffleFetcher nowhere{conf, {own, NodeId{}, 1}, {{block(0), far, NodeId{}, 10}}};
        CHECK(nowhere.start().size() == 1);
        CHECK(world.sent.size() == 1);
    }

    TEST_CASE("DP-SHUF-11 1000 blocks of 1 MiB are packed into 100 requests of 10 MiB") {
        World world{remote(1000, mebi)};
        for (std::size_t n = 0; n < world.sent.size(); ++n) {
            CHECK(world.sent[n].blocks.size() == 10);  // the tenth goes beyond 9.6 MiB
            world.arrives(n);
        }
        CHECK(world.sent.size() == 100);
        CHECK(world.fetcher().done());
    }

    TEST_CASE("DP-SHUF-11 the limit of blocks for an address ends a request, too") {
        FetchConf conf;
        conf.blocks_in_flight_per_address_max = 4;
        World world{remote(10, 10), conf};
        std::multiset<std::size_t> sizes;
        for (std::size_t n = 0; n < world.sent.size(); ++n) {
            sizes.insert(world.sent[n].blocks.size());
            world.arrives(n);
        }
        CHECK(sizes == std::multiset<std::size_t>{4, 4, 2});
    }

    TEST_CASE("DP-SHUF-12 of requests of 10 MiB 4 are in flight, a fifth would be 50 MiB") {
        World world{remote(1000, mebi)};
        CHECK(world.sent.size() == 4);
        const SendRequest first = world.sent[0];
        world.arrives(first.request, first.blocks[0]);
        CHECK(world.sent.size() == 4);  // 39 and 10 MiB: a block's bytes leave as it comes
        world.arrives(first.request, first.blocks[1]);
        CHECK(world.sent.size() == 5);
    }

    TEST_CASE("DP-SHUF-12 two requests of 1000 bytes, limit 1000: one at a time") {
        World world{remote(2, 1000), in_flight(1000)};
        CHECK(world.sent.size() == 1);
        world.arrives(0);
        CHECK(world.sent.size() == 2);
    }

    TEST_CASE("DP-SHUF-12 a request beyond the limit goes when nothing else is in flight") {
        World world{remote(2, 5000), in_flight(1000)};
        CHECK(world.sent.size() == 1);
        world.arrives(0);
        CHECK(world.sent.size() == 2);
        world.arrives(1);
        CHECK(world.fetcher().done());
    }

    TEST_CASE("DP-SHUF-12 so many requests at a time as spark.reducer.maxReqsInFlight says") {
        FetchConf conf;
        conf.requests_in_flight_max = 2;
        World world{remote(100, mebi), conf};
        CHECK(world.sent.size() == 2);
        world.arrives(1);
        CHECK(world.sent.size() == 3);
    }

    TEST_CASE("DP-SHUF-13 a full address lets requests to others pass") {
        FetchConf conf;
        conf.blocks_in_flight_per_address_max = 2;
        std::vector<BlockToFetch> blocks = remote(3, 10);
        add(blocks, ExecutorId{4}, elsewhere, 1, 10);
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            World world{blocks, conf, seed};
            std::map<ExecutorId, std::size_t> there;
            for (const SendRequest& request : world.sent) {
                there[request.holder] += request.blocks.size();
            }
            // One of the two requests to the full address waits, whichever came first.
            CHECK(world.sent.size() == 2);
            CHECK(there[ExecutorId{4}] == 1);
            CHECK(there[far] <= 2);
            const std::size_t first = world.sent[0].holder == far ? 0 : 1;
            const SendRequest request = world.sent[first];
            world.arrives(1 - first);
            CHECK(world.sent.size() == 2);
            world.arrives(first);
            REQUIRE(world.sent.size() == 3);
            CHECK(world.sent[2].holder == far);
            CHECK(world.sent[2].blocks.size() + request.blocks.size() == 3);
        }
    }

    TEST_CASE(
        "DP-SHUF-14 remote requests go in an order of their seed, before own blocks are read") {
        std::vector<BlockToFetch> blocks;
        for (std::uint32_t holder = 10; holder < 20; ++holder) {
            add(blocks, ExecutorId{holder}, elsewhere, 1, 10);
        }
        const auto order = [&](std::uint64_t seed) {
            std::vector<ExecutorId> holders;
            for (const SendRequest& request : World{blocks, {}, seed}.sent) {
                holders.push_back(request.holder);
            }
            return holders;
        };
        CHECK(order(1) == order(1));
        CHECK(order(1) != order(2));
        auto sorted = order(1);
        CHECK_FALSE(std::is_sorted(sorted.begin(), sorted.end()));
        std::sort(sorted.begin(), sorted.end());
        CHECK(sorted.size() == 10);
        CHECK(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end());

        add(blocks, own, here, 1, 10);
        ShuffleFetcher fetcher{{}, {own, here, 1}, blocks};
        CHECK(std::holds_alternative<ReadBlock>(fetcher.start().back()));
    }

    TEST_CASE("DP-SHUF-15 what is outstanding is asked for up to 3 times more, 5 s before each") {
        World world{remote(3, 10)};
        REQUIRE(world.sent.size() == 1);
        world.arrives(world.sent[0].request, block(1));
        SimTime now = start;
        for (std::size_t n = 0; n < 3; ++n) {
            world.fails(now, n);
            CHECK(world.failed.empty());
            CHECK(world.fetcher().retries_at() == now + seconds{5});
            world.retry(now + seconds{5} - SimDuration{1});
            CHECK(world.sent.size() == n + 1);
            now += seconds{5};
            world.retry(now);
            REQUIRE(world.sent.size() == n + 2);
            CHECK(world.sent.back().blocks == std::vector{block(0), block(2)});
        }
        CHECK(world.fetcher().retries_at() == time_never);
        world.fails(now, 3);
        CHECK(now - start == seconds{15});
        CHECK(world.failed == std::vector{FailFetch{block(0), far, FetchTrouble::unreadable}});
        CHECK_FALSE(world.fetcher().done());
    }

    TEST_CASE("DP-SHUF-15 late answers of an older try are ignored, and each block counts once") {
        World world{remote(2, 10)};
        world.fails(start, 0);
        world.arrives(0);  // while it waits to be asked for again
        CHECK_FALSE(world.fetcher().done());
        world.retry(start + seconds{5});
        world.arrives(0);
        world.fails(start + seconds{6}, 0);
        CHECK(world.fetcher().retries_at() == time_never);
        CHECK_FALSE(world.fetcher().done());
        world.arrives(world.sent[1].request, block(0));
        world.arrives(world.sent[1].request, block(0));
        CHECK_FALSE(world.fetcher().done());
        world.arrives(world.sent[1].request, block(1));
        CHECK(world.fetcher().done());
    }

    TEST_CASE("DP-SHUF-15 a request stays in flight while it waits") {
        World world{remote(2, 1000), in_flight(1000)};
        world.fails(start, 0);
        CHECK(world.sent.size() == 1);
        world.retry(start + seconds{5});
        CHECK(world.sent.size() == 2);
        CHECK(world.sent[1].blocks == world.sent[0].blocks);
        world.arrives(1);
        CHECK(world.sent.size() == 3);
        CHECK(world.sent[2].blocks != world.sent[0].blocks);
    }

    TEST_CASE("DP-SHUF-15 other errors are not tried again") {
        World world{remote(2, 10)};
        world.fails(start, 0, FetchTrouble::gone);
        CHECK(world.failed == std::vector{FailFetch{block(0), far, FetchTrouble::gone}});
    }

    TEST_CASE("DP-SHUF-15 nor is what is read on its own node") {
        World world{{{block(0), neighbour, here, 10}}};
        world.fails(start, 0);
        CHECK(world.failed ==
              std::vector{FailFetch{block(0), neighbour, FetchTrouble::unreadable}});
    }

    TEST_CASE("DP-SHUF-16 a corrupt block of a request is fetched once more, alone") {
        World world{remote(3, 10)};
        world.corrupt(world.sent[0].request, block(1));
        REQUIRE(world.sent.size() == 2);
        CHECK(world.sent[1].holder == far);
        CHECK(world.sent[1].blocks == std::vector{block(1)});
        world.arrives(world.sent[0].request, block(0));
        world.arrives(world.sent[0].request, block(2));
        CHECK_FALSE(world.fetcher().done());

        SUBCASE("this time it is in order") {
            world.arrives(1);
            CHECK(world.fetcher().done());
        }
        SUBCASE("a second time it fails the fetch") {
            world.corrupt(world.sent[1].request, block(1));
            CHECK(world.failed == std::vector{FailFetch{block(1), far, FetchTrouble::corrupt}});
            CHECK_FALSE(world.fetcher().done());
        }
    }

    TEST_CASE("DP-SHUF-16 the second request heeds the limits") {
        World world{remote(2, 1000), in_flight(1000)};
        const ShuffleBlock bad = world.sent[0].blocks[0];
        world.corrupt(world.sent[0].request, bad);
        REQUIRE(world.sent.size() == 2);
        CHECK(world.sent[1].blocks[0] != bad);
        world.arrives(1);
        REQUIRE(world.sent.size() == 3);
        CHECK(world.sent[2].blocks == std::vector{bad});
    }

    TEST_CASE("DP-SHUF-16 a corrupt block of its own, or of its node, fails the fetch at once") {
        std::vector<BlockToFetch> blocks;
        SUBCASE("its own") {
            add(blocks, own, here, 1, 10);
            World world{blocks};
            world.corrupt(world.reads[0].request, block(0));
            CHECK(world.failed == std::vector{FailFetch{block(0), own, FetchTrouble::corrupt}});
        }
        SUBCASE("its node's") {
            add(blocks, neighbour, here, 1, 10);
            World world{blocks};
            world.corrupt(world.sent[0].request, block(0));
            CHECK(world.failed ==
                  std::vector{FailFetch{block(0), neighbour, FetchTrouble::corrupt}});
        }
    }
}

}  // namespace
}  // namespace forkyard::shuffle_fetcher_test
