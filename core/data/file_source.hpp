// Files as a source: which bytes of which files each partition reads, and how they are to be
// taken. Plain data, part of a stage program; file_splits cuts, file_records reads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/model/units.hpp"

namespace forkyard {

enum class FileFormat : std::uint8_t { text, csv, json };
// What becomes of a record that is not as it must be.
enum class ParseMode : std::uint8_t { permissive, drop_malformed, fail_fast };
// STRING, INT, BIGINT, DOUBLE, BOOLEAN. There is no truth value: true is 1, false 0.
enum class ColumnType : std::uint8_t { text, integer, long_integer, real, boolean };

struct Column {
    std::string name;
    ColumnType type = ColumnType::text;
    bool operator==(const Column&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.name, self.type);
    }
};

// With Spark's defaults; read_options has their names.
struct ReadOptions {
    ParseMode mode = ParseMode::permissive;
    std::vector<Column> schema;  // empty: none is given
    std::string corrupt_column = "_corrupt_record";
    bool multi_line = false;
    // CSV only.
    bool header = false;
    std::string separator = ",";
    std::string quote = "\"";  // one character, or none
    std::string escape = "\\";
    std::string comment;
    std::string null_value;
    bool operator==(const ReadOptions&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.mode,
          self.schema,
          self.corrupt_column,
          self.multi_line,
          self.header,
          self.separator,
          self.quote,
          self.escape,
          self.comment,
          self.null_value);
    }
};

struct SourceFile {
    std::string name;  // as the scenario has it: messages say this one
    std::string path;  // where it is
    Bytes size;        // as it is stored
    bool operator==(const SourceFile&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.name, self.path, self.size.count);
    }
};

struct ByteRange {
    std::int64_t start = 0;
    std::int64_t end = 0;  // not included
    bool operator==(const ByteRange&) const = default;
};

// A part of a file, in bytes as they are stored: of a compressed file always all of it.
struct FilePiece {
    std::uint32_t file = 0;  // which of the source's
    ByteRange bytes;
    bool operator==(const FilePiece&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.file, self.bytes.start, self.bytes.end);
    }
};
using FilePieces = std::vector<FilePiece>;

struct FileSource {
    FileFormat format = FileFormat::text;
    ReadOptions options;
    std::vector<SourceFile> files;
    std::vector<FilePieces> partitions;
    bool operator==(const FileSource&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.format, self.options, self.files, self.partitions);
    }
};

}  // namespace forkyard
