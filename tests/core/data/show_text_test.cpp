// What Spark 4 printed of the same rows.
#include "core/data/show_text.hpp"

#include <doctest/doctest.h>

#include "tests/core/data/small_world.hpp"

namespace forkyard::show_text_test {

using test::l;
using test::n;
using test::p;
using test::t;

namespace {

List six_rows() {
    return {p(t("a"), n(1)),
            p(Value{}, n(22222)),
            p(t("xxxxxxxxxxxxxxxxxxxxx"), n(3)),  // 21
            p(t("yyyyyyyyyyyyyyyyyyyy"), n(4)),
            p(t("\u65e5\u672c"), n(5)),
            p(t("t\tn\nr"), n(6))};
}

ShowForm form(std::uint64_t rows, std::uint32_t cut = 20, bool vertical = false) {
    return {rows, cut, vertical, "NULL"};
}

}  // namespace

TEST_SUITE("show") {
    TEST_CASE("DP-IO-09 cells are cut at 20 characters, and stand to the right") {
        CHECK(show_text(six_rows(), form(20)) ==
              "+--------------------+-----+\n"
              "|                  _1|   _2|\n"
              "+--------------------+-----+\n"
              "|                   a|    1|\n"
              "|                NULL|22222|\n"
              "|xxxxxxxxxxxxxxxxx...|    3|\n"
              "|yyyyyyyyyyyyyyyyyyyy|    4|\n"
              "|                \u65e5\u672c|    5|\n"
              "|             t\\tn\\nr|    6|\n"
              "+--------------------+-----+\n");
    }

    TEST_CASE("DP-IO-09 whether there are more is said") {
        CHECK(show_text(six_rows(), form(2)) ==
              "+----+-----+\n"
              "|  _1|   _2|\n"
              "+----+-----+\n"
              "|   a|    1|\n"
              "|NULL|22222|\n"
              "+----+-----+\n"
              "only showing top 2 rows\n");
        CHECK(show_text(six_rows(), form(1)) ==
              "+---+---+\n| _1| _2|\n+---+---+\n|  a|  1|\n+---+---+\nonly showing top 1 row\n");
        CHECK(show_text(six_rows(), form(0)) ==
              "+---+---+\n| _1| _2|\n+---+---+\n+---+---+\nonly showing top 0 rows\n");
    }

    TEST_CASE("DP-IO-09 uncut cells stand to the left, those of few characters have no dots") {
        CHECK(show_text(six_rows(), form(10, 0)) ==
              "+---------------------+-----+\n"
              "|_1                   |_2   |\n"
              "+---------------------+-----+\n"
              "|a                    |1    |\n"
              "|NULL                 |22222|\n"
              "|xxxxxxxxxxxxxxxxxxxxx|3    |\n"
              "|yyyyyyyyyyyyyyyyyyyy |4    |\n"
              "|\u65e5\u672c                 |5    |\n"
              "|t\\tn\\nr              |6    |\n"
              "+---------------------+-----+\n");
        CHECK(show_text(six_rows(), form(10, 3)) ==
              "+----+---+\n"
              "|  _1| _2|\n"
              "+----+---+\n"
              "|   a|  1|\n"
              "| NUL|222|\n"
              "| xxx|  3|\n"
              "| yyy|  4|\n"
              "|\u65e5\u672c|  5|\n"
              "| t\\t|  6|\n"
              "+----+---+\n");
        CHECK(show_text(six_rows(), form(10, 7)).find("|xxxx...|    3|\n") != std::string::npos);
    }

    TEST_CASE("DP-IO-09 vertical") {
        CHECK(show_text(six_rows(), form(3, 20, true)) ==
              "-RECORD 0-------------------\n"
              " _1  | a                    \n"
              " _2  | 1                    \n"
              "-RECORD 1-------------------\n"
              " _1  | NULL                 \n"
              " _2  | 22222                \n"
              "-RECORD 2-------------------\n"
              " _1  | xxxxxxxxxxxxxxxxx... \n"
              " _2  | 3                    \n"
              "only showing top 3 rows\n");
        CHECK(show_text({}, form(20, 20, true)) == "(0 rows)\n");
    }

    TEST_CASE("records that are no pairs have one column; none before 3.5 is null") {
        CHECK(show_text({n(1)}, form(20)) == "+-----+\n|value|\n+-----+\n|    1|\n+-----+\n");
        CHECK(show_text({}, form(20)) == "+-----+\n|value|\n+-----+\n+-----+\n");
        const List mixed{l({n(1), Value{}}), p(n(1), t("b"))};
        CHECK(show_text(mixed, form(20)) ==
              "+---------+\n|    value|\n+---------+\n|[1, NULL]|\n|   {1, b}|\n+---------+\n");
        ShowForm older = form(20);
        older.none = "null";
        CHECK(show_text({Value{}}, older) == "+-----+\n|value|\n+-----+\n| null|\n+-----+\n");
    }
}

}  // namespace forkyard::show_text_test
