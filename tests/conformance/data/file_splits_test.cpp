// How many tasks read which bytes of which files.
#include "core/data/file_splits.hpp"

#include <string>

#include <doctest/doctest.h>

namespace forkyard::file_splits_test {
namespace {

constexpr std::int64_t mib = std::int64_t{1} << 20;

using Extents = std::vector<FileExtent>;

Extents files(std::size_t count, std::int64_t bytes, bool splittable = true) {
    return Extents(count, FileExtent{Bytes{bytes}, splittable});
}

// Lengths of the pieces of each task: "4 4 | 2".
std::string lengths(const std::vector<FilePieces>& partitions, std::int64_t unit = 1) {
    std::string text;
    for (const FilePieces& pieces : partitions) {
        text += text.empty() ? "" : " | ";
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            text += i == 0 ? "" : " ";
            text += std::to_string((pieces[i].bytes.end - pieces[i].bytes.start) / unit);
        }
    }
    return text;
}

std::vector<std::size_t> counts(const std::vector<FilePieces>& partitions) {
    std::vector<std::size_t> out;
    for (const FilePieces& pieces : partitions) {
        out.push_back(pieces.size());
    }
    return out;
}

FilesConf limits(std::int64_t partition_max, std::int64_t open_cost) {
    FilesConf conf;
    conf.partition_max = Bytes{partition_max};
    conf.open_cost = Bytes{open_cost};
    return conf;
}

TEST_SUITE("conformance: file splits") {
    TEST_CASE("DP-IO-01 the split size of tables") {
        const FilesConf spark;
        CHECK(max_split_bytes(files(1, 1024 * mib), spark, 8) == Bytes{128 * mib});
        CHECK(table_partitions(files(1, 1024 * mib), spark, 8).size() == 8);
        CHECK(max_split_bytes(files(1, 10 * mib), spark, 4) == Bytes{4 * mib});
        CHECK(lengths(table_partitions(files(1, 10 * mib), spark, 4), mib) == "4 | 4 | 2");
        CHECK(table_partitions(files(1, 300 * mib), spark, 2).size() == 3);
        CHECK(table_partitions({}, spark, 2).empty());
        CHECK(table_partitions(files(2, 0), spark, 2).empty());
    }

    TEST_CASE("DP-IO-02 the longest piece first, into a task until it is full") {
        const FilesConf spark;
        CHECK(max_split_bytes(files(100, mib), spark, 8) == Bytes{mib * 125 / 2});
        CHECK(counts(table_partitions(files(100, mib), spark, 8)) ==
              std::vector<std::size_t>{13, 13, 13, 13, 13, 13, 13, 9});
        const auto thousand = table_partitions(files(1000, mib), spark, 4);
        CHECK(thousand.size() == 39);
        CHECK(thousand.front().size() == 26);
        CHECK(lengths(table_partitions(Extents{{Bytes{15}}, {Bytes{3}}}, limits(10, 1), 1)) ==
              "10 | 5 3");
        Extents six = files(2, 2);
        for (const FileExtent& one : files(4, 1)) {
            six.push_back(one);
        }
        CHECK(lengths(table_partitions(six, limits(4, 1), 1)) == "2 | 2 1 | 1 1 | 1");
    }

    TEST_CASE("DP-IO-02 above maxPartitionNum files are packed again") {
        FilesConf conf = limits(4, 1);
        CHECK(table_partitions(files(10, 4), conf, 1).size() == 10);
        conf.partitions_max = 4;  // 50 bytes: 13 a task
        CHECK(counts(table_partitions(files(10, 4), conf, 1)) ==
              std::vector<std::size_t>{2, 2, 2, 2, 2});
        conf.partitions_max = 10;
        CHECK(table_partitions(files(10, 4), conf, 1).size() == 10);
    }

    TEST_CASE("DP-IO-03 texts of several files are cut for the bytes of all") {
        CHECK(lengths(text_partitions(Extents{{Bytes{30}}, {Bytes{70}}, {Bytes{0}}}, 4)) ==
              "25 | 5 | 25 | 25 | 20");
        CHECK(lengths(text_partitions(files(2, 10), 1)) == "10 | 10");
    }

    TEST_CASE("DP-IO-04 what cannot be split is one task's, whatever its size") {
        CHECK(lengths(text_partitions(files(1, 2048 * mib, false), 8), mib) == "2048");
        CHECK(lengths(table_partitions(files(1, 2048 * mib, false), FilesConf{}, 8), mib) ==
              "2048");
        CHECK(lengths(table_partitions(files(2, 100, false), limits(50, 1), 1)) == "100 | 100");
        CHECK(compression_of("a/b.csv.gz") == Compression::gzip);
        CHECK(compression_of("b.zst") == Compression::zstd);
        CHECK(compression_of("gz") == Compression::none);
        CHECK(compression_of("b.gz/c.csv") == Compression::none);
    }
}

}  // namespace
}  // namespace forkyard::file_splits_test
