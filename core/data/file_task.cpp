// What a task of a file source reads, and what becomes of malformed records. In Spark:
// FileScanRDD, FailureSafeParser.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/data/csv.hpp"
#include "core/data/file_records.hpp"
#include "core/data/json.hpp"
#include "core/data/sources.hpp"

namespace forkyard {

namespace {

tl::unexpected<std::string> failure(std::string text) {
    return tl::unexpected<std::string>{std::move(text)};
}

ByteRange range_of(std::string_view bytes) {
    return {0, static_cast<std::int64_t>(bytes.size())};
}

// Reads one partition.
class FileTask {
public:
    FileTask(const FileSource& source, TaskInput& input, Emitter& out)
        : source_{source}, input_{input}, out_{out}, columns_{source.options.schema} {}

    Computed<std::uint64_t> read(const FilePieces& pieces) {
        if (source_.format == FileFormat::csv && columns_.empty() && !pieces.empty()) {
            if (const Computed<void> found = find_columns(); !found) {
                return tl::make_unexpected(found.error());
            }
        }
        for (const FilePiece& piece : pieces) {
            const Computed<bool> more = read(piece);
            if (!more) {
                return tl::make_unexpected(more.error());
            }
            if (!*more) {
                break;
            }
        }
        return records_;
    }

private:
    Computed<std::string_view> open(const SourceFile& file) {
        const Computed<FileBytes> found = input_.file(file.path);
        if (!found) {
            return failure(fmt::format("the file {} {}", file.name, found.error()));
        }
        if (found->stored != file.size.count) {
            return failure(fmt::format("the file {} has {} bytes, {} when the job was planned",
                                       file.name,
                                       found->stored,
                                       file.size.count));
        }
        return found->bytes;
    }

    // Without a schema: as many texts as the first line of the first file has.
    Computed<void> find_columns() {
        const FileSource unskipped{source_.format, without_header(), {}, {}};
        for (const SourceFile& file : source_.files) {
            if (file.size.count == 0) {
                continue;
            }
            const Computed<std::string_view> bytes = open(file);
            if (!bytes) {
                return tl::make_unexpected(bytes.error());
            }
            RecordTexts texts{unskipped, *bytes, range_of(*bytes)};
            std::string_view first;
            if (texts.next(first)) {
                std::vector<CsvField> fields;
                (void)split_csv(first, source_.options, fields);
                for (std::size_t i = 0; i < fields.size(); ++i) {
                    columns_.push_back({fmt::format("_c{}", i), ColumnType::text});
                }
                break;
            }
        }
        return {};
    }
    [[nodiscard]] ReadOptions without_header() const {
        ReadOptions options = source_.options;
        options.header = false;
        return options;
    }

    // False: no more are wanted.
    Computed<bool> read(const FilePiece& piece) {
        const SourceFile& file = source_.files[piece.file];
        const Computed<std::string_view> bytes = open(file);
        if (!bytes) {
            return tl::make_unexpected(bytes.error());
        }
        const bool whole = piece.bytes == ByteRange{0, file.size.count};
        RecordTexts texts{source_, *bytes, whole ? range_of(*bytes) : piece.bytes};
        std::string_view text;
        while (texts.next(text)) {
            if (source_.format == FileFormat::text) {
                if (!emit(Value{text})) {
                    return false;
                }
                continue;
            }
            ParsedText parsed = source_.format == FileFormat::csv
                                    ? parse_csv(text, source_.options, columns_)
                                    : parse_json(text, source_.options);
            if (!parsed.problem.empty() && source_.options.mode == ParseMode::fail_fast) {
                return failure(malformed(file, *bytes, text, parsed.problem));
            }
            if (!take(parsed, text)) {
                return false;
            }
        }
        return true;
    }

    static std::string malformed(const SourceFile& file,
                                 std::string_view bytes,
                                 std::string_view text,
                                 std::string_view why) {
        constexpr std::size_t shown_max = 100;
        const auto offset = static_cast<std::size_t>(text.data() - bytes.data());
        return fmt::format("malformed record in {}, line {} (mode FAILFAST): {}; it is: {}{}",
                           file.name,
                           line_number(bytes, offset),
                           why,
                           text.substr(0, shown_max),
                           text.size() > shown_max ? "..." : "");
    }

    bool take(ParsedText& parsed, std::string_view text) {
        if (!parsed.problem.empty()) {
            if (source_.options.mode == ParseMode::drop_malformed) {
                return true;
            }
            keep_malformed(parsed.rows, text);
        }
        return std::all_of(parsed.rows.begin(), parsed.rows.end(), [&](Value& row) {
            return emit(std::move(row));
        });
    }

    // What could be read of it, and the text where a column is there for it.
    void keep_malformed(List& rows, std::string_view text) const {
        const std::string& name = source_.options.corrupt_column;
        if (source_.format == FileFormat::json && columns_.empty()) {
            rows = {Value{List{Value{Value{name}, Value{text}}}}};
            return;
        }
        if (rows.empty()) {
            rows.emplace_back(List(columns_.size()));
        }
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            for (Value& row : rows) {
                if (columns_[i].name == name) {
                    row.list()[i] = Value{text};
                }
            }
        }
    }

    bool emit(Value&& record) {
        ++records_;
        return out_.emit(std::move(record));
    }

    const FileSource& source_;
    TaskInput& input_;
    Emitter& out_;
    std::vector<Column> columns_;
    std::uint64_t records_ = 0;
};

}  // namespace

Computed<std::uint64_t> produce(const FileSource& source,
                                std::uint32_t /*its pieces are cut already*/,
                                std::uint32_t partition,
                                TaskInput& input,
                                Emitter& out) {
    return FileTask{source, input, out}.read(source.partitions[partition]);
}

}  // namespace forkyard
