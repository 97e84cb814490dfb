// Records by column: what is written reads back, how large it is, and that bytes which nobody
// wrote do no harm.
#include "core/data/batch.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "core/data/batch_builder.hpp"
#include "core/random.hpp"
#include "tests/core/data/small_world.hpp"

namespace forkyard::test::batch_test {

namespace {

std::vector<std::string> written(const List& rows) {
    BatchWriter writer;
    for (const Value& row : rows) {
        (void)writer.add(row);
    }
    return writer.take_all();
}

// What can be read, and whether that is all.
std::pair<List, bool> read(std::string_view batches) {
    List rows;
    BatchRows reader{batches};
    while (reader.next()) {
        rows.push_back(reader.row());
    }
    return {std::move(rows), !reader.corrupt()};
}

bool reads_back(const List& rows) {
    return read(batches_of(rows)) == std::pair{rows, true};
}

Batch opened(std::string_view bytes) {
    std::optional<Batch> batch = Batch::open(bytes);
    REQUIRE(batch);
    CHECK(bytes.empty());
    return std::move(*batch);
}

// Of few kinds and numbers, so that columns often fit, and often do not.
Value random_value(std::uint64_t key, std::uint64_t at, int depth) {
    const std::uint64_t drawn = draw(key, at);
    const auto part = [&](std::uint64_t i) {
        return random_value(mix(key, at), 3 * at + i, depth + 1);
    };
    switch (drawn % (depth < 3 ? 7 : 4)) {
        case 0:
            return drawn % 3 == 0 ? Value{} : n(static_cast<std::int64_t>(drawn >> (drawn % 60)));
        case 1:
            return n(static_cast<std::int64_t>(drawn >> 32U) % 3);
        case 2:
            return Value{static_cast<double>(drawn >> 40U) / 7};
        case 3:
            return t(std::string(drawn / 8 % 30, static_cast<char>('a' + drawn % 26)));
        case 4:
        case 5:
            return p(part(0), part(1));
        default:
            return drawn % 2 == 0 ? l({}) : l({part(0), part(1), part(2)});
    }
}

List random_rows(std::uint64_t seed) {
    const std::uint64_t key = random_key(seed, Stream::test);
    List rows;
    const bool alike = seed % 2 == 0;  // rows of one shape, or of any
    for (std::uint64_t i = 0; i < draw(key, 0) % 40; ++i) {
        Value value = random_value(key, 1 + i, 0);
        rows.push_back(alike ? p(n(static_cast<std::int64_t>(i)), l({std::move(value), t("x")}))
                             : std::move(value));
    }
    return rows;
}

}  // namespace

TEST_SUITE("batches") {
    TEST_CASE("rows of every shape read back as they were written") {
        const double not_a_number = std::nan("");
        const double infinite = std::numeric_limits<double>::infinity();
        Value deep = n(1);
        for (int i = 0; i < 50; ++i) {
            deep = i % 2 == 0 ? p(deep, t("x")) : l({deep});
        }
        for (const List& rows :
             {List{},
              List{Value{}},
              List{Value{}, Value{}, Value{}},
              List{n(0)},
              List{n(7), n(7), n(7)},
              List{n(INT64_MIN), n(INT64_MAX), n(0), n(-1)},
              List{Value{-0.0}, Value{0.1}, Value{not_a_number}, Value{infinite}},
              List{t(""), t(""), t("")},
              List{t("ab"), t("cd")},
              List{t("a"), t(std::string_view{"\0b", 2}), t(std::string(70'000, 'x'))},
              List{Value{}, n(300), Value{}, n(-300)},
              List{Value{}, t("a"), Value{}, t("b"), t("cc")},
              List{n(1), Value{1.0}, t("1"), Value{}, p(n(1), n(1))},
              List{p(n(1), t("k")), p(n(2), t("l")), p(n(3), t("mm"))},
              List{p(n(1), Value{}), Value{}, p(Value{}, t("k"))},
              List{p(n(1), n(2)), p(n(1), t("text")), p(t("text"), n(2))},
              List{Value{}, p(n(1), l({n(1), n(2)})), p(n(2), l({}))},
              List{l({}), l({}), l({})},
              List{l({n(1)}), l({n(2)}), Value{}},
              List{l({n(1), t("z")}), l({l({n(2)})})},
              List{l({l({n(1), n(2)}), l({t("a")})}), l({l({}), l({})})},
              List{deep, deep, n(1)}}) {
            CAPTURE(to_text(Value{rows}));
            CHECK(reads_back(rows));
        }
    }

    TEST_CASE("lists of a batch may have more elements than it may have rows") {
        for (const Value& element : {n(1),
                                     t("ab"),
                                     t(""),
                                     Value{},
                                     l({}),
                                     Value{1.5},
                                     p(n(1), t("x")),
                                     p(n(1), Value{}),
                                     p(p(n(1), n(2)), l({p(n(3), t("x"))}))}) {
            CAPTURE(to_text(element));
            CHECK(reads_back({l(List(10'001, element))}));
            CHECK(reads_back(List(5'001, p(t("k"), l({element, element})))));
            CHECK(reads_back({l(List(10'001, element)), n(1)}));
        }
    }

    TEST_CASE("random rows read back as they were written") {
        for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
            const List rows = random_rows(seed);
            CAPTURE(to_text(Value{rows}));
            CHECK(reads_back(rows));
        }
    }

    TEST_CASE("a batch has 10,000 rows, or a mebibyte") {
        const auto rows_of = [](const List& rows) {
            std::vector<std::uint32_t> counts;
            for (const std::string& batch : written(rows)) {
                counts.push_back(opened(batch).rows());
            }
            return counts;
        };
        using Counts = std::vector<std::uint32_t>;
        CHECK(rows_of(List(20'001, n(1))) == Counts{10'000, 10'000, 1});
        const List long_texts(25, t(std::string(100'000, 'x')));
        CHECK(rows_of(long_texts) == Counts{11, 11, 3});
        CHECK(rows_of({t(std::string(5'000'000, 'x')), n(1)}) == Counts{1, 1});
    }

    TEST_CASE("everything stands at a multiple of 64 bytes, in words that are just large enough") {
        const auto size = [](const List& rows) { return batches_of(rows).size(); };
        const auto numbers = [](std::int64_t last) {
            List rows(64, n(0));
            rows.back() = n(last);
            return rows;
        };
        constexpr std::size_t headers = 64;
        CHECK(size({}) == 0);
        CHECK(size(numbers(127)) == headers + 64);
        CHECK(size(numbers(-128)) == headers + 64);
        CHECK(size(numbers(128)) == headers + 2 * 64);
        CHECK(size(numbers(-40'000)) == headers + 4 * 64);
        CHECK(size(numbers(INT64_C(1) << 31U)) == headers + 8 * 64);
        CHECK(size({Value{1.5}}) == headers + 64);
        CHECK(size({t("a"), t("bc")}) == headers + 64 + 64);  // ends, bytes
        CHECK(size({Value{}, n(1)}) == headers + 64 + 64);    // validity, words
        CHECK(size({p(n(1), n(2)), p(n(2), n(3))}) == headers + 2 * 64);
    }

    TEST_CASE("what is the same in all rows takes no room") {
        const List ones(1'000, p(t("abcd"), n(1)));
        CHECK(batches_of(ones).size() == 64 + 4'032);  // the texts alone
        CHECK(batches_of(List(10'000, n(-5))).size() == 64);
        CHECK(batches_of(List(10'000, n(INT64_MAX))).size() > 64);  // the header has 32 bits
        CHECK(reads_back(List(10'000, n(INT64_MAX))));
        // But an element of a list has a bit at least.
        CHECK(batches_of({l(List(10'001, n(1)))}).size() > 10'000);
    }

    TEST_CASE("cells are read where they lie") {
        const std::string bytes =
            batches_of({p(t("a"), n(1)), p(t("long text"), n(-2)), p(t("b"), Value{})});
        const Batch batch = opened(bytes);
        CHECK(batch.has_pairs());
        const ColumnVector& keys = batch.root().first();
        REQUIRE(keys.form() == ColumnForm::text);
        CHECK(keys.text(1) == "long text");
        CHECK(keys.text(1).data() >= bytes.data());
        CHECK(keys.text(1).data() < bytes.data() + bytes.size());
        const ColumnVector& values = batch.root().second();
        REQUIRE(values.form() == ColumnForm::integer);
        CHECK(values.integer(1) == -2);
        CHECK(!values.is_none(1));
        CHECK(values.is_none(2));
    }

    TEST_CASE("cells compare as their values do") {
        const std::uint64_t key = random_key(3, Stream::test);
        for (std::uint64_t seed = 0; seed < 300; ++seed) {
            List rows;
            for (std::uint64_t i = 0; i < 8; ++i) {
                // Of one kind for the most part.
                const std::uint64_t drawn = draw(key, 8 * seed + i);
                rows.push_back(drawn % 9 == 0    ? Value{}
                               : drawn % 19 == 0 ? random_value(key, seed + i, 2)
                               : seed % 2 == 0   ? t(std::string(drawn % 3, 'a'))
                                                 : n(static_cast<std::int64_t>(drawn % 5) - 2));
            }
            const std::string bytes = batches_of(rows);
            const Batch batch = opened(bytes);
            for (std::size_t a = 0; a < rows.size(); ++a) {
                for (std::size_t b = 0; b < rows.size(); ++b) {
                    CHECK(compare(batch.root(), a, batch.root(), b) == (rows[a] <=> rows[b]));
                }
            }
        }
    }

    TEST_CASE("a reader goes on in a copy where it was") {
        List rows;
        for (std::int64_t i = 0; i < 20'005; ++i) {
            rows.push_back(n(i));
        }
        const std::string bytes = batches_of(rows);
        const std::string copy = bytes;
        for (const std::size_t at : {0U, 1U, 9'999U, 10'000U, 20'004U, 20'005U}) {
            BatchRows reader{bytes};
            for (std::size_t i = 0; i < at; ++i) {
                REQUIRE(reader.next());
            }
            BatchRows there = reader.in(copy);
            std::size_t left = 0;
            while (there.next()) {
                CHECK(there.row() == rows[at + left++]);
            }
            CHECK(at + left == rows.size());
        }
    }

    TEST_CASE("every cut and every changed byte is an error or rows, never more") {
        for (const List& rows : {List{p(t("key"), n(300)), p(t("other"), n(1)), p(t(""), n(-1))},
                                 List{l({n(1), n(2)}), l({}), Value{}, l({n(70'000)})},
                                 List{n(1), t("text"), Value{1.5}, p(n(1), n(2))},
                                 List{l({n(1), n(1)}), l({n(1), n(1)})}}) {
            const std::string good = batches_of(rows);
            for (std::size_t cut = 0; cut < good.size(); ++cut) {
                const auto [found, whole] = read(std::string_view{good}.substr(0, cut));
                CHECK(found.empty());
                CHECK(whole == (cut == 0));
            }
            for (std::size_t at = 0; at < good.size(); ++at) {
                for (const int byte : {0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 63, 64, 127, 128, 200, 255}) {
                    std::string bad = good;
                    bad[at] = static_cast<char>(byte);
                    static_cast<void>(read(bad));
                }
            }
        }
    }

    TEST_CASE("random headers and buffers do no harm") {
        const std::uint64_t key = random_key(8, Stream::test);
        for (std::uint64_t i = 0; i < 20'000; ++i) {
            const auto drawn = [&](std::uint64_t k) { return draw(key, i * 64 + k); };
            BatchHeader header;
            header.rows = static_cast<std::uint32_t>(1 + drawn(0) % 9);
            header.columns = static_cast<std::uint32_t>(1 + drawn(1) % 4);
            header.bytes = 64 * (1 + drawn(2) % 6);
            std::string bytes(header.bytes, '\0');
            std::memcpy(bytes.data(), &header, sizeof(header));
            for (std::uint32_t column = 0; column < header.columns; ++column) {
                ColumnHeader each;
                each.form = static_cast<ColumnForm>(drawn(3 + column) % 8);
                each.word = static_cast<std::uint8_t>(drawn(10 + column) % 10);
                each.has_none = static_cast<std::uint8_t>(drawn(20 + column) % 2);
                each.each = static_cast<std::int32_t>(drawn(30 + column) % 5) - 1;
                std::memcpy(
                    bytes.data() + sizeof(header) + column * sizeof(each), &each, sizeof(each));
            }
            for (std::size_t at = 64; at < bytes.size(); ++at) {
                bytes[at] = static_cast<char>(drawn(40 + at % 7) % 6);
            }
            static_cast<void>(read(bytes));
        }
    }

    TEST_CASE("a writer knows what it holds") {
        const std::uint64_t key = random_key(4, Stream::test);
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            BatchWriter writer;
            std::int64_t held = 0;
            for (std::uint64_t i = 0; i < 300; ++i) {
                held += writer.add(seed % 3 == 0 ? n(1) : random_value(key, seed * 300 + i, 0));
            }
            const std::string batches = joined(writer.take_all());
            // Words are packed in the end, headers and padding come to them.
            CHECK(held * 8 > static_cast<std::int64_t>(batches.size()) - 127 * 3 * 64);
            CHECK(held > 300 * 8 - 1);
        }
        BatchWriter full;
        std::int64_t held = 0;
        for (int i = 0; i < 20'000; ++i) {
            held += full.add(p(t("abc"), n(i)));
        }
        std::int64_t packed = 0;
        for (const std::string& batch : full.take_full()) {
            packed += static_cast<std::int64_t>(batch.size());
        }
        CHECK(held == packed);
        // One shape of many parts, and then nothing of it.
        Value deep = n(1);
        for (int i = 0; i < column_depth_max; ++i) {
            deep = p(deep, deep);
        }
        BatchWriter sparse;
        (void)sparse.add(deep);
        std::size_t batches = 0;
        for (int i = 0; i < 9'000; ++i) {
            (void)sparse.add(Value{});
            batches += sparse.take_full().size();
        }
        CHECK(batches >= 1);  // 127 columns have a mebibyte soon
    }

    TEST_CASE("bytes that change under a reader do no more harm than other rows") {
        for (const List& rows : {List{t("some"), t("text"), t("of lengths")},
                                 List{l({n(1), n(2)}), l({}), l({n(3)})},
                                 List{n(1), t("text"), p(n(1), n(2))}}) {
            std::string bytes = batches_of(rows);
            const Batch batch = opened(bytes);
            for (const char to : {'\0', '\xFF', '\x7F'}) {
                std::fill(bytes.begin() + 64, bytes.end(), to);
                for (std::uint32_t row = 0; row < batch.rows(); ++row) {
                    static_cast<void>(batch.row(row));
                }
            }
        }
    }

    TEST_CASE("lengths beyond reason are refused") {
        // More elements than can be counted, of which each has an end.
        std::string wraps(128, '\0');
        BatchHeader header;
        header.rows = 1;
        header.columns = 2;
        header.bytes = wraps.size();
        ColumnHeader columns[2];
        columns[0].form = ColumnForm::list;
        columns[0].word = 8;
        columns[1].form = ColumnForm::text;
        columns[1].word = 1;
        std::memcpy(wraps.data(), &header, sizeof(header));
        std::memcpy(wraps.data() + sizeof(header), columns, sizeof(columns));
        const std::uint64_t ends[2] = {0, UINT64_MAX};
        std::memcpy(wraps.data() + 64, ends, sizeof(ends));
        CHECK(read(wraps) == std::pair{List{}, false});
        // Elements that take no room would be any number of them.
        std::string bytes = batches_of({l({n(1), n(1)}), l({n(1), n(1)})});
        REQUIRE(bytes.size() == 64);
        ColumnHeader lists;
        std::memcpy(&lists, bytes.data() + sizeof(BatchHeader), sizeof(lists));
        lists.each = INT32_MAX;
        std::memcpy(bytes.data() + sizeof(BatchHeader), &lists, sizeof(lists));
        CHECK(read(bytes) == std::pair{List{}, false});
        CHECK(read("x") == std::pair{List{}, false});
        CHECK(read(std::string(64, '\0')) == std::pair{List{}, false});
    }
}

}  // namespace forkyard::test::batch_test
