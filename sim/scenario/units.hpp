// Durations, sizes, rates and decimals as a scenario writes them, and Spark's own
// way of writing times and sizes. One parser a type, no locale, no floating point:
// a decimal is exact or refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/units.hpp"
#include "core/sim_time.hpp"

namespace forkyard::sim {

// A whole number, sign allowed, nothing else around it.
[[nodiscard]] std::optional<std::int64_t> parse_whole(std::string_view text);

// "250us" "200ms" "1.5s" "5min" "1h": whole microseconds, never bare or negative.
[[nodiscard]] std::optional<SimDuration> parse_duration(std::string_view text);

// "64k" "128m" "8g" "1t" (powers of two) or plain bytes; whole bytes.
[[nodiscard]] std::optional<Bytes> parse_size(std::string_view text);

// "125m/s": a size each second, above zero.
[[nodiscard]] std::optional<BytesPerSecond> parse_rate(std::string_view text);

// "1.5", "-2", "1e-3": at most six decimals.
[[nodiscard]] std::optional<Millionths> parse_millionths(std::string_view text);

// In the largest unit that leaves a whole number: 90'000'000 is "90s".
[[nodiscard]] std::string print_duration(SimDuration duration);
[[nodiscard]] std::string print_size(Bytes size);
[[nodiscard]] std::string print_rate(BytesPerSecond rate);
[[nodiscard]] std::string print_millionths(Millionths value);

// Spark's times: a whole number and us, ms, s, m, min, h or d; a bare number is in
// the property's own unit. Spark refuses fractions, and so do we.
[[nodiscard]] std::optional<SimDuration> parse_spark_time(std::string_view text,
                                                          SimDuration bare_unit);

// Spark's sizes: a whole number and b, k, kb, m, mb, g, gb, t, tb, p or pb.
[[nodiscard]] std::optional<Bytes> parse_spark_size(std::string_view text, Bytes bare_unit);

// How each is written, for the end of an error message.
inline constexpr std::string_view duration_hint =
    "write it with a unit, as in \"250us\", \"200ms\", \"1.5s\", \"5min\" or \"1h\"";
inline constexpr std::string_view size_hint =
    "write it as \"64k\", \"128m\" or \"8g\", or as a number of bytes";
inline constexpr std::string_view rate_hint = "write it as \"125m/s\"";

}  // namespace forkyard::sim
