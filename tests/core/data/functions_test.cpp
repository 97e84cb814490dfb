#include "core/data/functions.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/core/data/small_world.hpp"

namespace forkyard::functions_test {

using test::l;
using test::n;
using test::p;
using test::t;

namespace {

std::string map(std::string_view name, const Value& record, std::vector<Value> args = {}) {
    const Call call{std::string{name}, std::move(args)};
    const Computed<const FunctionInfo*> info = resolve(call, FunctionKind::map);
    if (!info) {
        return info.error();
    }
    const Computed<Value> result = (*info)->map(record, call.args);
    return result ? to_text(*result) : result.error();
}

std::string combine(std::string_view name, Value a, const Value& b) {
    const Computed<void> done = find_function(name)->combine(a, b, {});
    return done ? to_text(a) : done.error();
}

}  // namespace

TEST_SUITE("functions") {
    TEST_CASE("names are unique, helped with, and each serves some step") {
        const std::vector<std::string_view> names = function_names();
        CHECK(names.size() > 50);
        CHECK(std::is_sorted(names.begin(), names.end()));
        CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
        for (const std::string_view name : names) {
            const FunctionInfo* info = find_function(name);
            REQUIRE(info != nullptr);
            CHECK(!info->help.empty());
            CHECK(info->args_min <= info->args_max);
            CHECK(info->serves(FunctionKind::map));
        }
        CHECK(find_function("no_such") == nullptr);
    }

    TEST_CASE("inputs of the workloads are exact, however large") {
        CHECK(map("quadratic_words", n(0), {n(3), n(997)}) == "w0 w1 w4");
        CHECK(map("quadratic_words", n(4'000'000'001), {n(1), n(10'000'000'000)}) == "w8000000001");
        CHECK(map("skewed_key", n(8), {n(999)}) == "0");
        CHECK(map("sessions", l({n(0), n(10), n(21), n(31)}), {n(10)}) == "2");
        CHECK(map("prime_postings", n(60)) == "[(2,60), (3,60), (5,60)]");
        CHECK(map("prime_postings", n(1)) == "[]");
        CHECK(map("prime_postings", n(97)) == "[(97,97)]");
    }

    TEST_CASE("every function refuses or takes every kind of record, and never aborts") {
        const List records{Value{}, n(5), Value{2.5}, t("a b"), p(t("k"), n(1)), l({n(1), t("x")})};
        for (const std::string_view name : function_names()) {
            const FunctionInfo& info = *find_function(name);
            for (const Value& record : records) {
                for (const Value& argument : records) {
                    const std::vector<Value> args(info.args_max, argument);
                    CHECK(!map(name, record, args).empty());
                    if (info.combine != nullptr) {
                        Value into = record;
                        static_cast<void>(info.combine(into, argument, args));
                    }
                }
            }
        }
    }

    TEST_CASE("a call is checked before anything runs") {
        CHECK(map("no_such", n(1)) == "no function is called 'no_such'");
        CHECK(map("add", n(1)) == "'add' takes 1 argument, not 0");
        CHECK(map("splitmix", n(1), {n(1), n(2)}) == "'splitmix' takes 0 to 1 arguments, not 2");
        CHECK(resolve({"add", {n(1)}}, FunctionKind::filter).error() == "'add' is not a predicate");
        CHECK(resolve({"add", {n(1)}}, FunctionKind::combine).error() ==
              "'add' is not a combiner of two values");
        CHECK(resolve({"add", {n(1)}}, FunctionKind::flat_map).error() ==
              "'add' is not a flat map");
        CHECK(function_kind_of(StepKind::sort_by) == FunctionKind::map);
        CHECK(function_kind_of(StepKind::distinct) == std::nullopt);
        CHECK(function_kind_of(StepKind::reduce_by_key) == FunctionKind::combine);
    }

    TEST_CASE("numbers") {
        CHECK(map("add", n(1), {n(2)}) == "3");
        CHECK(map("add", n(1), {Value{0.5}}) == "1.5");
        CHECK(map("add", n(INT64_MAX), {n(1)}) == "-9223372036854775808");
        CHECK(map("add", t("a"), {n(1)}) == "cannot add a text and an integer");
        CHECK(map("subtract", n(1), {n(2)}) == "-1");
        CHECK(map("multiply", n(7), {n(-6)}) == "-42");
        CHECK(map("divide", n(-7), {n(2)}) == "-3");
        CHECK(map("divide", n(7), {Value{2.0}}) == "3.5");
        CHECK(map("divide", n(7), {n(0)}) == "division by zero");
        CHECK(map("divide", n(INT64_MIN), {n(-1)}) == "-9223372036854775808");
        CHECK(map("mod", n(-1), {n(4)}) == "3");
        CHECK(map("mod", n(1), {n(0)}) == "needs a positive modulus");
        CHECK(map("square", n(-9)) == "81");
        CHECK(map("negate", Value{1.5}) == "-1.5");
        CHECK(map("abs", n(-3)) == "3");
        CHECK(map("is_even", n(-2)) == "1");
        CHECK(map("is_odd", n(-1)) == "1");
        CHECK(map("is_prime", n(997)) == "1");
        CHECK(map("is_prime", n(1)) == "0");
        CHECK(map("prime_factors", n(360)) == "[2, 3, 5]");
        CHECK(map("prime_factors", n(1)) == "[]");
        CHECK(map("count_up", n(3)) == "[0, 1, 2]");
        CHECK(map("to_int", t("-12")) == "-12");
        CHECK(map("to_int", t("12x")) == "'12x' is not an integer");
        CHECK(map("to_int", Value{-2.9}) == "-2");
        CHECK(map("to_int", Value{1e300}) == "the real number is too large for an integer");
        CHECK(map("to_real", t("1e3")) == "1000.0");
    }

