// Bugs that Spark's scheduler once had and that `forkyard.bug` brings back, one at a
// time: for labs, and to measure what finds them. Each is a branch at the place of the
// fix; with Bug::none the scheduler is right.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace forkyard {

// By the number of Spark's ticket.
enum class Bug : std::uint32_t {
    none = 0,
    spark_2931 = 2931,
    spark_4939 = 4939,
    spark_5259 = 5259,
    spark_6880 = 6880,
    spark_8119 = 8119,
    spark_13931 = 13931,
    spark_15262 = 15262,
    spark_15865 = 15865,
    spark_17644 = 17644,
    spark_18886 = 18886,
    spark_19868 = 19868,
    spark_22074 = 22074,
    spark_22148 = 22148,
    spark_23207 = 23207,
    spark_23433 = 23433,
    spark_23811 = 23811,
    spark_24677 = 24677,
    spark_24755 = 24755,
    spark_26755 = 26755,
    spark_27348 = 27348,
    spark_30388 = 30388,
    spark_31485 = 31485,
    spark_31837 = 31837,
    spark_37580 = 37580,
    spark_39955 = 39955,
    spark_42577 = 42577,
    spark_45182 = 45182,
    spark_50648 = 50648,
    spark_51272 = 51272,
};

struct BugEntry {
    Bug bug;
    std::string_view effect;  // what goes wrong with it
};

// In order of their numbers.
[[nodiscard]] std::span<const BugEntry> bugs();

// As in "SPARK-17644".
[[nodiscard]] std::string to_text(Bug bug);

// Bug::none for what is not in the list.
[[nodiscard]] Bug bug_named(std::string_view ticket);

}  // namespace forkyard
