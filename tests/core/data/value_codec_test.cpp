#include "core/data/value_codec.hpp"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "core/random.hpp"
#include "tests/core/data/small_world.hpp"

namespace forkyard::value_codec_test {

using test::l;
using test::n;
using test::p;
using test::t;

TEST_SUITE("value_codec") {
    TEST_CASE("every kind of value reads back as it was written") {
        const List values{Value{},
                          n(0),
                          n(-1),
                          n(INT64_MIN),
                          n(INT64_MAX),
                          Value{0.1},
                          Value{-0.0},
                          Value{std::nan("")},
                          Value{std::numeric_limits<double>::infinity()},
                          t(""),
                          t(std::string_view{"a\0b", 3}),
                          t(std::string(1000, 'x')),
                          p(n(1), p(t("k"), Value{})),
                          l({}),
                          l({n(1), l({n(2)}), t("z")})};
        for (const Value& value : values) {
            std::string bytes;
            encode(value, bytes);
            const Computed<Value> back = decode_value(bytes);
            REQUIRE(back.has_value());
            CHECK(*back == value);
        }
        const Computed<std::vector<Value>> rows = decode_rows(encode_rows(values));
        REQUIRE(rows.has_value());
        CHECK(*rows == values);
    }

    TEST_CASE("the bytes are compact and fixed") {
        CHECK(encode_rows({p(t("w0"), n(1))}) == std::string{"\x04\x03\x02w0\x01\x02"});
        CHECK(encode_rows({n(-1)}) == std::string{"\x01\x01"});
        CHECK(encode_rows({Value{1.0}}) == std::string{"\x02\x00\x00\x00\x00\x00\x00\xF0\x3F", 9});
        CHECK(encode_rows({}).empty());
    }

    TEST_CASE("every cut and every changed byte is an error or a value, never more") {
        const std::string good =
            encode_rows({l({n(300), t("text"), p(Value{1.5}, t("b"))}), n(1 << 20)});
        for (std::size_t cut = 1; cut < good.size(); ++cut) {
            const Computed<std::vector<Value>> rows =
                decode_rows(std::string_view{good}.substr(0, cut));
            CHECK((!rows.has_value() || rows->size() == 1));
        }
        for (std::size_t at = 0; at < good.size(); ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string bad = good;
                bad[at] = static_cast<char>(byte);
                static_cast<void>(decode_rows(bad));
            }
        }
    }

    TEST_CASE("random bytes do no harm") {
        const std::uint64_t key = random_key(7, Stream::test);
        for (std::uint64_t i = 0; i < 2'000; ++i) {
            std::string bytes;
            for (std::uint64_t k = 0; k < i % 60; ++k) {
                const std::uint64_t random = draw(key, i * 64 + k);
                bytes.push_back(static_cast<char>(k % 2 == 0 ? random % 8 : random));
            }
            static_cast<void>(decode_rows(bytes));
        }
    }

    TEST_CASE("lengths, counts and depths beyond reason are refused") {
        CHECK(!decode_value(std::string{"\x03\xFF\xFF\xFF\xFF\x0F"}).has_value());
        CHECK(!decode_value(std::string{"\x05\xFF\xFF\xFF\xFF\x0F"}).has_value());
        CHECK(!decode_value(std::string{"\x06"}).has_value());
        CHECK(!decode_value("").has_value());
        const std::string eleven_bytes(11, '\xFF');
        CHECK(!decode_value("\x01" + eleven_bytes).has_value());
        std::string nested;
        for (int depth = 0; depth < 100'000; ++depth) {
            nested += "\x05\x01";
        }
        CHECK(!decode_value(nested).has_value());
    }
}

}  // namespace forkyard::value_codec_test
