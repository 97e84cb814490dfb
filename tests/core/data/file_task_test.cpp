// What the tasks of a file source make of the bytes of files.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/data/read_options.hpp"
#include "core/random.hpp"
#include "tests/core/data/small_world.hpp"

namespace forkyard::file_task_test {
namespace {

using test::MemoryInput;
using Texts = std::vector<std::string>;

constexpr Bytes size_of(std::string_view text) {
    return {static_cast<std::int64_t>(text.size())};
}

// A source of these files, `f0`, `f1`, ..., each of them one partition.
struct Files {
    Files(FileFormat format, const Texts& contents, const Texts& options = {}) {
        source.format = format;
        const std::vector<Argument> args(options.begin(), options.end());
        source.options = parse_read_options(format, args).value();
        for (std::uint32_t i = 0; i < contents.size(); ++i) {
            const std::string name = "f" + std::to_string(i);
            source.files.push_back({name, name, size_of(contents[i])});
            source.partitions.push_back({{i, {0, size_of(contents[i]).count}}});
            input.files[name] = contents[i];
        }
    }
    [[nodiscard]] StageProgram collect() const {
        const auto partitions = static_cast<std::uint32_t>(source.partitions.size());
        return test::program({source, partitions}, {}, ResultSink{ActionKind::collect, {}});
    }
    [[nodiscard]] std::string answer() { return test::answer(collect(), input); }
    [[nodiscard]] std::string failure(std::uint32_t partition = 0) {
        const Computed<TaskOutput> task = compute_task(collect(), partition, input, input.spills);
        return task ? "no failure" : task.error();
    }

