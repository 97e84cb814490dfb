#include "core/data/read_options.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace forkyard::read_options_test {
namespace {

std::vector<Argument> args_of(const std::vector<std::string>& texts) {
    return {texts.begin(), texts.end()};
}

ReadOptions read(FileFormat format, const std::vector<std::string>& texts) {
    const auto options = parse_read_options(format, args_of(texts));
    REQUIRE_MESSAGE(options.has_value(), (options ? "" : options.error().what));
    return *options;
}

// What is wrong, and with which argument: "1: unknown option `x`".
std::string wrong(FileFormat format, const std::vector<Argument>& args) {
    const auto options = parse_read_options(format, args);
    return options ? "nothing"
                   : std::to_string(options.error().argument) + ": " + options.error().what;
}

TEST_SUITE("read options") {
    TEST_CASE("DP-IO-05: without any, Spark's defaults") {
        const ReadOptions options = read(FileFormat::csv, {});
        CHECK(options == ReadOptions{});
        CHECK(options.mode == ParseMode::permissive);
        CHECK(options.separator == ",");
        CHECK(options.quote == "\"");
        CHECK(options.escape == "\\");
        CHECK_FALSE(options.header);
        CHECK(options.null_value.empty());
        CHECK(options.corrupt_column == "_corrupt_record");
    }

    TEST_CASE("names and words in any case, values as they are") {
        const ReadOptions options = read(FileFormat::csv,
                                         {"DELIMITER=\\t",
                                          "Header=TRUE",
                                          "mode=failFast",
                                          "nullvalue= = ",
                                          "quote=",
                                          "comment=#",
                                          "columnNameOfCorruptRecord=bad",
                                          "multiLine=true"});
        CHECK(options.separator == "\t");
        CHECK(options.header);
        CHECK(options.mode == ParseMode::fail_fast);
        CHECK(options.null_value == " = ");
        CHECK(options.quote.empty());
        CHECK(options.comment == "#");
        CHECK(options.corrupt_column == "bad");
        CHECK(options.multi_line);
        CHECK(read(FileFormat::csv, {"sep=||"}).separator == "||");
    }

    TEST_CASE("a schema is columns with types") {
        const ReadOptions options = read(FileFormat::json,
                                         {"schema=name STRING, age:int,  `a b`  Long, x double,y "
                                          "BIGINT, z Integer, sure BOOLEAN"});
        CHECK(options.schema == std::vector<Column>{{"name", ColumnType::text},
                                                    {"age", ColumnType::integer},
                                                    {"a b", ColumnType::long_integer},
                                                    {"x", ColumnType::real},
                                                    {"y", ColumnType::long_integer},
                                                    {"z", ColumnType::integer},
                                                    {"sure", ColumnType::boolean}});
    }

    TEST_CASE("what is wrong is said, with the argument that has it") {
        const auto csv = [](const std::vector<std::string>& texts) {
            return wrong(FileFormat::csv, args_of(texts));
        };
        CHECK(csv({"sep=;", "heder=true"}) == "1: unknown option `heder`");
        CHECK(csv({"inferSchema=true"}) == "0: the option `inferSchema` is not simulated");
        CHECK(csv({"header"}) == "0: an option is a text `name=value`");
        CHECK(wrong(FileFormat::csv, {std::int64_t{3}}) == "0: an option is a text `name=value`");
        CHECK(csv({"header=yes"}) == "0: `header` must be true or false, not `yes`");
        CHECK(csv({"mode=STRICT"}) == "0: `mode` cannot be `STRICT`");
        CHECK(csv({"quote=''"}) == "0: `quote` must be one character, not `''`");
        CHECK(csv({"sep="}) == "0: `sep` must not be empty");
        CHECK(csv({"schema=a DATE"}) == "0: the type `DATE` of column `a` is not simulated");
        CHECK(csv({"schema=a"}) == "0: `a` is no column of a schema");
        CHECK(csv({"schema=a INT, A INT"}) == "0: the schema has two columns `A`");
        CHECK(csv({"schema=a INT,"}) == "0: `` is no column of a schema");
        CHECK(csv({"schema=_corrupt_record INT"}) ==
              "0: the column `_corrupt_record` must be a STRING");
        CHECK(wrong(FileFormat::json, args_of({"sep=;"})) == "0: unknown option `sep`");
    }
}

}  // namespace
}  // namespace forkyard::read_options_test
