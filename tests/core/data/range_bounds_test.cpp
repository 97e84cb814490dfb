#include "core/data/range_bounds.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "core/random.hpp"
#include "tests/core/data/small_world.hpp"

namespace forkyard::range_bounds_test {

using test::n;

namespace {

KeySample sample_of(std::uint64_t records, std::int64_t from, std::int64_t to) {
    KeySample sample;
    sample.records = records;
    for (std::int64_t key = from; key < to; ++key) {
        sample.keys.push_back(n(key));
    }
    return sample;
}

}  // namespace

TEST_SUITE("range_bounds") {
    TEST_CASE("DP-RDD-10: how many keys are sampled") {
        CHECK(sample_size(10, 4) == 150);
        CHECK(sample_size(8, 8) == 60);
        CHECK(sample_size(1, 7) == 9);
        CHECK(sample_size(100'000, 10) == 300'000);
    }

    TEST_CASE("DP-RDD-10: bounds are quantiles") {
        const std::vector<KeySample> samples{sample_of(50, 0, 50), sample_of(50, 50, 100)};
        CHECK(range_bounds(samples, 4) == std::vector<Value>{n(24), n(49), n(74)});
        CHECK(range_bounds(samples, 1).empty());
        CHECK(range_bounds(samples, 0).empty());
        CHECK(range_bounds({}, 4).empty());
    }

    TEST_CASE("a key stands for as many records as its partition has for each sampled key") {
        // 10 keys for 10 records, then 10 keys for 90: nine tenths of the weight is there.
        const std::vector<KeySample> samples{sample_of(10, 0, 10), sample_of(90, 10, 20)};
        CHECK(range_bounds(samples, 2) == std::vector<Value>{n(14)});
    }

    TEST_CASE("fewer distinct keys give fewer partitions") {
        const std::vector<KeySample> same{{100, std::vector<Value>(50, n(7))}};
        CHECK(range_bounds(same, 4) == std::vector<Value>{n(7)});
        const std::vector<KeySample> two{{2, {n(1), n(2)}}};
        CHECK(range_bounds(two, 8) == std::vector<Value>{n(1)});
    }

    TEST_CASE("DP-RDD-11: a key equal to a bound goes left; descending mirrors") {
        const std::vector<Value> bounds{n(10), n(20)};
        CHECK(range_partition(n(9), bounds, false) == 0);
        CHECK(range_partition(n(10), bounds, false) == 0);
        CHECK(range_partition(n(11), bounds, false) == 1);
        CHECK(range_partition(n(21), bounds, false) == 2);
        CHECK(range_partition(n(9), bounds, true) == 2);
        CHECK(range_partition(n(21), bounds, true) == 0);
        CHECK(range_partition(n(21), {}, false) == 0);
    }

    TEST_CASE("a partition with far more than its share is sampled again") {
        std::vector<KeySample> samples(10, sample_of(10, 0, 10));
        samples[3].records = 10'000;
        const Resample again = oversized(samples, 4);
        CHECK(again.partitions == std::vector<std::uint32_t>{3});
        // 80 wanted of 10,090 records.
        CHECK(again.fraction == 34'053'259);
        CHECK(oversized(std::vector<KeySample>(4, sample_of(100, 0, 15)), 4).partitions.empty());
        CHECK(oversized({}, 4).partitions.empty());
    }

    TEST_CASE("DP-RDD-10 a key that was sampled again stands for 1 / fraction keys") {
        KeySample first = sample_of(100, 0, 4);            // 25 each
        KeySample again{1000, {n(10), n(20)}, 1U << 30U};  // 4 each
        CHECK(range_bounds(std::vector{first, again}, 2) == std::vector<Value>{n(2)});
        again.fraction = 0;  // 500 each
        CHECK(range_bounds(std::vector{first, again}, 2) == std::vector<Value>{n(10)});
    }

    TEST_CASE("DP-RDD-10: with cubic imbalance the largest output stays below 3 x the smallest") {
        for (const std::uint32_t partitions : {2U, 4U, 8U}) {
            std::vector<std::vector<Value>> inputs;
            std::vector<KeySample> samples;
            for (std::uint32_t i = 0; i < 20; ++i) {
                StageProgram program =
                    test::program(test::range(0, static_cast<std::int64_t>(i) * i * i, 1, 1),
                                  {test::step(NarrowKind::map, "add", {n(std::int64_t{i} * 1'000)}),
                                   test::step(NarrowKind::map, "splitmix", {n(1'000'000)}),
                                   test::step(NarrowKind::sort_key, "identity")},
                                  SampleSink{sample_size(partitions, 20), 0, 42 + i});
                test::MemoryInput input;
                samples.push_back(*decode_sample(test::run_stage(program, input)[0].result));
                program.sink = ResultSink{ActionKind::collect, {}};
                program.datasets.pop_back();  // the keys themselves
                inputs.push_back(*decode_rows(test::run_stage(program, input)[0].result));
            }
            for (const std::uint32_t p : oversized(samples, partitions).partitions) {
                samples[p].keys = inputs[p];  // the second job, with all of its keys
            }
            const std::vector<Value> bounds = range_bounds(samples, partitions);
            REQUIRE(bounds.size() + 1 == partitions);
            std::vector<int> outputs(partitions);
            for (const std::vector<Value>& input : inputs) {
                for (const Value& key : input) {
                    ++outputs[range_partition(key, bounds, false)];
                }
            }
            const auto [least, most] = std::minmax_element(outputs.begin(), outputs.end());
            CHECK(*most < 3 * *least);
        }
    }
}

}  // namespace forkyard::range_bounds_test
