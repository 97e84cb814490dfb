#include "sim/journal/journal_reader.hpp"

#include <charconv>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <zstd.h>

#include "sim/journal/journal_format.hpp"

namespace forkyard::sim {

namespace {

constexpr std::string_view zstd_magic = "\x28\xB5\x2F\xFD";

Error bad_journal(const std::string& path, std::uint64_t line, std::string what) {
    return {std::move(what),
            line == 0 ? path : fmt::format("{}:{}", path, line),
            "record the run again, or read it with --unsealed as far as it makes sense",
            Exit::bad_input};
}

// What can be had of a torn file is had.
std::string decompress(std::string_view bytes) {
    const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> stream{ZSTD_createDCtx(),
                                                                         ZSTD_freeDCtx};
    std::string text;
    std::vector<char> buffer(ZSTD_DStreamOutSize());
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (true) {
        ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
        const std::size_t left = ZSTD_decompressStream(stream.get(), &out, &in);
        text.append(buffer.data(), out.pos);
        if (ZSTD_isError(left) != 0 || (in.pos == in.size && out.pos < out.size)) {
            return text;
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

void read_header(JournalFile& file, std::string_view line) {
    std::size_t at = 1;
    while (at < line.size()) {
        const std::size_t end = std::min(line.find(' ', at + 1), line.size());
        const std::string_view word = line.substr(at + 1, end - at - 1);
        const std::size_t equals = word.find('=');
        if (equals != std::string_view::npos) {
            file.header[std::string{word.substr(0, equals)}] = word.substr(equals + 1);
        }
        at = end;
    }
}

template <class T>
bool number(std::string_view text, T& value, int base = 10) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

// Takes the file apart line by line; lines of a block count when its K line fits.
class Parser {
public:
    Parser(JournalFile& file, ReadOptions options) : file_{file}, options_{options} {}

    Result<void> run() {
        const std::string_view text = *file_.text;
        std::size_t at = 0;
        while (at < text.size()) {
            const std::size_t end = text.find('\n', at);
            if (end == std::string_view::npos) {
                break;  // cut in the middle of a line
            }
            ++number_;
            Result<void> taken = take(text.substr(at, end - at), at, end + 1);
            if (!taken) {
                return taken;
            }
            at = end + 1;
        }
        return finish();
    }

private:
    Result<void> take(std::string_view line, std::size_t begin, std::size_t end) {
        if (number_ == 1) {
            return line == journal_first_line
                       ? Result<void>{}
                       : fail(bad_journal(file_.path, 1, "this is no journal of forkyard"));
        }
        const char letter = line.empty() ? ' ' : line.front();
        switch (letter) {
            case 'H': {
                read_header(file_, line);
                int schema = 0;
                if (!number(file_.header["schema"], schema) || schema > journal_schema) {
                    return fail(
                        {fmt::format("the journal has schema {}, this version reads up to {}",
                                     file_.header["schema"],
                                     journal_schema),
                         file_.path,
                         "use a newer version of forkyard",
                         Exit::stale});
                }
                break;
            }
            case 'C':
                configuration_.emplace_back(line.substr(2));
                break;
            case 'Z':
                verdict_ = std::string{value_of(line, "verdict")};
                (void)number(value_of(line, "exit"), exit_);
                break;
            case 'K':
                return seal(line, begin, end);
            case 'E':
            case 'A':
            case 'D':
            case 'F':
            case 'M':
            case 'V':
            case 'S':
                block_.push_back({line, number_});
                break;
            default:
                return fail(
                    bad_journal(file_.path, number_, fmt::format("`{}` begins no record", letter)));
        }
        return {};
    }

    Result<void> seal(std::string_view line, std::size_t begin, std::size_t end) {
        std::uint32_t crc = 0;
        const bool fits =
            number(value_of(line, "crc"), crc, 16) &&
            crc == crc32c(0, std::string_view{*file_.text}.substr(sealed_, begin - sealed_));
        if (!fits && !options_.unsealed) {
            broken_line_ = broken_line_ == 0 ? number_ : broken_line_;
            sealed_ = end;
            block_.clear();
            return {};
        }
        if (broken_line_ != 0) {
            return fail(bad_journal(file_.path,
                                    broken_line_,
                                    "the checksum of the lines before does not fit: the file "
                                    "was changed or damaged"));
        }
        block_.push_back({line, number_});
        file_.lines.insert(file_.lines.end(), block_.begin(), block_.end());
        for (std::string& c : configuration_) {
            file_.configuration.push_back(std::move(c));
        }
        file_.verdict = verdict_;
        file_.exit = exit_;
        block_.clear();
        configuration_.clear();
        sealed_ = end;
        good_ = end;
        return {};
    }

    Result<void> finish() {
        if (good_ == 0) {
            return fail(bad_journal(
                file_.path, 0, "the journal was cut before its first commit line: nothing counts"));
        }
        if (good_ < file_.text->size()) {
            file_.warnings.push_back(fmt::format(
                "{}: warning: cut off: {} bytes after the last commit line were ignored",
                file_.path,
                file_.text->size() - good_));
        } else if (!file_.verdict) {
            file_.warnings.push_back(
                fmt::format("{}: warning: the run did not end: no verdict", file_.path));
        }
        return {};
    }

    JournalFile& file_;
    ReadOptions options_;
    std::vector<JournalFile::Line> block_;
    std::vector<std::string> configuration_;
    std::optional<std::string> verdict_;
    int exit_ = 0;
    std::uint64_t number_ = 0;
    std::uint64_t broken_line_ = 0;
    std::size_t sealed_ = 0;
    std::size_t good_ = 0;
};

}  // namespace

Result<JournalFile> read_journal(const std::string& path, ReadOptions options) {
    std::ifstream in{path, std::ios::binary};
    if (!in) {
        return fail({"the journal cannot be read",
                     path,
                     "give the path of a file that `forkyard run --journal FILE` wrote",
                     Exit::missing_input});
    }
    std::ostringstream bytes;
    bytes << in.rdbuf();
    std::string text = std::move(bytes).str();
    if (text.starts_with(zstd_magic)) {
        text = decompress(text);
    }
    return parse_journal(path, std::move(text), options);
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
