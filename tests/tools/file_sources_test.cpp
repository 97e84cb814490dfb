// Files of every kind as users have them, good and bad: read in executor processes and inline
// alike, and replayed without them.
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <zstd.h>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::file_sources_test {

namespace {

std::string scenario(const std::string& step,
                     const std::string& action = "action = \"collect\"",
                     const std::string& conf = "") {
    return "format = 1\n[cluster]\n[[cluster.worker]]\nname = \"w\"\ncount = 2\ncores = 2\n"
           "memory = \"4g\"\n[conf]\n\"spark.executor.cores\" = 2\n" +
           conf + "[[app]]\nname = \"a\"\n[[app.dataset]]\nname = \"d\"\nsteps = [\n  { " + step +
           " },\n]\n[[app.job]]\nof = \"d\"\n" + action + "\n";
}

constexpr const char* modes[] = {"process", "inline"};

// The only job of a run that does what it should; both modes must agree.
nlohmann::json job(Workplace& place, const std::string& text) {
    place.write("s.toml", text);
    nlohmann::json first;
    std::string records;
    for (const std::string mode : modes) {
        const Finished run =
            place.run({"run", "s.toml", "--json", "--executors", mode, "--journal", mode + ".fyj"});
        INFO(run.err);
        REQUIRE(run.exit == 0);
        const std::string these = records_of(place.read(mode + ".fyj"));
        CHECK((records.empty() || records == these));
        records = these;
        first = run.json()["apps"][0];
    }
    return first["jobs"][0];
}

// Why the only job of a run fails; both modes must agree.
std::string reason(Workplace& place, const std::string& text) {
    place.write("s.toml", text);
    std::string first;
    for (const std::string mode : modes) {
        const Finished run = place.run({"run", "s.toml", "--json", "--executors", mode});
        CHECK(run.exit == 1);
        const std::string reason = run.json()["apps"][0]["jobs"][0]["reason"];
        CHECK((first.empty() || first == reason));
        first = reason;
    }
    return first;
}

std::string zstd(const std::string& text) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1));
    return out;
}

// A header and so many lines "i,name i", CRLF at some.
std::string people(int count) {
    std::string text = "id,name\n";
    for (int i = 0; i < count; ++i) {
        text +=
            std::to_string(i) + ",\"name, " + std::to_string(i) + (i % 7 == 0 ? "\"\r\n" : "\"\n");
    }
    return text;
}

const std::string schema = "args = [\"header=true\", \"schema=id INT, name STRING\"]";
const std::string small_tasks =
    "\"spark.sql.files.maxPartitionBytes\" = 400\n\"spark.sql.files.openCostInBytes\" = 10\n";

}  // namespace

