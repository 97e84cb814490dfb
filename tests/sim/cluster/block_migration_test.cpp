// Passing on what a leaving executor keeps: rounds, threads, failures.
#include "sim/cluster/block_migration.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/event_text.hpp"

namespace forkyard::sim::block_migration_test {
namespace {

constexpr SimTime at(std::int64_t milliseconds) {
    return SimTime{std::chrono::milliseconds{milliseconds}};
}

constexpr ExecutorId p2{2};
constexpr ExecutorId p3{3};
constexpr ExecutorId p4{4};

// An output takes a second, a cached partition two; a test moves the clock.
class Leaver final : public MigrationWorld {
public:
    explicit Leaver(DecommissionConf conf = passing_on()) : conf_{conf} {}

    static DecommissionConf falling_back() {
        DecommissionConf conf = passing_on();
        conf.fallback = true;
        return conf;
    }

    static DecommissionConf passing_on() {
        DecommissionConf conf;
        conf.enabled = conf.storage = true;
        return conf;
    }

    [[nodiscard]] bool works() const override { return busy; }
    [[nodiscard]] std::vector<ExecutorId> peers() const override { return staying; }
    [[nodiscard]] std::vector<MapOutput> outputs() const override { return kept; }
    [[nodiscard]] std::vector<RddBlock> cached() const override { return blocks; }
    [[nodiscard]] bool keeps(const MapOutput& output) const override {
        return std::find(kept.begin(), kept.end(), output) != kept.end();
    }
    [[nodiscard]] Peer state(ExecutorId peer) const override {
        const auto found = states.find(peer);
        return found == states.end() ? Peer::takes : found->second;
    }
    [[nodiscard]] bool has(ExecutorId peer, RddBlock block) const override {
        const auto found = copies.find(peer);
        return found != copies.end() && found->second == block;
    }
    [[nodiscard]] SimDuration time(const MapOutput& /*output*/,
                                   ExecutorId /*peer*/) const override {
        return std::chrono::seconds{1};
    }
    [[nodiscard]] SimDuration time(RddBlock /*block*/, ExecutorId /*peer*/) const override {
        return std::chrono::seconds{2};
    }

    void output(std::uint32_t shuffle, std::uint32_t map) {
        kept.push_back({ShuffleId{shuffle}, map});
    }

    // "1000 h0/0 to e2": what is passed on up to then. What has been stays known.
    std::vector<std::string> until(std::int64_t milliseconds) {
        std::vector<std::string> lines;
        while (migration.next() <= at(milliseconds)) {
            const SimTime now = migration.next();
            for (const BlockMigration::Moved& moved : migration.advance(now, *this)) {
                const auto ms = micros(now) / 1000;
                const std::string to =
                    moved.to.valid() ? fmt::format("to {}", to_text(moved.to)) : "is there";
                if (moved.output) {
                    lines.push_back(fmt::format(
                        "{} h{}/{} {}", ms, moved.output->shuffle.value, moved.output->map, to));
                } else {
                    std::erase(blocks, *moved.cached);
                    lines.push_back(fmt::format("{} p{} {}", ms, moved.cached->partition, to));
                }
            }
        }
        return lines;
    }

