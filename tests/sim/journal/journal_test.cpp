#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "sim/journal/side_file.hpp"
#include "tests/sim/journal/journal_fixture.hpp"

namespace forkyard::sim::journal_test {
namespace {

TEST_SUITE("journal") {
    TEST_CASE("the checksum is CRC32C, in one go or in pieces") {
        CHECK(crc32c(0, "123456789") == 0xe3069283U);
        CHECK(crc32c(crc32c(0, "1234"), "56789") == 0xe3069283U);
        CHECK(crc32c(0, "") == 0);
    }

    TEST_CASE("what was written is read back") {
        JournalOnDisk journal;
        journal.write(130);
        const Result<JournalFile> file = journal.read();
        REQUIRE(file);
        CHECK(file->header.at("version") == "1.2.3");
        CHECK(file->header.at("clock") == "virtual");
        CHECK(file->header.at("scenario").size() == 16);
        CHECK(file->configuration == small_loaded().lines);
        CHECK(file->configuration_line == 3);
        CHECK(file->verdict == "ended");
        CHECK(file->exit == 0);
        CHECK(file->warnings.empty());
        CHECK(file->counted == journal.bytes().size());
        CHECK(journal.events() == "130 events");
        const JournalFile::Line& last = file->lines.back();
        CHECK(last.text.starts_with("K 130 crc="));
        CHECK(last.text.ends_with(" chain=000000000001fbd0"));
    }

    TEST_CASE("a line knows its number") {
        JournalOnDisk journal;
        journal.write(3);
        const Result<JournalFile> file = journal.read();
        REQUIRE(file);
        const std::string all = journal.bytes();
        for (const JournalFile::Line& line : file->lines) {
            std::size_t at = 0;
            for (std::uint64_t i = 1; i < line.number; ++i) {
                at = all.find('\n', at) + 1;
            }
            CHECK(all.substr(at, line.text.size()) == line.text);
        }
    }

    TEST_CASE("equal runs have equal bytes: blocks end where the records say") {
        JournalOnDisk one;
        JournalOnDisk other;
        one.write(200);
        other.write(200);
        CHECK(one.bytes() == other.bytes());
        std::string commits;
        const Result<JournalFile> file = one.read();
        REQUIRE(file);
        for (const JournalFile::Line& line : file->lines) {
            if (line.text.starts_with("K ")) {
                commits += line.text.substr(2, line.text.find(' ', 2) - 1);
            }
        }
        CHECK(commits == "0 64 128 192 200 ");
    }
}

TEST_SUITE("journal that was cut") {
    TEST_CASE("a run that was killed counts up to its last commit line") {
        JournalOnDisk journal;
        journal.write(130, false);
        CHECK(journal.events() == "128 events");
        CHECK(journal.warnings() == ": warning: the run did not end: no verdict");
    }

    TEST_CASE("wherever it is cut, whole blocks count and the rest is told") {
        JournalOnDisk journal;
        journal.write(200);
        const std::string all = journal.bytes();
        const std::size_t first_commit = all.find('\n', all.find("\nK 0 ") + 1) + 1;
        for (std::size_t left = all.size() - 1; left > first_commit; left -= 37) {
            CAPTURE(left);
            journal.cut(left);
            const Result<JournalFile> file = journal.read();
            REQUIRE(file);
            std::size_t sealed = 0;
            for (std::size_t at = all.find("\nK "); at != std::string::npos;
                 at = all.find("\nK ", at + 1)) {
                const std::size_t end = all.find('\n', at + 1) + 1;
                sealed = end <= left ? end : sealed;
            }
            CHECK(file->counted == sealed);
            CHECK_FALSE(file->verdict);
            REQUIRE(file->warnings.size() == 1);
            if (file->counted < left) {
                CHECK(file->warnings.front().ends_with(
                    fmt::format("cut off: {} bytes after the last commit line were ignored",
                                left - file->counted)));
            }
        }
    }

    TEST_CASE("without a whole block nothing counts") {
        JournalOnDisk journal;
        journal.write(3);
        journal.cut(journal.find("\nK 0 "));
        CHECK(journal.events() ==
              "exit 65:  the journal was cut before its first commit line: nothing of it counts");
        journal.cut(10);
        CHECK(journal.events().starts_with("exit 65:  the journal was cut"));
        journal.cut(0);
        CHECK(journal.events() == "exit 65:  the journal is empty");
    }

    TEST_CASE("what is torn may be any bytes") {
        JournalOnDisk journal;
        journal.write(130, false);
        journal.put(journal.bytes() + std::string(100, '\0') + "\n\nQ 1\nK 9 crc=00 chain=0\nC\n");
        CHECK(journal.events() == "128 events");
    }

    TEST_CASE("a damaged last block is one that was cut") {
        JournalOnDisk journal;
        journal.write(130);
        journal.flip(journal.find("E 129 "));
        CHECK(journal.events() == "128 events");
        CHECK_FALSE(journal.read()->verdict);
    }
}

TEST_SUITE("journal that was damaged") {
    TEST_CASE("a wrong checksum before a valid one is an error at its line") {
        JournalOnDisk journal;
        journal.write(200);
        journal.replace("E 70 70000", "E 70 70001");
        const Result<JournalFile> file = journal.read();
        REQUIRE_FALSE(file);
        CHECK(file.error().exit == Exit::bad_input);
        CHECK(file.error().what.starts_with("the checksum does not fit"));
        CHECK(file.error().mend.find("--unsealed") != std::string::npos);
        const Result<JournalFile> anyway = journal.read({.unsealed = true});
        REQUIRE(anyway);
        CHECK(file.error().where == fmt::format("{}:{}", journal.path(), anyway->unsealed_line));
    }

    TEST_CASE("--unsealed passes over it") {
        JournalOnDisk journal;
        journal.write(200);
        journal.replace("E 70 70000", "E 70 70001");
        CHECK(journal.events({.unsealed = true}) == "200 events");
        CHECK(journal.warnings({.unsealed = true}).find("passed over") != std::string::npos);
        CHECK(journal.read({.unsealed = true})->verdict == "ended");
    }

    // What a K line says besides the checksum is for replay to compare.
    TEST_CASE("no flipped byte of a record goes unnoticed") {
        JournalOnDisk journal;
        journal.write(200);
        const std::string all = journal.bytes();
        for (std::size_t at = 0; at < all.size(); at += 11) {
            const std::size_t line = at == 0 ? 0 : all.rfind('\n', at - 1) + 1;
            if (line != std::string::npos && all[line] == 'K') {
                continue;
            }
            CAPTURE(at);
            std::string flipped = all;
            flipped[at] = static_cast<char>(flipped[at] ^ 1);
            const Result<JournalFile> file = parse_journal("", std::move(flipped));
            CHECK((!file || !file->warnings.empty()));
        }
    }

    TEST_CASE("an unknown letter under a right checksum is an error at its line") {
        JournalOnDisk journal;
        journal.write(3);
        journal.replace("E 2 2000", "Q 2 2000");
        journal.put(resealed(journal.bytes()));
        CHECK(journal.events().find("`Q` begins no record") != std::string::npos);
        CHECK(journal.events().starts_with("exit 65: :"));
    }

    TEST_CASE("of a newer version, of something else, or not there") {
        JournalOnDisk journal;
        CHECK(journal.events().starts_with("exit 66:  the journal cannot be read: No such file"));
        journal.write(3);
        const std::string all = journal.bytes();
        journal.replace("schema=1", "schema=2");
        CHECK(journal.events() ==
              "exit 4:  the journal is of schema 2, this version reads up to 1");
        journal.put(all);
        journal.replace("#forkyard-journal 1", "#forkyard-journal 2");
        CHECK(journal.events() ==
              "exit 4:  the journal is of format 2, this version reads up to 1");
        journal.put("format = 1\n");
        CHECK(journal.events() == "exit 65: :1 this is no journal of forkyard");
        CHECK(read_journal("/").error().exit == Exit::missing_input);
    }

    TEST_CASE("an unknown key of the header is told, and passed over") {
        JournalOnDisk journal;
        journal.write(3);
        journal.replace(" clock=virtual", " clock=virtual mood=calm");
        journal.put(resealed(journal.bytes()));
        CHECK(journal.warnings() == ": warning: unknown key `mood` in the header");
    }
}

std::string without_commits(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
        out += text[at] == 'K' ? std::string{} : text.substr(at, end - at);
        at = end;
    }
    return out;
}

TEST_SUITE("journal that is compressed") {
    TEST_CASE("it holds the same text") {
        JournalOnDisk plain;
        JournalOnDisk packed{"run.fyj.zst"};
        plain.write(500);
        packed.write(500);
        CHECK(packed.bytes().size() < plain.bytes().size() / 2);
        REQUIRE(packed.read());
        CHECK(*packed.read()->text == plain.bytes());
        CHECK(packed.warnings().empty());
    }

    TEST_CASE("it is told by content, not by name") {
        JournalOnDisk packed{"run.fyj.zst"};
        packed.write(3);
        JournalOnDisk renamed{"run.fyj"};
        renamed.put(packed.bytes());
        CHECK(renamed.events() == "3 events");
    }

    TEST_CASE("of a run that was killed all whole blocks count") {
        JournalOnDisk packed{"run.fyj.zst"};
        packed.write(130, false);
        CHECK(packed.events() == "128 events");
    }

    TEST_CASE("a torn end costs no more than the blocks it hits") {
        JournalOnDisk packed{"run.fyj.zst"};
        packed.write(1000);
        const std::string all = packed.bytes();
        for (std::size_t lost = 1; lost < all.size() / 2; lost += 97) {
            CAPTURE(lost);
            packed.put(all);
            packed.cut_tail(lost);
            const Result<JournalFile> file = packed.read();
            REQUIRE(file);
            CHECK((file->verdict || !file->warnings.empty()));
        }
        packed.put(all);
        packed.cut_tail(1);
        CHECK(packed.read()->counted > 900 * 30);
    }

    TEST_CASE("damage inside never counts as more than was written") {
        JournalOnDisk packed{"run.fyj.zst"};
        packed.write(1000);
        const std::string whole = without_commits(*packed.read()->text);
        const std::string all = packed.bytes();
        for (std::size_t at = 0; at < all.size(); at += 127) {
            CAPTURE(at);
            packed.put(all);
            packed.flip(at);
            const Result<JournalFile> file = packed.read();
            if (file) {
                CHECK(whole.starts_with(without_commits(file->text->substr(0, file->counted))));
            }
        }
    }
}

// Standard output is another file while this lives.
class StandardOutput {
public:
    explicit StandardOutput(int fd) : kept_{dup(STDOUT_FILENO)} {
        dup2(fd, STDOUT_FILENO);
        before_ = std::signal(SIGPIPE, SIG_IGN);
    }
    ~StandardOutput() {
        dup2(kept_, STDOUT_FILENO);
        close(kept_);
        (void)std::signal(SIGPIPE, before_);
    }
    StandardOutput(const StandardOutput&) = delete;
    StandardOutput& operator=(const StandardOutput&) = delete;

private:
    int kept_;
    void (*before_)(int) = nullptr;
};

TEST_SUITE("journal that cannot be written") {
    TEST_CASE("a full disk is told with its path, at once and again at the end") {
        Result<std::unique_ptr<ByteOutput>> output = open_output("/dev/full");
        REQUIRE(output);
        JournalWriter writer{std::move(*output)};
        const LoadedScenario loaded = small_loaded();
        writer.begin(loaded.scenario, loaded.lines, "1");
        writer.append("E 1 0 app.killed app=app-1 cause=-\n");
        const Result<void> first = writer.end_event(1, 1);
        REQUIRE_FALSE(first);
        CHECK(first.error().exit == Exit::cannot_write);
        CHECK(first.error().where == "/dev/full");
        CHECK(first.error().what.find("No space left") != std::string::npos);
        CHECK_FALSE(writer.finish("ended", 0));
    }

    TEST_CASE("a folder that is not there is not made") {
        const auto output = open_output("/nowhere/run.fyj");
        REQUIRE_FALSE(output);
        CHECK(output.error().exit == Exit::cannot_write);
        CHECK(output.error().where == "/nowhere/run.fyj");
    }

    TEST_CASE("a closed standard output does not stop a run") {
        int ends[2];
        REQUIRE(pipe(ends) == 0);
        close(ends[0]);
        bool written = true;
        {
            const StandardOutput closed{ends[1]};
            JournalWriter writer{*open_output("-")};
            const LoadedScenario loaded = small_loaded();
            writer.begin(loaded.scenario, loaded.lines, "1");
            for (std::uint64_t seq = 1; seq <= 10'000; ++seq) {
                writer.append("E 1 0 app.killed app=app-1 cause=-\n");
                written = written && writer.end_event(seq, 1);
            }
            written = written && writer.finish("ended", 0);
        }
        close(ends[1]);
        CHECK(written);
    }
}

TEST_SUITE("side file") {
    TEST_CASE("it stands beside the journal and holds what must not stand in it") {
        JournalOnDisk journal;
        journal.write(1);
        REQUIRE(write_side_file(journal.path(),
                                {.version = "1.2.3",
                                 .executors = "process",
                                 .started_unix_ms = 5,
                                 .took_us = 6,
                                 .events = 7,
                                 .executor_pids = {11, 12}}));
        std::ifstream in{journal.path() + ".meta.json"};
        const nlohmann::json json = nlohmann::json::parse(in);
        CHECK(json["version"] == "1.2.3");
        CHECK(json["executors"] == "process");
        CHECK(json["executor_pids"] == std::vector<int>{11, 12});
        CHECK(json.contains("host"));
        CHECK(json.contains("compiler"));
    }
}

}  // namespace
}  // namespace forkyard::sim::journal_test
