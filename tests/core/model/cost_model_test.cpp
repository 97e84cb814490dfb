// How long reading, working and writing take: whole microseconds, rounded up once.
#include "core/model/cost_model.hpp"

#include <doctest/doctest.h>

namespace forkyard::cost_model_test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t mebibyte = std::int64_t{1} << 20;

ClusterSpec cluster_of(std::int64_t disk, std::int64_t network) {
    ClusterSpec cluster;
    cluster.disk_bandwidth = BytesPerSecond{disk};
    NetworkSpec net;
    net.latency = milliseconds{2};
    net.bandwidth = BytesPerSecond{network};
    net.cross_rack_latency = milliseconds{5};
    net.cross_rack_bandwidth = BytesPerSecond{network / 2};
    cluster.network = net;
    return cluster;
}

TEST_SUITE("cost model: reading and writing") {
    TEST_CASE("without disk and network they take no time") {
        const ReadVolume volume{mebibyte, mebibyte, 3, mebibyte, 3};
        CHECK(read_time(ClusterSpec{}, volume) == SimDuration{0});
        CHECK(write_time(ClusterSpec{}, mebibyte) == SimDuration{0});
    }

    TEST_CASE("own blocks come by disk") {
        const ClusterSpec cluster = cluster_of(100 * mebibyte, mebibyte);
        CHECK(read_time(cluster, {.disk_bytes = 50 * mebibyte}) == milliseconds{500});
        CHECK(write_time(cluster, 25 * mebibyte) == milliseconds{250});
    }

    TEST_CASE("others by network, the latency once for each holder") {
        const ClusterSpec cluster = cluster_of(mebibyte, 10 * mebibyte);
        CHECK(read_time(cluster, {.rack_bytes = mebibyte, .rack_holders = 3}) ==
              milliseconds{100 + 3 * 2});
        CHECK(read_time(cluster, {.cross_bytes = mebibyte, .cross_holders = 2}) ==
              milliseconds{200 + 2 * 5});
    }

    TEST_CASE("one source after the other, rounded up once") {
        const ClusterSpec cluster = cluster_of(3'000'000, 3'000'000);
        // A third of a microsecond each: together two thirds.
        CHECK(read_time(cluster, {.disk_bytes = 1}) == microseconds{1});
        CHECK(read_time(cluster, {.disk_bytes = 1, .rack_bytes = 1}) == microseconds{1});
        CHECK(read_time(cluster, {.disk_bytes = 2, .rack_bytes = 2}) == microseconds{2});
        CHECK(write_time(cluster, 4) == microseconds{2});
    }

    TEST_CASE("a bandwidth of 0 is unlimited") {
        const ClusterSpec cluster = cluster_of(0, 0);
        CHECK(read_time(cluster, {.disk_bytes = mebibyte, .rack_bytes = mebibyte}) ==
              SimDuration{0});
        CHECK(write_time(cluster, mebibyte) == SimDuration{0});
    }
}

TEST_SUITE("cost model: work") {
    TEST_CASE("(duration + bytes / rate) * factor / speed") {
        WorkVolume work;
        work.duration = seconds{2};
        CHECK(work_time(work) == seconds{2});
        work.speed = Millionths{500'000};
        CHECK(work_time(work) == seconds{4});
        work.factor = Millionths{5'000'000};
        CHECK(work_time(work) == seconds{20});
        work.bytes = 100 * mebibyte;
        work.rate = BytesPerSecond{50 * mebibyte};
        CHECK(work_time(work) == seconds{40});
    }

    TEST_CASE("a speed that divides badly is rounded up") {
        WorkVolume work;
        work.duration = microseconds{10};
        work.speed = Millionths{3'000'000};
        CHECK(work_time(work) == microseconds{4});
    }

    TEST_CASE("the least bit beyond a microsecond is another one") {
        WorkVolume work;
        work.bytes = 3001;
        work.rate = BytesPerSecond{3'000'000'000};
        CHECK(work_time(work) == microseconds{2});
    }

    TEST_CASE("a day of work a hundred times slower is no trouble") {
        WorkVolume work;
        work.duration = std::chrono::hours{24};
        work.speed = Millionths{10'000};
        work.factor = Millionths{5'000'000};
        CHECK(work_time(work) == std::chrono::hours{24 * 500});
    }
}

}  // namespace
}  // namespace forkyard::cost_model_test
