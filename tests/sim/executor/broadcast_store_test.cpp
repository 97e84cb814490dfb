// The broadcast variables of an executor process, from real pieces in shared memory.
#include "sim/executor/broadcast_store.hpp"

#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

#include "sim/executor/block_store.hpp"
#include "sim/host/broadcast_value.hpp"

namespace forkyard::sim::broadcast_store_test {

using namespace forkyard;
using namespace forkyard::sim;

namespace {

// A driver with one broadcast variable, and what it tells an executor.
struct Sent {
    explicit Sent(const Value& value) {
        const BroadcastValue cut = cut_broadcast(value, {{100}, false, true});
        std::vector<BlockStore::Pieces> pieces;
        for (const std::string& piece : cut.pieces) {
            pieces.push_back({piece});
        }
        REQUIRE(held.put(1, 0, 0, pieces));
        for (std::uint32_t piece = 0; piece < cut.pieces.size(); ++piece) {
            held.find(1, {0, 0, piece}, places);
        }
    }
    [[nodiscard]] bool tell(BroadcastStore& store) const {
        wire::Packer packer;
        packer.add(wire::BroadcastHead{7, getpid(), static_cast<std::uint32_t>(places.size()), 0});
        for (const wire::BlockPlace& place : places) {
            packer.add(place);
        }
        return store.take(wire::Unpacker{packer.bytes()});
    }

    BlockStore held;
    std::vector<wire::BlockPlace> places;
};

constexpr BroadcastId seven{7};

}  // namespace

TEST_SUITE("broadcast store") {
    TEST_CASE("DP-BC-03 all tasks of an executor have the same object") {
        const Value value{std::string(250, 'x')};
        const Sent sent{value};
        REQUIRE(sent.places.size() == 3);
        BroadcastStore store;
        REQUIRE(sent.tell(store));
        std::vector<std::shared_ptr<const Value>> seen(8);
        {
            std::vector<std::thread> tasks;
            for (std::size_t task = 0; task < seen.size(); ++task) {
                tasks.emplace_back([&, task] {
                    Computed<std::shared_ptr<const Value>> found = store.value(seven);
                    seen[task] = found ? *found : nullptr;
                });
            }
            for (std::thread& task : tasks) {
                task.join();
            }
        }
        REQUIRE(seen[0] != nullptr);
        CHECK(*seen[0] == value);
        for (const auto& one : seen) {
            CHECK(one.get() == seen[0].get());
        }
    }

    TEST_CASE("DP-BC-02 a piece whose checksum differs is an error that names it") {
        Sent sent{Value{std::string(250, 'x')}};
        ++sent.places[1].checksum;
        BroadcastStore store;
        REQUIRE(sent.tell(store));
        const auto found = store.value(seven);
        REQUIRE(!found);
        CHECK(found.error() == "broadcast_7_piece1 is corrupt: its checksum differs");
    }

    TEST_CASE("DP-BC-04 what is forgotten is there again when it is sent again") {
        const Sent sent{Value{std::int64_t{5}}};
        BroadcastStore store;
        CHECK(!store.value(seven));
        REQUIRE(sent.tell(store));
        CHECK(store.value(seven));
        const wire::Forget message{7};
        REQUIRE(store.forget(wire::Unpacker{wire::bytes_of(message)}));
        CHECK(!store.value(seven));
        REQUIRE(sent.tell(store));
        CHECK(store.value(seven));
    }

    TEST_CASE("a message that is cut off makes no sense") {
        BroadcastStore store;
        const wire::BroadcastHead head{1, getpid(), 3, 0};
        CHECK(!store.take(wire::Unpacker{wire::bytes_of(head)}));
        CHECK(!store.forget(wire::Unpacker{{}}));
    }

    TEST_CASE("pieces that are no value say so") {
        const std::string bytes = "\xff\xff\xff";
        const std::vector<std::string_view> pieces{bytes};
        CHECK(!join_broadcast(pieces, false));
        CHECK(!join_broadcast(pieces, true));
        const BroadcastValue cut = cut_broadcast(Value{std::string(1000, 'x')}, {});
        REQUIRE(cut.pieces.size() == 1);
        CHECK(cut.pieces[0].size() < 100);
        CHECK(join_broadcast(std::vector<std::string_view>{cut.pieces[0]}, true) ==
              Value{std::string(1000, 'x')});
    }
}

}  // namespace forkyard::sim::broadcast_store_test
