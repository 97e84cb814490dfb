#include "core/data/value.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <doctest/doctest.h>

#include "core/data/value_text.hpp"
#include "core/digest.hpp"
#include "tests/core/data/small_world.hpp"

namespace forkyard::value_test {

using test::l;
using test::n;
using test::p;
using test::t;

TEST_SUITE("value") {
    TEST_CASE("values of all kinds have one total order") {
        const double infinity = std::numeric_limits<double>::infinity();
        const List ascending{Value{},
                             Value{-infinity},
                             n(INT64_MIN),
                             Value{-1.5},
                             n(-1),
                             n(0),
                             Value{-0.0},
                             Value{0.0},
                             Value{0.5},
                             n(1),
                             Value{1.0},
                             Value{9007199254740992.0},
                             n(9007199254740993),
                             n(INT64_MAX),
                             Value{9223372036854775808.0},
                             Value{infinity},
                             Value{std::nan("")},
                             t(""),
                             t("Z"),
                             t("a"),
                             t("a long text that is kept outside"),
                             t("\xC3\xA9"),
                             p(n(1), n(2)),
                             p(n(1), n(3)),
                             p(n(2), n(0)),
                             l({}),
                             l({n(1)}),
                             l({n(1), n(0)}),
                             l({n(2)})};
        for (std::size_t i = 0; i < ascending.size(); ++i) {
            for (std::size_t j = 0; j < ascending.size(); ++j) {
                CAPTURE(to_text(ascending[i]));
                CAPTURE(to_text(ascending[j]));
                CHECK(((ascending[i] <=> ascending[j]) == (i <=> j)));
                CHECK((ascending[i] == ascending[j]) == (i == j));
            }
        }
    }

    TEST_CASE("copies are whole and independent, moves leave nothing to leak") {
        Value pair = p(t("a key that is long enough"), l({n(1), t("two"), p(n(3), Value{})}));
        Value copy = pair;
        CHECK(copy == pair);
        copy.second().list()[0] = n(9);
        CHECK(copy != pair);
        const Value moved = std::move(copy);
        CHECK(to_text(moved) == "(a key that is long enough,[9, two, (3,null)])");
        copy = pair;
        CHECK(copy == pair);
        Value& alias = pair;
        pair = alias;
        pair = std::move(alias);
        CHECK(to_text(pair) == "(a key that is long enough,[1, two, (3,null)])");
        CHECK(to_text(pair.second().list()[1]) == "two");
        Value text = t("a key that is long enough");
        CHECK(text.take_text() == "a key that is long enough");
        CHECK(t("short").take_text() == "short");
        CHECK(t("exactly 16 bytes").text() == "exactly 16 bytes");
        CHECK(t("17 bytes are more").text() == "17 bytes are more");
    }

    TEST_CASE("DP-RDD-09: texts hash as on the JVM, and the partition is never negative") {
        CHECK(jvm_hash(t("spark")) == 109638365);
        CHECK(jvm_hash(t("hello")) == 99162322);
        CHECK(hash_partition(t("spark"), 8) == 5);
        CHECK(hash_partition(t("hello"), 8) == 2);
        CHECK(non_negative_mod(-1, 4) == 3);
        CHECK(non_negative_mod(INT32_MIN, 8) == 0);
        CHECK(non_negative_mod(-5, 4'000'000'000) == 3'999'999'995);
        CHECK(hash_partition(Value{}, 8) == 0);
    }

    TEST_CASE("other keys hash as the JVM's classes do") {
        CHECK(jvm_hash(n(5)) == 5);
        CHECK(jvm_hash(n(-1)) == 0);  // Long.hashCode folds its halves
        CHECK(jvm_hash(n(std::int64_t{1} << 32U)) == 1);
        CHECK(jvm_hash(Value{1.0}) == 1072693248);
        CHECK(jvm_hash(t("")) == 0);
        CHECK(jvm_hash(t("\xC3\xA9")) == 0xE9);             // e with an acute accent: one unit
        CHECK(jvm_hash(t("\xF0\x9F\x98\x80")) == 1772899);  // an emoji: two units
        CHECK(jvm_hash(l({n(1), n(2)})) == 994);            // java.util.List
        CHECK(jvm_hash(p(n(1), n(2))) == 994);
        CHECK(jvm_hash(t("\xFF")) == 0xFFFD);
    }

    TEST_CASE("our own hash tells kinds and structures apart") {
        CHECK(hash_of(t("a")) == digest_of("a"));
        CHECK(hash_of(n(1)) != hash_of(Value{1.0}));
        CHECK(hash_of(n(1)) != hash_of(t("1")));
        CHECK(hash_of(p(n(1), n(2))) != hash_of(p(n(2), n(1))));
        CHECK(hash_of(l({})) != hash_of(l({Value{}})));
        CHECK(hash_of(Value{std::nan("1")}) == hash_of(Value{-std::nan("2")}));
    }

    TEST_CASE("values print as Spark's text writer prints them") {
        CHECK(to_text(Value{}) == "null");
        CHECK(to_text(n(-7)) == "-7");
        CHECK(to_text(Value{1.0}) == "1.0");
        CHECK(to_text(Value{0.1}) == "0.1");
        CHECK(to_text(Value{1e300}) == "1e+300");
        CHECK(to_text(Value{std::nan("")}) == "NaN");
        CHECK(to_text(Value{-std::numeric_limits<double>::infinity()}) == "-Infinity");
        CHECK(to_text(p(t("a"), n(1))) == "(a,1)");
        CHECK(to_text(l({t("a"), p(n(1), Value{})})) == "[a, (1,null)]");
        CHECK(to_text(l({})) == "[]");
    }

    TEST_CASE("JSON text is always valid") {
        CHECK(to_json(p(t("a\"b\\c\n\t\x01"), n(1))) == "[\"a\\\"b\\\\c\\n\\t\\u0001\", 1]");
        CHECK(to_json(l({Value{}, Value{2.5}, Value{2.0}})) == "[null, 2.5, 2.0]");
        CHECK(to_json(Value{std::nan("")}) == "\"NaN\"");
        CHECK(to_json(t("\xC3\xA9\xFF")) == "\"\xC3\xA9\\ufffd\"");
        CHECK(to_json(t("\xED\xA0\x80")) == "\"\\ufffd\\ufffd\\ufffd\"");  // a lone surrogate
        CHECK(to_json(t("\xC0\xAF")) == "\"\\ufffd\\ufffd\"");             // an overlong slash
    }
}

}  // namespace forkyard::value_test
