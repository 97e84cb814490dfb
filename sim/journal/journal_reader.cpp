#include "sim/journal/journal_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <zstd.h>

#include "sim/journal/crc32c.hpp"
#include "sim/journal/journal_format.hpp"
#include "sim/process/read_file.hpp"

namespace forkyard::sim {

namespace {

constexpr std::string_view zstd_magic = "\x28\xB5\x2F\xFD";
constexpr std::string_view record_letters = "EADFMVS";
constexpr std::array<std::string_view, 5> header_keys{
    "schema", "version", "scenario", "seed", "clock"};

Error bad_journal(const std::string& path,
                  std::uint64_t line,
                  std::string what,
                  std::string mend = "record the run again") {
    return {std::move(what),
            line == 0 ? path : fmt::format("{}:{}", path, line),
            std::move(mend),
            Exit::bad_input};
}

Error newer_journal(const std::string& path, std::string_view what) {
    return {fmt::format("the journal is of {}, this version reads up to {}", what, journal_schema),
            path,
            "use a newer version of forkyard",
            Exit::stale};
}

Error unreadable(const std::string& path, int problem) {
    return {fmt::format("the journal cannot be read: {}", std::strerror(problem)),
            path,
            "give the path of a file that `forkyard run --journal FILE` wrote",
            Exit::missing_input};
}

struct Decompressed {
    std::string text;
    std::string damage;  // empty: none, though the file may be cut
};

// What can be had of a torn file is had.
Decompressed decompress(std::string_view bytes) {
    const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> stream{ZSTD_createDCtx(),
                                                                         ZSTD_freeDCtx};
    Decompressed out;
    std::vector<char> buffer(ZSTD_DStreamOutSize());
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (true) {
        ZSTD_outBuffer piece{buffer.data(), buffer.size(), 0};
        const std::size_t left = ZSTD_decompressStream(stream.get(), &piece, &in);
        out.text.append(buffer.data(), piece.pos);
        if (ZSTD_isError(left) != 0) {
            out.damage = fmt::format("the compressed data is damaged near byte {} of {} ({})",
                                     in.pos,
                                     in.size,
                                     ZSTD_getErrorName(left));
            return out;
        }
        if (in.pos == in.size && piece.pos < piece.size) {
            return out;
        }
    }
}

std::string_view value_of(std::string_view line, std::string_view key) {
    const std::size_t at = line.find(fmt::format(" {}=", key));
    if (at == std::string_view::npos) {
        return {};
    }
    const std::string_view rest = line.substr(at + key.size() + 2);
    return rest.substr(0, rest.find(' '));
}

std::map<std::string, std::string> read_header(std::string_view line) {
    std::map<std::string, std::string> header;
    std::size_t at = 1;
    while (at < line.size()) {
        const std::size_t end = std::min(line.find(' ', at + 1), line.size());
        const std::string_view word = line.substr(at + 1, end - at - 1);
        const std::size_t equals = word.find('=');
        if (equals != std::string_view::npos) {
            header[std::string{word.substr(0, equals)}] = word.substr(equals + 1);
        }
        at = end;
    }
    return header;
}

template <class T>
bool number(std::string_view text, T& value, int base = 10) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

// Takes the file apart line by line; lines of a block count when its K line fits.
class Parser {
public:
    Parser(JournalFile& file, ReadOptions options)
        : file_{file}, text_{*file.text}, options_{options} {}

    Result<void> run() {
        Result<void> known = check_beginning();
        std::size_t at = 0;
        while (known && at < text_.size()) {
            const std::size_t end = text_.find('\n', at);
            if (end == std::string_view::npos) {
                break;  // cut in the middle of a line
            }
            known = take(text_.substr(at, end - at), at, end + 1);
            at = end + 1;
        }
        return known ? finish() : known;
    }

private:
    // Lines since the last K line: they may be torn, and then nothing is wrong with them.
    struct Block {
        std::vector<JournalFile::Line> lines;
        std::vector<std::string> configuration;
        std::optional<std::map<std::string, std::string>> header;
        std::optional<std::string> verdict;
        int exit = 0;
        std::optional<Error> problem;  // the first
    };

    Result<void> check_beginning() {
        const std::string_view line = text_.substr(0, text_.find('\n'));
        const bool cut = line.size() == text_.size();
        if (line == journal_first_line || (cut && journal_first_line.starts_with(line))) {
            return {};
        }
        int version = 0;
        if (line.starts_with(journal_first_word) &&
            number(line.substr(journal_first_word.size()), version) && version > journal_schema) {
            return fail(newer_journal(file_.path, fmt::format("format {}", version)));
        }
        return fail(bad_journal(file_.path,
                                1,
                                "this is no journal of forkyard",
                                "give a file that `forkyard run --journal FILE` wrote"));
    }