    bool busy = false;
    std::vector<ExecutorId> staying{p2};
    std::vector<MapOutput> kept;
    std::vector<RddBlock> blocks;
    std::map<ExecutorId, Peer> states;
    std::map<ExecutorId, RddBlock> copies;

private:
    DecommissionConf conf_;

public:
    BlockMigration migration{conf_, true, at(0)};
};

using Lines = std::vector<std::string>;

RddBlock block(std::uint32_t partition) {
    return {RddId{0}, partition};
}

}  // namespace

TEST_SUITE("passing blocks on") {
    TEST_CASE("DECOM-05 nothing to pass on is passed on by the first round") {
        Leaver leaver;
        CHECK_FALSE(leaver.migration.done());
        CHECK(leaver.until(0).empty());
        CHECK(leaver.migration.done());
        CHECK(leaver.migration.next() == at(30'000));  // it goes on looking
    }

    TEST_CASE("DECOM-05 nobody to pass on to, or nothing that is to be: done at once, for good") {
        Leaver alone;
        alone.staying.clear();
        alone.output(0, 0);
        alone.busy = true;
        CHECK(alone.until(0).empty());
        CHECK(alone.migration.done());
        CHECK(alone.migration.next() == time_never);
        DecommissionConf off = Leaver::passing_on();
        off.cached_blocks = off.shuffle_blocks = false;
        Leaver quiet{off};
        quiet.output(0, 0);
        CHECK(quiet.migration.done());
        CHECK(quiet.migration.next() == time_never);
    }

    TEST_CASE("DECOM-04 outputs go by shuffle and map, to each peer one at a time") {
        Leaver leaver;
        leaver.staying = {p2, p3};
        for (const std::uint32_t map : {0U, 1U, 2U}) {
            leaver.output(0, map);
        }
        leaver.output(1, 0);
        CHECK(leaver.until(5'000) ==
              Lines{"1000 h0/0 to e2", "1000 h0/1 to e3", "2000 h0/2 to e2", "2000 h1/0 to e3"});
        CHECK_FALSE(leaver.migration.done());  // the round that began with them has found some
        CHECK(leaver.until(30'000).empty());
        CHECK(leaver.migration.done());
    }

    TEST_CASE("DECOM-04 no more peers at the same time than there are threads") {
        DecommissionConf conf = Leaver::passing_on();
        conf.threads_max = 1;
        Leaver leaver{conf};
        leaver.staying = {p2, p3};
        leaver.output(0, 0);
        leaver.output(0, 1);
        CHECK(leaver.until(5'000) == Lines{"1000 h0/0 to e2", "2000 h0/1 to e2"});
    }

    TEST_CASE("DECOM-04 what is written meanwhile joins at the next round") {
        Leaver leaver;
        leaver.busy = true;
        leaver.output(0, 0);
        CHECK(leaver.until(5'000) == Lines{"1000 h0/0 to e2"});
        leaver.output(0, 1);
        CHECK(leaver.until(29'000).empty());
        CHECK(leaver.until(31'000) == Lines{"31000 h0/1 to e2"});
        leaver.busy = false;
        CHECK_FALSE(leaver.migration.done());
        CHECK(leaver.until(60'000).empty());
        CHECK(leaver.migration.done());
    }

    TEST_CASE("DECOM-04 a peer that fails gets no more; the output is tried elsewhere") {
        Leaver leaver;
        leaver.staying = {p2, p3};
        leaver.output(0, 0);
        leaver.output(0, 1);
        leaver.output(0, 2);
        CHECK(leaver.until(500).empty());
        leaver.states[p2] = MigrationWorld::Peer::gone;
        leaver.migration.lose_peer(at(500), leaver, p2);
        CHECK(leaver.until(9'000) ==
              Lines{"1000 h0/1 to e3", "2000 h0/2 to e3", "3000 h0/0 to e3"});
    }

    TEST_CASE("DECOM-04 it fails three times at most") {
        Leaver leaver;
        leaver.staying = {p2, p3, p4, ExecutorId{5}};
        for (const ExecutorId gone : {p2, p3, p4}) {
            leaver.states[gone] = MigrationWorld::Peer::gone;
        }
        leaver.output(0, 0);
        CHECK(leaver.until(9'000).empty());  // given up, though the fourth would have taken it
        CHECK(leaver.until(30'000).empty());
        CHECK(leaver.migration.done());
    }

    TEST_CASE("DECOM-04 a peer that leaves itself uses up no try") {
        Leaver leaver;
        leaver.staying = {p2, p3, p4, ExecutorId{5}};
        for (const ExecutorId leaves : {p2, p3, p4}) {
            leaver.states[leaves] = MigrationWorld::Peer::leaves;
        }
        leaver.output(0, 0);
        CHECK(leaver.until(9'000) == Lines{"1000 h0/0 to e5"});
    }

    TEST_CASE("DECOM-05 what has been deleted counts as passed on") {
        DecommissionConf conf = Leaver::passing_on();
        conf.threads_max = 1;
        Leaver leaver{conf};
        leaver.output(0, 0);
        leaver.output(0, 1);
        CHECK(leaver.until(500).empty());
        leaver.kept.pop_back();
        CHECK(leaver.until(30'000) == Lines{"1000 h0/0 to e2"});
        CHECK(leaver.migration.done());
    }

    TEST_CASE("DECOM-06 with a fallback storage outputs go there if there is no peer") {
        Leaver leaver{Leaver::falling_back()};
        leaver.staying.clear();
        leaver.output(0, 0);
        leaver.output(0, 1);
        leaver.blocks = {block(0)};
        CHECK(leaver.until(29'000) == Lines{"1000 h0/0 to fallback", "2000 h0/1 to fallback"});
        CHECK_FALSE(leaver.migration.done());
        CHECK(leaver.until(30'000).empty());
        CHECK(leaver.migration.done());  // the cached partition stays
        CHECK(leaver.blocks.size() == 1);
    }

    TEST_CASE("DECOM-06 an output that its peer does not take goes there, and so do the next") {
        for (const auto state : {MigrationWorld::Peer::gone, MigrationWorld::Peer::leaves}) {
            Leaver leaver{Leaver::falling_back()};
            leaver.staying = {p2, p3};
            leaver.states[p2] = state;
            for (const std::uint32_t map : {0U, 1U, 2U}) {
                leaver.output(0, map);
            }
            CHECK(leaver.until(9'000) ==
                  Lines{"1000 h0/0 to fallback", "1000 h0/1 to e3", "2000 h0/2 to fallback"});
        }
    }

    TEST_CASE("DECOM-06 a peer that is gone halfway: from then on it goes there") {
        Leaver leaver{Leaver::falling_back()};
        leaver.output(0, 0);
        CHECK(leaver.until(500).empty());
        leaver.states[p2] = MigrationWorld::Peer::gone;
        leaver.migration.lose_peer(at(500), leaver, p2);
        CHECK(leaver.until(1'499).empty());
        leaver.migration.lose_peer(at(1'200), leaver, p2);  // it is on its way elsewhere
        CHECK(leaver.until(9'000) == Lines{"1500 h0/0 to fallback"});
    }

    TEST_CASE("DECOM-06 a peer that comes later takes what is left") {
        Leaver leaver{Leaver::falling_back()};
        leaver.staying.clear();
        leaver.output(0, 0);
        CHECK(leaver.until(5'000) == Lines{"1000 h0/0 to fallback"});
        leaver.staying = {p2};
        leaver.output(0, 1);
        CHECK(leaver.until(35'000) == Lines{"31000 h0/1 to e2"});
    }

    TEST_CASE("DECOM-03 cached partitions go one after the other, and are not kept") {
        Leaver leaver;
        leaver.blocks = {block(0), block(1)};
        CHECK(leaver.until(10'000) == Lines{"2000 p0 to e2", "4000 p1 to e2"});
        CHECK(leaver.blocks.empty());
        CHECK(leaver.migration.done());
        CHECK(leaver.migration.next() == at(30'000));  // shuffles; cached ones at 34 s
    }

    TEST_CASE("DECOM-03 a round that began while a task ran is not trusted") {
        Leaver leaver;
        leaver.busy = true;
        CHECK(leaver.until(1'000).empty());
        leaver.busy = false;
        leaver.blocks = {block(0)};
        CHECK_FALSE(leaver.migration.done());
        CHECK(leaver.until(40'000) == Lines{"32000 p0 to e2"});
        CHECK(leaver.migration.done());
    }

    TEST_CASE("DECOM-03 a peer that fails is left for another, three times at most in a round") {
        Leaver leaver;
        leaver.staying = {p2, p3};
        leaver.blocks = {block(0)};
        CHECK(leaver.until(0).empty());
        for (const ExecutorId peer : {p2, p3}) {
            leaver.states[peer] = MigrationWorld::Peer::gone;
            leaver.migration.lose_peer(at(1'000), leaver, peer);
        }
        CHECK(leaver.until(5'000).empty());
        CHECK_FALSE(leaver.migration.done());  // it is tried again
        leaver.states.clear();
        CHECK(leaver.until(60'000).size() == 1);
        CHECK(leaver.migration.done());
    }

    TEST_CASE("DECOM-03 what all others have is dropped, not sent") {
        Leaver leaver;
        leaver.blocks = {block(0)};
        leaver.copies[p2] = block(0);
        CHECK(leaver.until(1'000) == Lines{"0 p0 is there"});
        CHECK(leaver.migration.done());
    }
}

}  // namespace forkyard::sim::block_migration_test
