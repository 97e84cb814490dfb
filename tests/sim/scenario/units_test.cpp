#include "sim/scenario/units.hpp"

#include <chrono>

#include <doctest/doctest.h>

namespace forkyard::sim::units_test {

using namespace forkyard;
using namespace forkyard::sim;
using namespace std::chrono_literals;

TEST_SUITE("units") {
    TEST_CASE("a duration has a unit and is a whole number of microseconds") {
        CHECK(parse_duration("250us") == SimDuration{250us});
        CHECK(parse_duration("200ms") == SimDuration{200ms});
        CHECK(parse_duration("1.5s") == SimDuration{1500ms});
        CHECK(parse_duration("5min") == SimDuration{5min});
        CHECK(parse_duration("1h") == SimDuration{1h});
        CHECK(parse_duration("0s") == SimDuration{0});
        CHECK(parse_duration("0.000001s") == SimDuration{1us});
        for (const char* wrong : {"",
                                  "5",
                                  "s",
                                  "1.5us",
                                  "0.0000001s",
                                  "-1s",
                                  "+1s",
                                  "1 s",
                                  "1d",
                                  "1m",
                                  "1.s",
                                  ".5s",
                                  "1S",
                                  "1e3s",
                                  "9999999999999h"}) {
            CAPTURE(wrong);
            CHECK_FALSE(parse_duration(wrong).has_value());
        }
    }

    TEST_CASE("a size is in bytes or in powers of two") {
        CHECK(parse_size("0") == Bytes{0});
        CHECK(parse_size("17") == Bytes{17});
        CHECK(parse_size("64k") == Bytes{65'536});
        CHECK(parse_size("128m") == Bytes{134'217'728});
        CHECK(parse_size("1.5g") == Bytes{1'610'612'736});
        for (const char* wrong : {"", "k", "1kb", "-1", "0.3k", "1K", "99999999999g"}) {
            CAPTURE(wrong);
            CHECK_FALSE(parse_size(wrong).has_value());
        }
    }

    TEST_CASE("a rate is a size each second, above zero") {
        CHECK(parse_rate("125m/s") == BytesPerSecond{131'072'000});
        for (const char* wrong : {"125m", "0/s", "125m/h", "/s"}) {
            CAPTURE(wrong);
            CHECK_FALSE(parse_rate(wrong).has_value());
        }
    }

    TEST_CASE("a decimal is exact to the millionth or refused") {
        CHECK(parse_millionths("1.5") == Millionths{1'500'000});
        CHECK(parse_millionths("-0.25") == Millionths{-250'000});
        CHECK(parse_millionths("2") == Millionths{2'000'000});
        CHECK(parse_millionths("0.1") == Millionths{100'000});
        CHECK(parse_millionths("1.5e-3") == Millionths{1'500});
        CHECK(parse_millionths("1e2") == Millionths{100'000'000});
        CHECK(parse_millionths("1.1000000000") == Millionths{1'100'000});
        for (const char* wrong : {"", "x", "1.2345678", "1e-7", "1e99", "nan", "1,5", "0x1"}) {
            CAPTURE(wrong);
            CHECK_FALSE(parse_millionths(wrong).has_value());
        }
    }

    TEST_CASE("what is printed is read as the same value") {
        for (const char* text : {"0s", "250us", "1500ms", "90s", "5min", "1h"}) {
            CHECK(print_duration(parse_duration(text).value()) == text);
        }
        for (const char* text : {"0", "17", "64k", "1536m", "8g"}) {
            CHECK(print_size(parse_size(text).value()) == text);
        }
        for (const char* text : {"0", "1", "-1", "1.5", "-0.25", "0.000001"}) {
            CHECK(print_millionths(parse_millionths(text).value()) == text);
        }
        CHECK(print_rate(BytesPerSecond{131'072'000}) == "125m/s");
    }

    TEST_CASE("a bare number in a Spark property takes the property's own unit") {
        CHECK(parse_spark_time("120", 1s) == SimDuration{120s});
        CHECK(parse_spark_time("120", 1ms) == SimDuration{120ms});
        CHECK(parse_spark_time("120s", 1ms) == SimDuration{120s});
        CHECK(parse_spark_time("2m", 1s) == SimDuration{2min});
        CHECK(parse_spark_time("1D", 1s) == SimDuration{24h});
        CHECK(parse_spark_time("-1", 1s) == SimDuration{-1s});
        CHECK_FALSE(parse_spark_time("1.5s", 1s).has_value());
        CHECK_FALSE(parse_spark_time("1 week", 1s).has_value());
        const Bytes mib{1 << 20};
        CHECK(parse_spark_size("512", mib) == Bytes{512LL << 20});
        CHECK(parse_spark_size("512kb", mib) == Bytes{512LL << 10});
        CHECK(parse_spark_size("2G", mib) == Bytes{2LL << 30});
        CHECK_FALSE(parse_spark_size("1.5g", mib).has_value());
    }
}

}  // namespace forkyard::sim::units_test