    Result<void> take(std::string_view line, std::size_t begin, std::size_t end) {
        if (++number_ == 1) {
            return {};
        }
        const char letter = line.size() > 1 && line[1] == ' ' ? line.front() : ' ';
        if (letter == 'K') {
            return seal(line, begin, end);
        }
        if (letter == 'H') {
            return take_header(line);
        }
        if (letter == 'C') {
            block_.configuration.emplace_back(line.substr(2));
            if (file_.configuration_line == 0) {
                file_.configuration_line = number_;
            }
        } else if (letter == 'Z') {
            block_.verdict = std::string{value_of(line, "verdict")};
            if (!number(value_of(line, "exit"), block_.exit)) {
                object("the exit status cannot be read");
            }
        } else if (record_letters.find(letter) != std::string_view::npos) {
            block_.lines.push_back({line, number_});
        } else {
            object(fmt::format("`{}` begins no record", line.substr(0, line.find(' '))));
        }
        return {};
    }

    // A newer schema may seal its blocks in a way not known here, so this one is not put off.
    Result<void> take_header(std::string_view line) {
        block_.header = read_header(line);
        int schema = 0;
        if (!number(value_of(line, "schema"), schema) || schema < 1) {
            object("the header's schema cannot be read");
        } else if (schema > journal_schema) {
            return fail(newer_journal(file_.path, fmt::format("schema {}", schema)));
        }
        return {};
    }

    void object(std::string what) {
        if (!block_.problem) {
            block_.problem = bad_journal(file_.path, number_, std::move(what));
        }
    }

    Result<void> seal(std::string_view line, std::size_t begin, std::size_t end) {
        std::uint32_t crc = 0;
        const bool fits = number(value_of(line, "crc"), crc, 16) &&
                          crc == crc32c(0, text_.substr(sealed_, begin - sealed_));
        sealed_ = end;
        if (!fits && !options_.unsealed) {
            broken_line_ = broken_line_ == 0 ? number_ : broken_line_;
            block_ = Block{};
            return {};
        }
        if (broken_line_ != 0) {
            return fail(bad_journal(file_.path,
                                    broken_line_,
                                    "the checksum does not fit the lines before it: the file was "
                                    "changed or damaged",
                                    "record the run again, or pass over it with --unsealed"));
        }
        if (block_.problem) {
            return fail(*block_.problem);
        }
        if (!fits && file_.unsealed_line == 0) {
            file_.unsealed_line = number_;
            warn(fmt::format("the checksum in line {} does not fit; passed over (--unsealed)",
                             number_));
        }
        block_.lines.push_back({line, number_});
        merge();
        file_.counted = end;
        return {};
    }

    void merge() {
        std::ranges::copy(block_.lines, std::back_inserter(file_.lines));
        std::ranges::move(block_.configuration, std::back_inserter(file_.configuration));
        if (block_.header) {
            file_.header = std::move(*block_.header);
        }
        if (block_.verdict) {
            file_.verdict = block_.verdict;
            file_.exit = block_.exit;
        }
        block_ = Block{};
    }

    Result<void> finish() {
        if (file_.counted == 0) {
            return fail(bad_journal(file_.path,
                                    0,
                                    text_.empty()
                                        ? "the journal is empty"
                                        : "the journal was cut before its first commit line: "
                                          "nothing of it counts"));
        }
        if (file_.header.empty()) {
            return fail(bad_journal(file_.path, 2, "the header is missing"));
        }
        for (const auto& [key, value] : file_.header) {
            if (std::ranges::find(header_keys, key) == header_keys.end()) {
                warn(fmt::format("unknown key `{}` in the header", key));
            }
        }
        if (file_.counted < text_.size()) {
            warn(fmt::format("cut off: {} bytes after the last commit line were ignored",
                             text_.size() - file_.counted));
        } else if (!file_.verdict) {
            warn("the run did not end: no verdict");
        }
        return {};
    }

    void warn(std::string_view what) {
        file_.warnings.push_back(fmt::format("{}: warning: {}", file_.path, what));
    }

    JournalFile& file_;
    std::string_view text_;
    ReadOptions options_;
    Block block_;
    std::uint64_t number_ = 0;       // of the line at hand
    std::uint64_t broken_line_ = 0;  // the first K line that does not fit
    std::size_t sealed_ = 0;         // where the block at hand begins
};

}  // namespace

Result<JournalFile> read_journal(const std::string& path, ReadOptions options) {
    tl::expected<std::string, int> bytes = read_file(path);
    if (!bytes) {
        return fail(unreadable(path, bytes.error()));
    }
    if (!bytes->starts_with(zstd_magic)) {
        return parse_journal(path, std::move(*bytes), options);
    }
    Decompressed out = decompress(*bytes);
    Result<JournalFile> file = parse_journal(path, std::move(out.text), options);
    if (file && !out.damage.empty()) {
        file->warnings.insert(file->warnings.begin(),
                              fmt::format("{}: warning: {}", path, out.damage));
    }
    return file;
}

Result<JournalFile> parse_journal(std::string path, std::string text, ReadOptions options) {
    JournalFile file;
    file.path = std::move(path);
    file.text = std::make_shared<const std::string>(std::move(text));
    Result<void> parsed = Parser{file, options}.run();
    if (!parsed) {
        return fail(parsed.error());
    }
    return file;
}

}  // namespace forkyard::sim
