#include "core/data/csv.hpp"

#include <doctest/doctest.h>

#include "core/data/value_text.hpp"

namespace forkyard::csv_test {
namespace {

using Texts = std::vector<std::string>;

Texts split(std::string_view text, const ReadOptions& options = {}) {
    std::vector<CsvField> fields;
    (void)split_csv(text, options, fields);
    Texts out;
    for (const CsvField& field : fields) {
        out.push_back(field.text);
    }
    return out;
}

ReadOptions doubled_quotes() {
    ReadOptions options;
    options.escape = "\"";
    return options;
}

const std::vector<Column> people{{"name", ColumnType::text},
                                 {"age", ColumnType::integer},
                                 {"size", ColumnType::real},
                                 {"sure", ColumnType::boolean}};

// The row, then what is wrong with it.
std::string parsed(std::string_view text,
                   const ReadOptions& options = {},
                   const std::vector<Column>& columns = people) {
    const ParsedText out = parse_csv(text, options, columns);
    REQUIRE(out.rows.size() == 1);
    return to_json(out.rows[0]) + (out.problem.empty() ? "" : " " + out.problem);
}

TEST_SUITE("csv") {
    TEST_CASE("columns stand between separators") {
        CHECK(split("a,b,c") == Texts{"a", "b", "c"});
        CHECK(split("a,,") == Texts{"a", "", ""});
        CHECK(split("") == Texts{""});
        CHECK(split(" a , b ") == Texts{" a ", " b "});
        ReadOptions options;
        options.separator = "||";
        CHECK(split("a|b||c", options) == Texts{"a|b", "c"});
    }

    TEST_CASE("quotes keep separators; an escaped quote is one") {
        CHECK(split("\"a,b\",c") == Texts{"a,b", "c"});
        CHECK(split("\"a\\\"b\",c") == Texts{"a\"b", "c"});
        CHECK(split("\"a\\\\\",c") == Texts{"a\\", "c"});
        CHECK(split("\"a\\nb\"") == Texts{"a\\nb"});
        CHECK(split("\"a\"\"b\",c", doubled_quotes()) == Texts{"a\"b", "c"});
        CHECK(split("\"\",\"\"\"\"", doubled_quotes()) == Texts{"", "\""});
        CHECK(split("\"a\"  ,b") == Texts{"a", "b"});
        CHECK(split("a\"b\",c") == Texts{"a\"b\"", "c"});
    }

    TEST_CASE("quotes that are no quotes stay, up to the next separator") {
        CHECK(split("\"a\"b,c") == Texts{"\"a\"b", "c"});
        CHECK(split("\"a\\\"b\"c,d") == Texts{"\"a\"b\"c", "d"});
        CHECK(split("\"a\"\"b\",c") == Texts{"\"a\"\"b\"", "c"});
        CHECK(split("\"a\" x,b") == Texts{"\"a\" x", "b"});
        CHECK(split("\"x\ny\"z,b") == Texts{"\"x\ny\"z", "b"});
        ReadOptions none;
        none.quote.clear();
        CHECK(split("\"a,b\"", none) == Texts{"\"a", "b\""});
    }

    TEST_CASE("quotes that are not closed go on to the end; several close as one") {
        CHECK(split("\"a,b") == Texts{"a,b"});
        CHECK(split("\"") == Texts{""});
        CHECK(split("\"a\"\"\",c") == Texts{"a\"\"", "c"});
        CHECK(split("\"a\"\",c", doubled_quotes()) == Texts{"a\",c"});
    }

    TEST_CASE("a record ends with its line, if that is not within quotes") {
        std::vector<CsvField> fields;
        CHECK(split_csv("a,b\r\nc", {}, fields) == 3);
        CHECK(split_csv("\"a\nb\",c\nd", {}, fields) == 7);
        CHECK(fields[0].text == "a\nb");
        CHECK(split_csv("\"a\nb\n", {}, fields) == 5);
    }

    TEST_CASE("values have the types of their columns") {
        CHECK(parsed("Ann,31,1.5,true") == R"(["Ann", 31, 1.5, 1])");
        CHECK(parsed("Ann,-2147483648,-1e3,FALSE") == R"(["Ann", -2147483648, -1000.0, 0])");
        CHECK(parsed("Ann,+7,7,false") == R"(["Ann", 7, 7.0, 0])");
        CHECK(parsed("Ann,1,NaN,true") == R"(["Ann", 1, "NaN", 1])");
        CHECK(parsed("Ann,1,-Inf,true") == R"(["Ann", 1, "-Infinity", 1])");
        CHECK(parsed(",, 1.5d ,") == R"([null, null, 1.5, null])");
        CHECK(parsed(",,-1e999,") == R"([null, null, "-Infinity", null])");
        CHECK(parsed(",,1e-999,") == R"([null, null, 0.0, null])");
        CHECK(parsed("9223372036854775807", {}, {{"n", ColumnType::long_integer}}) ==
              "[9223372036854775807]");
    }

    TEST_CASE("DP-IO-05: an empty value is null, and so is nullValue") {
        CHECK(parsed(",,,") == "[null, null, null, null]");
        CHECK(parsed("\"\",,,") == "[null, null, null, null]");
        ReadOptions options;
        options.null_value = "-";
        CHECK(parsed("-,-,,", options) == "[null, null, null, null]");
        CHECK(parsed("\"\",-,,", options) == R"(["", null, null, null])");
    }

    TEST_CASE("DP-IO-05: a malformed record keeps what is right of it, and says what is not") {
        CHECK(parsed("Ann,old,1.5,yes") ==
              R"(["Ann", null, 1.5, null] column age has `old`, which is no INT)");
        CHECK(parsed("Ann,2147483648,,") ==
              R"(["Ann", null, null, null] column age has `2147483648`, which is no INT)");
        CHECK(parsed("Ann, 1,,") ==
              R"(["Ann", null, null, null] column age has ` 1`, which is no INT)");
        CHECK(parsed("Ann") == R"(["Ann", null, null, null] it has 1 column and not 4)");
        CHECK(parsed("Ann,1,2,true,x") == R"(["Ann", 1, 2.0, 1] it has 5 columns and not 4)");
        CHECK(parsed("Ann,1,inf,true") ==
              R"(["Ann", 1, null, 1] column size has `inf`, which is no DOUBLE)");
    }

    TEST_CASE("the column for malformed records is none of the text") {
        const std::vector<Column> columns{{"a", ColumnType::text},
                                          {"_corrupt_record", ColumnType::text},
                                          {"b", ColumnType::text}};
        CHECK(parsed("x,y", {}, columns) == R"(["x", null, "y"])");
        CHECK(parsed("x", {}, columns) == R"(["x", null, null] it has 1 column and not 2)");
    }

    TEST_CASE("DP-IO-05: at most 20480 columns") {
        std::string wide(20'479, ',');
        const std::vector<Column> columns(20'480, Column{"c", ColumnType::text});
        CHECK(parse_csv(wide, {}, columns).problem.empty());
        const std::vector<Column> more(20'481, Column{"c", ColumnType::text});
        CHECK(parse_csv(wide + ",", {}, more).problem == "it has 20481 columns and not 20480");
    }
}

}  // namespace
}  // namespace forkyard::csv_test