    TEST_CASE("splitmix is S(x): signed without an argument, unsigned modulo with one") {
        CHECK(map("splitmix", n(0)) == "-2152535657050944081");  // e220a8397b1dcdaf
        CHECK(map("splitmix", n(867064), {n(1'000'000'007)}) == "999999854");
        CHECK(map("splitmix", n(890561), {n(1'000'000'007)}) == "999988713");
    }

    TEST_CASE("texts") {
        CHECK(map("split_words", t(" The\tcat,  the\r\ncat ")) == "[The, cat,, the, cat]");
        CHECK(map("split_words", t("")) == "[]");
        CHECK(map("split_words", t(" \t ")) == "[]");
        CHECK(map("split_words", n(1)) == "needs a text, found an integer");
        CHECK(map("split", t("a,,b,"), {t(",")}) == "[a, , b, ]");
        CHECK(map("chars", t("a\xC3\xA9z")) == "[a, \xC3\xA9, z]");
        CHECK(map("length", t("a\xC3\xA9z")) == "3");
        CHECK(map("field", t("a,b,c"), {n(1)}) == "b");
        CHECK(map("field", t("a|b"), {n(0), t("|")}) == "a");
        CHECK(map("field", t("a,b"), {n(2)}) == "a line of 2 fields has no field 2");
        CHECK(map("lower", t("ABC xyz \xC3\x89")) == "abc xyz \xC3\x89");
        CHECK(map("upper", t("i")) == "I");
        CHECK(map("trim", t(" \t a b \n")) == "a b");
        CHECK(map("prepend", t("7"), {t("w")}) == "w7");
        CHECK(map("append", t("a text of some length"), {t("!")}) == "a text of some length!");
        CHECK(map("replace", t("a-b-c"), {t("-"), t("+")}) == "a+b+c");
        CHECK(map("contains", t("spark"), {t("par")}) == "1");
        CHECK(map("starts_with", t("spark"), {t("sp")}) == "1");
        CHECK(map("ends_with", t("spark"), {t("sp")}) == "0");
        CHECK(map("not_empty", t("")) == "0");
    }

    TEST_CASE("pairs, lists and comparisons") {
        CHECK(map("key", p(t("a"), n(1))) == "a");
        CHECK(map("value", p(t("a"), n(1))) == "1");
        CHECK(map("swap", p(t("a"), n(1))) == "(1,a)");
        CHECK(map("key", n(1)) == "needs a pair, found an integer");
        CHECK(map("pair_with", t("a"), {n(1)}) == "(a,1)");
        CHECK(map("size", l({n(1), n(1)})) == "2");
        CHECK(map("sort_list", l({t("b"), n(2), t("a")})) == "[2, a, b]");
        CHECK(map("distinct_list", l({n(2), n(1), n(2)})) == "[1, 2]");
        CHECK(map("reverse_list", l({n(1), n(2)})) == "[2, 1]");
        CHECK(map("at", l({n(1), n(2)}), {n(-1)}) == "2");
        CHECK(map("at", l({n(1)}), {n(1)}) == "a list of 1 has no element 1");
        CHECK(map("flatten", l({n(1), n(2)})) == "[1, 2]");
        CHECK(map("repeat", t("x"), {n(2)}) == "[x, x]");
        CHECK(map("to_text", p(n(1), n(2))) == "(1,2)");
        CHECK(map("partition_of", t("spark"), {n(8)}) == "5");
        CHECK(map("equals", n(1), {Value{1.0}}) == "1");
        CHECK(map("not_equals", n(1), {t("1")}) == "1");
        CHECK(map("greater_than", Value{1.0}, {n(1)}) == "0");
        CHECK(map("at_least", Value{1.0}, {n(1)}) == "1");
        CHECK(map("less_than", t("a"), {t("b")}) == "1");
        CHECK(map("at_most", n(3), {n(2)}) == "0");
        CHECK(map("less_than", t("a"), {n(1)}) == "cannot compare a text with an integer");
    }

    TEST_CASE("combiners take two values, or fold a list as a map") {
        CHECK(combine("sum", n(1), n(2)) == "3");
        CHECK(combine("sum", n(1), Value{0.5}) == "1.5");
        CHECK(combine("sum", t("a"), n(1)) == "cannot add a text and an integer");
        CHECK(combine("product", n(3), n(4)) == "12");
        CHECK(combine("min", t("b"), t("a")) == "a");
        CHECK(combine("max", n(1), n(3)) == "3");
        CHECK(combine("max", n(1), t("a")) == "cannot compare an integer with a text");
        CHECK(combine("first", n(1), n(2)) == "1");
        CHECK(combine("last", n(1), n(2)) == "2");
        CHECK(combine("concat", t("a"), t("b")) == "ab");
        CHECK(combine("concat", l({n(1)}), l({n(2)})) == "[1, 2]");
        CHECK(map("sum", l({n(1), n(2), n(3)})) == "6");
        CHECK(map("concat", l({t("a"), t("b")}), {t("-")}) == "a-b");
        CHECK(map("sum", l({})) == "an empty list");
        CHECK(map("average", l({n(1), n(2)})) == "1.5");
        CHECK(map("average", l({t("x")})) == "cannot multiply a text and a real number");
        CHECK(map("sum", n(1)) == "needs a list, found an integer");
    }
}

}  // namespace forkyard::functions_test
