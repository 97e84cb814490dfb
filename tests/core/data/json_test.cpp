#include "core/data/json.hpp"

#include <doctest/doctest.h>

#include "core/data/value_text.hpp"

namespace forkyard::json_test {
namespace {

ReadOptions with_schema(std::vector<Column> schema) {
    ReadOptions options;
    options.schema = std::move(schema);
    return options;
}

// The rows, then what is wrong.
std::string parsed(std::string_view text, const ReadOptions& options = {}) {
    const ParsedText out = parse_json(text, options);
    std::string rows;
    for (const Value& row : out.rows) {
        rows += (rows.empty() ? "" : " ") + to_json(row);
    }
    return rows + (out.problem.empty() ? "" : " ! " + out.problem);
}

const ReadOptions people = with_schema({{"name", ColumnType::text},
                                        {"age", ColumnType::integer},
                                        {"size", ColumnType::real},
                                        {"sure", ColumnType::boolean},
                                        {"id", ColumnType::long_integer}});

TEST_SUITE("json") {
    TEST_CASE("DP-IO-05: without a schema a record is its pairs, by name") {
        CHECK(parsed(R"({"b":1,"a":"x"})") == R"([["a", "x"], ["b", 1]])");
        CHECK(parsed(R"({"n":null,"t":true,"f":false,"r":1.5})") ==
              R"([["f", 0], ["n", null], ["r", 1.5], ["t", 1]])");
        CHECK(parsed(R"({"o":{"y":1,"x":[1,"2",{}]}})") ==
              R"([["o", [["x", [1, "2", []]], ["y", 1]]]])");
        CHECK(parsed(R"({"big":18446744073709551615})") == R"([["big", 18446744073709551616.0]])");
        CHECK(parsed(R"({"a":1,"a":2})") == R"([["a", 2]])");
        CHECK(parsed("{}") == "[]");
    }

    TEST_CASE("with a schema it is its columns") {
        CHECK(parsed(R"({"id":5,"sure":true,"size":2,"age":31,"name":"Ann","other":0})", people) ==
              R"(["Ann", 31, 2.0, 1, 5])");
        CHECK(parsed("{}", people) == "[null, null, null, null, null]");
        CHECK(parsed(R"({"name":null,"size":"NaN"})", people) ==
              R"([null, null, "NaN", null, null])");
        CHECK(parsed(R"({"size":"-Infinity","id":9223372036854775807})", people) ==
              R"([null, null, "-Infinity", null, 9223372036854775807])");
    }

    TEST_CASE("a STRING takes anything, as it is written") {
        CHECK(parsed(R"({"name":12})", people) == R"(["12", null, null, null, null])");
        CHECK(parsed(R"({"name":true})", people) == R"(["true", null, null, null, null])");
        CHECK(parsed(R"({"name":{"z":1,"a":[1.5,null]}})", people) ==
              R"(["{\"z\":1,\"a\":[1.5,null]}", null, null, null, null])");
    }

    TEST_CASE("DP-IO-05: what does not fit is null, and the record malformed") {
        CHECK(parsed(R"({"age":"31","name":"Ann"})", people) ==
              R"(["Ann", null, null, null, null] ! column age has "31", which is no INT)");
        CHECK(parsed(R"({"age":2147483648})", people) ==
              "[null, null, null, null, null] ! column age has 2147483648, which is no INT");
        CHECK(parsed(R"({"age":1.5,"id":18446744073709551615})", people) ==
              "[null, null, null, null, null] ! column age has 1.5, which is no INT");
        CHECK(parsed(R"({"sure":1})", people) ==
              "[null, null, null, null, null] ! column sure has 1, which is no BOOLEAN");
    }

    TEST_CASE("what follows the first value is not looked at") {
        CHECK(parsed("{\"a\":1} x") == R"([["a", 1]])");
        CHECK(parsed("{\"a\":1}\n{\"a\":2}") == R"([["a", 1]])");
    }

    TEST_CASE("an array has a record in each of its objects") {
        CHECK(parsed(R"([{"a":1},{"a":2}])") == R"([["a", 1]] [["a", 2]])");
        CHECK(parsed("[]").empty());
        CHECK(parsed("[1]") == " ! a record is an object, not number");
    }

    TEST_CASE("DP-IO-05: a text that is no JSON is malformed as a whole") {
        CHECK(parsed("\"a\"") == " ! a record is an object, not string");
        for (const std::string_view text : {"{\"a\":1",
                                            "{'a':1}",

                                            "nonsense",
                                            "{\"a\":\"\xFF\"}",
                                            "{\"a\":1e999}"}) {
            const ParsedText out = parse_json(text, {});
            CAPTURE(text);
            CHECK(out.rows.empty());
            CHECK_FALSE(out.problem.empty());
            CHECK(out.problem.find("json.exception") == std::string::npos);
        }
    }

    TEST_CASE("nesting has an end") {
        const auto nested = [](std::size_t levels) {
            std::string text = "{\"a\":";
            text.append(levels, '[').append(levels, ']');
            return text + "}";
        };
        CHECK(parse_json(nested(999), {}).problem.empty());
        CHECK(parse_json(nested(1'001), {}).problem == "it is nested more than 1000 deep");
        CHECK_FALSE(parse_json(nested(200'000), {}).problem.empty());
    }
}

}  // namespace
}  // namespace forkyard::json_test