    FileSource source;
    MemoryInput input;
};

std::string csv(const std::string& text, const Texts& options = {}) {
    return Files{FileFormat::csv, {text}, options}.answer();
}
std::string json(const std::string& text, const Texts& options = {}) {
    return Files{FileFormat::json, {text}, options}.answer();
}

const std::string people_schema = "schema=name STRING, age INT, _corrupt_record STRING";
const std::string people_text = "Ann,31\nBob\nCid,x\nDan,4\n";

TEST_SUITE("file task") {
    TEST_CASE("DP-IO-05: without a schema as many texts as the first line of the first file has") {
        CHECK(csv("a,b\nc\nd,e,f\n") == "[[a, b], [c, null], [d, e]]");
        Files two{FileFormat::csv, {"", "a,b\n", "c\n"}};
        CHECK(two.answer() == "[[a, b], [c, null]]");
    }

    TEST_CASE("DP-IO-05: the header is the first line of each file, comments and blanks none") {
        Files two{
            FileFormat::csv, {"name\nAnn\n", "\n#x\nname\n\nBob\n"}, {"header=true", "comment=#"}};
        CHECK(two.answer() == "[[Ann], [Bob]]");
        CHECK(csv(" \n\na\n#b\n") == "[[a], [#b]]");
        CHECK(csv("name\r\nAnn\r\n", {"header=true"}) == "[[Ann]]");
        CHECK(csv("name", {"header=true"}) == "[]");
        CHECK(csv("\xEF\xBB\xBFname\nAnn", {"header=true", "schema=name STRING"}) == "[[Ann]]");
    }

    TEST_CASE("DP-IO-05: malformed records by mode") {
        CHECK(csv(people_text, {people_schema}) ==
              "[[Ann, 31, null], [Bob, null, Bob], [Cid, null, Cid,x], [Dan, 4, null]]");
        CHECK(csv(people_text, {"schema=name STRING, age INT"}) ==
              "[[Ann, 31], [Bob, null], [Cid, null], [Dan, 4]]");
        CHECK(csv(people_text, {people_schema, "mode=DROPMALFORMED"}) ==
              "[[Ann, 31, null], [Dan, 4, null]]");
        Files strict{FileFormat::csv, {people_text}, {people_schema, "mode=FAILFAST"}};
        CHECK(strict.failure() ==
              "malformed record in f0, line 2 (mode FAILFAST): it has 1 column and not 2; it is: "
              "Bob");
        Files late{FileFormat::csv, {people_text}, {people_schema, "mode=FAILFAST"}};
        late.source.partitions = {{{0, {8, 23}}}};
        CHECK(late.failure() ==
              "malformed record in f0, line 3 (mode FAILFAST): column age has `x`, which is no "
              "INT; it is: Cid,x");
    }

    TEST_CASE("DP-IO-05: JSON by mode, with a schema and without") {
        const std::string text = "{\"a\":1}\n\n  \n{\"a\n{\"a\":\"x\"}\n[{\"a\":2},{\"a\":3}]\n";
        CHECK(json(text, {"schema=a INT"}) == "[[1], [null], [null], [2], [3]]");
        CHECK(json(text, {"schema=a INT, _corrupt_record STRING", "mode=PERMISSIVE"}) ==
              "[[1, null], [null, {\"a], [null, {\"a\":\"x\"}], [2, null], [3, null]]");
        CHECK(json(text, {"schema=a INT", "mode=DROPMALFORMED"}) == "[[1], [2], [3]]");
        CHECK(json(text) == "[[(a,1)], [(_corrupt_record,{\"a)], [(a,x)], [(a,2)], [(a,3)]]");
        CHECK(json("x", {"columnNameOfCorruptRecord=bad"}) == "[[(bad,x)]]");
        Files strict{FileFormat::json, {text}, {"mode=FAILFAST"}};
        CHECK(
            strict.failure().starts_with("malformed record in f0, line 4 (mode FAILFAST): parse "
                                         "error at line 1, column 4"));
    }

    TEST_CASE("a long record is shown in part") {
        Files strict{FileFormat::json, {"[" + std::string(500, 'x')}, {"mode=FAILFAST"}};
        CHECK(strict.failure().ends_with("; it is: [" + std::string(99, 'x') + "..."));
    }

    TEST_CASE("records of several lines") {
        const Texts multi{"multiLine=true", "header=true"};
        CHECK(csv("a,b\n1,\"x\ny\"\r\n\r\n\"2\n\",z", multi) == "[[1, x\ny], [2\n, z]]");
        CHECK(csv("#one \"\n1\n\"#2\n\"\n", {"multiLine=true", "comment=#"}) == "[[1], [#2\n]]");
        CHECK(json("[\n{\"a\":\n1},\n{\"a\":2}]\n", {"multiLine=true"}) == "[[(a,1)], [(a,2)]]");
        CHECK(json(" \n", {"multiLine=true"}) == "[]");
        Files strict{FileFormat::csv, {"1,2\n\"x\n\",4\n5\n"}, {"multiLine=true", "mode=FAILFAST"}};
        CHECK(strict.failure().starts_with("malformed record in f0, line 4 "));
    }

    TEST_CASE("DP-IO-03 DP-IO-05: every record once, wherever the file is cut") {
        const std::uint64_t key = random_key(9, Stream::test);
        constexpr std::string_view alphabet = "ab,\"\n\r{}1#";
        for (std::uint64_t round = 0; round < 1'500; ++round) {
            const bool is_csv = round % 2 == 0;
            std::string text = is_csv ? "header\n" : "";  // of the part that begins the file
            for (std::uint64_t i = 0; i < draw_below(key, 1'000 * round, 30); ++i) {
                text += alphabet[draw_below(key, 1'000 * round + 1 + i, alphabet.size())];
            }
            Files files{
                is_csv ? FileFormat::csv : FileFormat::json,
                {text},
                is_csv ? Texts{"header=true", "comment=#", "schema=a STRING, b STRING"} : Texts{}};
            const std::string whole = files.answer();
            files.source.partitions.clear();
            std::int64_t start = 0;
            const std::int64_t end = size_of(text).count;
            for (std::uint64_t i = 0; start < end; ++i) {
                const std::int64_t to = draw_between(key, 1'000 * round + 500 + i, start + 1, end);
                files.source.partitions.push_back({{0, {start, to}}});
                start = to;
            }
            CAPTURE(text);
            REQUIRE((files.source.partitions.empty() ? whole : files.answer()) == whole);
        }
    }

    TEST_CASE("a task reads its pieces one after the other, and stops when it has enough") {
        Files files{FileFormat::text, {"a\nb\n", "c\n", "d\n"}};
        files.source.partitions = {{{2, {0, 2}}, {0, {0, 4}}, {1, {0, 2}}}};
        CHECK(files.answer() == "[d, a, b, c]");
        StageProgram take = files.collect();
        take.sink = ResultSink{ActionKind::take, {test::n(2)}};
        const TaskOutput task = test::run_stage(take, files.input)[0];
        CHECK(task.result_records == 2);
        CHECK(task.records_read == 2);
    }

    TEST_CASE("a file that is not as it was is a failure that names it") {
        Files files{FileFormat::text, {"a\n", "b\n"}};
        files.source.files[1].size = Bytes{7};
        CHECK(files.failure(1) == "the file f1 has 2 bytes, 7 when the job was planned");
        files.input.files.erase("f0");
        CHECK(files.failure(0) == "the file f0 is not there");
        Files table{FileFormat::csv, {"a\n", "b\n"}};
        table.input.files.erase("f0");  // which says how many columns there are
        CHECK(table.failure(1) == "the file f0 is not there");
    }

    TEST_CASE("bytes that are no UTF-8 stay as they are in texts and CSV; JSON is malformed") {
        CHECK(Files{FileFormat::text, {"a\xFFz\n"}}.answer() == "[a\xFFz]");
        CHECK(csv("a\xFFz,b\n") == "[[a\xFFz, b]]");
        CHECK(json("{\"a\":\"\xFF\"}") == "[[(_corrupt_record,{\"a\":\"\xFF\"})]]");
    }
}

}  // namespace
}  // namespace forkyard::file_task_test
