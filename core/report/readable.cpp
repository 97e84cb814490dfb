#include "core/report/readable.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace forkyard {

namespace {

// At most three decimals of a thousandth, without zeros at the end.
std::string thousandths(std::int64_t count, std::string_view unit) {
    std::string text = fmt::format("{}.{:03}", count / 1000, count % 1000);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) {
        text.pop_back();
    }
    return fmt::format("{} {}", text, unit);
}

}  // namespace

std::string readable(SimDuration duration) {
    const std::int64_t us = micros(duration);
    if (us == 0) {
        return "0 s";
    }
    if (us < 0) {
        return fmt::format("-{}", readable(-duration));
    }
    if (us < 1000) {
        return fmt::format("{} us", us);
    }
    if (us < 1'000'000) {
        return thousandths(us, "ms");
    }
    const std::int64_t ms = us / 1000 + (us % 1000 >= 500 ? 1 : 0);
    if (ms < 60'000) {
        return thousandths(ms, "s");
    }
    const std::int64_t minutes = ms / 60'000;
    if (minutes < 60) {
        const std::int64_t rest = ms % 60'000;
        return rest == 0 ? fmt::format("{} min", minutes)
                         : fmt::format("{} min {}", minutes, thousandths(rest, "s"));
    }
    return minutes % 60 == 0 ? fmt::format("{} h", minutes / 60)
                             : fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::string readable_bytes(std::int64_t bytes) {
    constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    std::int64_t tenths = bytes * 10;
    while (tenths >= 10 * 1024 && unit + 1 < units.size()) {
        tenths = (tenths + 512) / 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes)
                     : fmt::format("{}.{} {}", tenths / 10, tenths % 10, units.at(unit));
}

std::string counted(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string number_list(std::span<const std::uint32_t> numbers, std::size_t max) {
    std::vector<std::uint32_t> sorted{numbers.begin(), numbers.end()};
    std::sort(sorted.begin(), sorted.end());
    std::string text;
    std::size_t parts = 0;
    for (std::size_t i = 0; i < sorted.size();) {
        if (parts++ == max) {
            return text + fmt::format(" and {} more", sorted.size() - i);
        }
        std::size_t end = i + 1;
        while (end < sorted.size() && sorted[end] == sorted[end - 1] + 1) {
            ++end;
        }
        end = end - i < 3 ? i + 1 : end;
        text += text.empty() ? "" : " ";
        text += end == i + 1 ? std::to_string(sorted[i])
                             : fmt::format("{}-{}", sorted[i], sorted[end - 1]);
        i = end;
    }
    return text;
}

}  // namespace forkyard