TEST_SUITE("file sources") {
    TEST_CASE("DP-IO-05: CSV in several tasks has every row once, and no header") {
        Workplace place;
        place.write("p.csv", people(200));
        const nlohmann::json done =
            job(place,
                scenario("read_csv = \"p.csv\", " + schema, "action = \"collect\"", small_tasks));
        const auto bytes = std::filesystem::file_size(place.path("p.csv"));
        CHECK(done["tasks"] == (bytes + 399) / 400);
        REQUIRE(done["result"].size() == 200);
        for (int i = 0; i < 200; ++i) {
            CHECK(done["result"][static_cast<std::size_t>(i)] ==
                  nlohmann::json::array({i, "name, " + std::to_string(i)}));
        }
        for (const char* mode : modes) {
            CHECK(place.run({"replay", std::string{mode} + ".fyj", "--quiet"}).exit == 0);
        }
    }

    TEST_CASE("DP-IO-05: JSON lines, one malformed: nulls, dropped, or a failure that names it") {
        Workplace place;
        place.write("e.json", "{\"a\":1}\n{\"a\":2,\"b\":\"x\"}\n{\"a\":\n{\"a\":4}\n");
        const auto read = [](const std::string& options) {
            return scenario("read_json = \"e.json\", args = [" + options + "]");
        };
        CHECK(job(place, read("\"schema=a INT, b STRING\""))["result"] ==
              nlohmann::json::parse(R"([[1,null],[2,"x"],[null,null],[4,null]])"));
        CHECK(job(place, read("\"mode=DROPMALFORMED\""))["result"] ==
              nlohmann::json::parse(R"([[["a",1]],[["a",2],["b","x"]],[["a",4]]])"));
        const std::string why = reason(place, read("\"mode=FAILFAST\""));
        CHECK(has(why, "malformed record in e.json, line 3 (mode FAILFAST): parse error"));
        CHECK_FALSE(has(why, place.path("").string()));
    }

    TEST_CASE("DP-IO-05: DROPMALFORMED leaves out rows with too few or wrong columns") {
        Workplace place;
        place.write("p.csv", "1,a\n2\nx,b\n4,d,e\n5,e\n");
        const auto count = [&](const std::string& mode) {
            return job(place,
                       scenario("read_csv = \"p.csv\", args = [\"schema=id INT, name STRING\", "
                                "\"mode=" +
                                    mode + "\"]",
                                "action = \"count\""))["result"];
        };
        CHECK(count("DROPMALFORMED") == 2);
        CHECK(count("PERMISSIVE") == 5);
        CHECK(has(reason(place,
                         scenario("read_csv = \"p.csv\", args = [\"schema=id INT, name STRING\", "
                                  "\"mode=FAILFAST\"]")),
                  "malformed record in p.csv, line 2 (mode FAILFAST): it has 1 column and not 2; "
                  "it is: 2"));
    }

    TEST_CASE("DP-IO-04: gzip and zstd files are read whole, one task each at most") {
        Workplace place;
        place.write("p.csv", people(300));
        REQUIRE(place.shell("gzip -k p.csv").exit == 0);
        place.write("p.csv.zst", zstd(people(300)));
        for (const std::string ending : {".gz", ".zst"}) {
            const nlohmann::json rows =
                job(place,
                    scenario("read_csv = \"p.csv" + ending + "\", partitions = 8, " + schema,
                             "action = \"count\"",
                             small_tasks));
            CHECK(rows["result"] == 300);
            CHECK(rows["tasks"] == 1);
            const nlohmann::json lines =
                job(place,
                    scenario("read_text = \"p.csv" + ending + "\", partitions = 8",
                             "action = \"count\""));
            CHECK(lines["result"] == 301);
            CHECK(lines["tasks"] == 1);
        }
        place.write("e.json.zst", zstd("{\"a\":1}\n{\"a\":2}\n"));
        CHECK(job(place,
                  scenario("read_json = \"e.json.zst\", args = [\"schema=a INT\"]"))["result"] ==
              nlohmann::json::parse("[[1],[2]]"));
    }

    TEST_CASE("DP-IO-04: a compressed file that is cut off fails its task by name") {
        Workplace place;
        place.write("t.txt", people(300));
        REQUIRE(place.shell("gzip -k t.txt && head -c 500 t.txt.gz > cut.txt.gz").exit == 0);
        const std::string zstd_text = zstd(people(300));
        place.write("cut.txt.zst", zstd_text.substr(0, zstd_text.size() - 9));
        CHECK(has(reason(place, scenario("read_text = \"cut.txt.gz\"")),
                  "the file cut.txt.gz cannot be decompressed as gzip: it is cut off"));
        CHECK(has(reason(place, scenario("read_text = \"cut.txt.zst\"")),
                  "the file cut.txt.zst cannot be decompressed as zstd: it is cut off"));
        place.write("no.gz", "a plain text\n");
        CHECK(has(reason(place, scenario("read_text = \"no.gz\"")),
                  "the file no.gz cannot be decompressed as gzip: incorrect header check"));
    }

    TEST_CASE("a folder that save wrote can be read, and its journal replays without it") {
        Workplace place;
        place.write("s.toml",
                    scenario("range = 10, partitions = 3", "action = \"save\"\nargs = [\"out\"]"));
        REQUIRE(place.run({"run", "s.toml", "--quiet"}).exit == 0);
        place.write("out/.hidden", "no");
        const nlohmann::json texts = job(place, scenario("read_text = \"out\""));
        CHECK(texts["result"] ==
              nlohmann::json::parse(R"(["0","1","2","3","4","5","6","7","8","9"])"));
        const nlohmann::json rows =
            job(place, scenario("read_csv = \"out/\", args = [\"schema=n INT\"]"));
        CHECK(rows["tasks"] == 2);  // packed, the largest first
        CHECK(rows["result"] == nlohmann::json::parse("[[6],[7],[8],[9],[0],[1],[2],[3],[4],[5]]"));
        const std::string journal = place.read("process.fyj");
        CHECK(has(journal, "inputs=\"0/part-00000:6,0/part-00001:6,0/part-00002:8\""));
        REQUIRE(place.shell("rm -r out s.toml").exit == 0);
        CHECK(place.run({"replay", "process.fyj", "--quiet"}).exit == 0);
    }

    TEST_CASE("files that cannot be read: 66 before anything runs, and check says so too") {
        Workplace place;
        place.write("folder/inner/x.txt", "x\n");
        place.write("b.bz2", "x");
        place.write("commas/a,b.txt", "x\n");
        struct Case {
            const char* step;
            const char* says;
        };
        for (const auto& [step, says] :
             {Case{"read_csv = \"gone.csv\"", "there is no file `gone.csv`"},
              Case{"read_json = \"gone\"", "there is no file `gone`"},
              Case{"read_text = \"folder\"", "folder/inner` is not a file"},
              Case{"read_text = \"b.bz2\"", "b.bz2`: .bz2 files are not read"},
              Case{"read_text = \"commas\"", "commas/a,b.txt` has a name that no journal can hold"},
              Case{"read_text = \"/dev/null\"", "`/dev/null` is not a file"}}) {
            place.write("s.toml", scenario(step));
            for (const char* verb : {"run", "check"}) {
                const Finished run = place.run({verb, "s.toml"});
                CHECK(run.exit == 66);
                INFO(run.err);
                CHECK(has(run.err, "s.toml:15:"));
                CHECK(has(run.err, says));
            }
        }
    }

    TEST_CASE("a file without permission to read it is as good as missing") {
        Workplace place;
        place.write("locked.csv", "a\n");
        place.write("s.toml", scenario("read_csv = \"locked.csv\""));
        std::filesystem::permissions(place.path("locked.csv"), std::filesystem::perms::none);
        const bool may_read_all = std::ifstream{place.path("locked.csv")}.good();  // root
        const Finished run = place.run({"run", "s.toml", "--quiet"});
        CHECK(run.exit == (may_read_all ? 0 : 66));
        CHECK(has(run.err, "locked.csv` cannot be read") != may_read_all);
    }

    TEST_CASE("DP-IO-04: check warns of a large file that a single task has to read") {
        Workplace place;
        REQUIRE(place.shell("truncate -s 1G big.csv.gz && cp --sparse=always big.csv.gz big.csv")
                    .exit == 0);
        const auto err = [&](const std::string& step) {
            place.write("s.toml", scenario(step));
            const Finished run = place.run({"check", "s.toml"});
            CHECK(run.exit == 0);
            return run.err;
        };
        const std::string warning = "is large, and a single task reads all of it. ";
        CHECK(has(err("read_csv = \"big.csv.gz\""), warning + "it is compressed"));
        CHECK(has(err("read_csv = \"big.csv\", args = [\"multiLine=true\"]"),
                  warning + "its records go over several lines"));
        CHECK(err("read_csv = \"big.csv\"").empty());
    }

    TEST_CASE("an option that is wrong: 65, with its place and the nearest name") {
        Workplace place;
        place.write("p.csv", "a\n");
        const auto err = [&](const std::string& args) {
            place.write("s.toml", scenario("read_csv = \"p.csv\", args = [" + args + "]"));
            const Finished run = place.run({"check", "s.toml"});
            CHECK(run.exit == 65);
            return run.err;
        };
        CHECK(has(err("\"sep=;\", \"heder=true\""),
                  "s.toml:15:42: error: unknown option `heder`. did you mean `header`"));
        CHECK(has(err("\"inferSchema=true\""), "is not simulated. give a `schema`"));
        CHECK(has(err("\"mode=STRICT\""), "`mode` cannot be `STRICT`. there are PERMISSIVE"));
        place.write(
            "s.toml",
            scenario("read_csv = \"p.csv\"", "", "\"spark.sql.files.maxPartitionBytes\" = 0\n"));
        CHECK(has(place.run({"check", "s.toml"}).err, "must be above 0"));
    }

    TEST_CASE("what the reference says of options and properties") {
        Workplace place;
        const std::string keys = place.run({"reference", "scenario"}).out;
        for (const char* option : {"nullValue", "columnNameOfCorruptRecord", "multiLine", "sep"}) {
            CHECK(lines_with(keys, {std::string{"  "} + option + "  "}).size() == 1);
        }
        CHECK(has(place.run({"reference", "conf"}).out, "spark.sql.files.minPartitionNum"));
    }
}

}  // namespace forkyard::cli_testing::file_sources_test
