#include "core/data/file_splits.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/data/line_reader.hpp"
#include "core/random.hpp"

namespace forkyard::file_splits_test {

namespace {

std::vector<std::int64_t> sizes(std::int64_t total, std::uint32_t minimum) {
    const std::vector<FileExtent> files{{Bytes{total}}};
    std::vector<std::int64_t> out;
    std::int64_t next = 0;
    for (const FilePieces& pieces : text_partitions(files, minimum)) {
        REQUIRE(pieces.size() == 1);
        CHECK(pieces[0].bytes.start == next);
        next = pieces[0].bytes.end;
        out.push_back(next - pieces[0].bytes.start);
    }
    CHECK(next == total);
    return out;
}

std::vector<std::string> lines(std::string_view file, ByteRange split) {
    LineReader reader{file, split};
    std::vector<std::string> out;
    std::string_view line;
    while (reader.next(line)) {
        out.emplace_back(line);
    }
    return out;
}

std::vector<std::string> all_lines(std::string_view file) {
    return lines(file, {0, static_cast<std::int64_t>(file.size())});
}

}  // namespace

TEST_SUITE("file splits") {
    TEST_CASE("DP-IO-03: the number asked for is a minimum") {
        CHECK(sizes(10, 3) == std::vector<std::int64_t>{3, 3, 3, 1});
        CHECK(sizes(10, 2) == std::vector<std::int64_t>{5, 5});
        CHECK(sizes(10, 1) == std::vector<std::int64_t>{10});
        CHECK(sizes(10, 0) == std::vector<std::int64_t>{10});
        CHECK(sizes(2, 5) == std::vector<std::int64_t>{1, 1});
    }

    TEST_CASE("the last split may be a tenth larger") {
        CHECK(sizes(21, 2) == std::vector<std::int64_t>{10, 11});
        CHECK(sizes(109, 10) ==
              std::vector<std::int64_t>{10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 9});
        CHECK(sizes(101, 10).size() == 10);
        CHECK(sizes(488'163, 8).size() == 8);
    }

    TEST_CASE("no split is larger than a block of 32 MiB") {
        CHECK(sizes(local_block_bytes, 1).size() == 1);
        CHECK(sizes(3 * local_block_bytes, 1).size() == 3);
        CHECK(sizes(local_block_bytes + local_block_bytes / 10, 1).size() == 1);
        CHECK(sizes(local_block_bytes + local_block_bytes / 10 + 1, 1).size() == 2);
    }

    TEST_CASE("an empty file has no split") {
        CHECK(sizes(0, 4).empty());
    }

    TEST_CASE("lines end with any of the three ends, or with the file") {
        CHECK(all_lines("a\nbc\r\nd\re") == std::vector<std::string>{"a", "bc", "d", "e"});
        CHECK(all_lines("a\n") == std::vector<std::string>{"a"});
        CHECK(all_lines("\n\n") == std::vector<std::string>{"", ""});
        CHECK(all_lines("\r\n\r\n") == std::vector<std::string>{"", ""});
        CHECK(all_lines("").empty());
        CHECK(all_lines("a\r") == std::vector<std::string>{"a"});
    }

    TEST_CASE("a byte order mark at the start is no text, however the file is cut") {
        const std::string_view file =
            "\xEF\xBB\xBF"
            "a\nb\n";
        CHECK(all_lines(file) == std::vector<std::string>{"a", "b"});
        for (std::int64_t cut = 1; cut < 7; ++cut) {
            std::vector<std::string> both = lines(file, {0, cut});
            for (const std::string& line : lines(file, {cut, 7})) {
                both.push_back(line);
            }
            CHECK(both == std::vector<std::string>{"a", "b"});
        }
    }

    TEST_CASE("lines have numbers, whatever they end with") {
        const std::string_view file = "a\r\n\nbc\rd";
        CHECK(line_number(file, 0) == 1);
        CHECK(line_number(file, 3) == 2);
        CHECK(line_number(file, 4) == 3);
        CHECK(line_number(file, 7) == 4);
    }

    TEST_CASE("a line that starts just after a split's end is still that split's") {
        CHECK(lines("ab\ncd\n", {0, 3}) == std::vector<std::string>{"ab", "cd"});
        CHECK(lines("ab\ncd\n", {3, 6}).empty());
        CHECK(lines("ab\ncd\nef", {0, 2}) == std::vector<std::string>{"ab"});
        CHECK(lines("ab\ncd\nef", {2, 4}) == std::vector<std::string>{"cd"});
        CHECK(lines("ab\r\ncd", {0, 3}) == std::vector<std::string>{"ab"});
        CHECK(lines("ab\r\ncd", {3, 6}) == std::vector<std::string>{"cd"});
    }

    TEST_CASE("DP-IO-03: no line is lost or doubled for any split points") {
        const std::uint64_t key = random_key(8, Stream::test);
        constexpr std::string_view alphabet = "ab\n\r";
        for (std::uint64_t round = 0; round < 3'000; ++round) {
            std::string file;
            const std::uint64_t size = draw_below(key, 1'000 * round, 24);
            for (std::uint64_t i = 0; i < size; ++i) {
                file += alphabet[draw_below(key, 1'000 * round + 1 + i, alphabet.size())];
            }
            std::vector<std::string> together;
            std::int64_t start = 0;
            const auto end = static_cast<std::int64_t>(file.size());
            for (std::uint64_t i = 0; start < end; ++i) {
                const std::int64_t to = draw_between(key, 1'000 * round + 500 + i, start + 1, end);
                for (std::string& line : lines(file, {start, to})) {
                    together.push_back(std::move(line));
                }
                start = to;
            }
            CAPTURE(file);
            REQUIRE(together == all_lines(file));
        }
    }
}

}  // namespace forkyard::file_splits_test
