#include "core/data/file_splits.hpp"

#include <algorithm>

#include "core/int128.hpp"

namespace forkyard {

namespace {

std::int64_t length(const FilePiece& piece) {
    return piece.bytes.end - piece.bytes.start;
}

// Pieces of `split` bytes from `start` on, then what is left.
void cut(std::uint32_t file, ByteRange bytes, std::int64_t split, FilePieces& out) {
    for (std::int64_t start = bytes.start; start < bytes.end; start += split) {
        out.push_back({file, {start, bytes.end - start > split ? start + split : bytes.end}});
    }
}

int128 total(std::span<const FileExtent> files, Bytes open_cost) {
    int128 bytes = 0;
    for (const FileExtent& file : files) {
        bytes += int128{file.size.count} + open_cost.count;
    }
    return bytes;
}

// "Next fit decreasing": what comes next goes into the current task, or begins another.
std::vector<FilePieces> packed(const FilePieces& pieces, int128 split, Bytes open_cost) {
    std::vector<FilePieces> partitions;
    int128 filled = 0;
    for (const FilePiece& piece : pieces) {
        if (partitions.empty() || filled + length(piece) > split) {
            partitions.emplace_back();
            filled = 0;
        }
        partitions.back().push_back(piece);
        filled += int128{length(piece)} + open_cost.count;
    }
    return partitions;
}

}  // namespace

std::vector<FilePieces> text_partitions(std::span<const FileExtent> files,
                                        std::uint32_t partitions_min) {
    const auto bytes = static_cast<std::int64_t>(total(files, Bytes{0}));
    const std::int64_t goal = bytes / std::max<std::int64_t>(1, partitions_min);
    const std::int64_t split = std::max<std::int64_t>(1, std::min(goal, local_block_bytes));
    FilePieces pieces;
    for (std::uint32_t f = 0; f < files.size(); ++f) {
        const std::int64_t size = files[f].size.count;
        // Full splits are cut off while more than 1.1 of one is left; then one last split.
        std::int64_t full = files[f].splittable ? size / split : 0;
        while (full > 0 && 10 * (size - (full - 1) * split) <= 11 * split) {
            --full;
        }
        cut(f, {0, full * split}, split, pieces);
        if (size > full * split) {
            pieces.push_back({f, {full * split, size}});
        }
    }
    std::vector<FilePieces> partitions;
    for (const FilePiece& piece : pieces) {
        partitions.push_back({piece});
    }
    return partitions;
}

Bytes max_split_bytes(std::span<const FileExtent> files,
                      const FilesConf& conf,
                      std::uint32_t partitions_min) {
    const int128 share = total(files, conf.open_cost) / std::max(1U, partitions_min);
    const int128 wanted = std::max(share, int128{conf.open_cost.count});
    return Bytes{static_cast<std::int64_t>(
        std::max(int128{1}, std::min(wanted, int128{conf.partition_max.count})))};
}

std::vector<FilePieces> table_partitions(std::span<const FileExtent> files,
                                         const FilesConf& conf,
                                         std::uint32_t partitions_min) {
    const std::int64_t split = max_split_bytes(files, conf, partitions_min).count;
    FilePieces pieces;
    for (std::uint32_t f = 0; f < files.size(); ++f) {
        const std::int64_t size = files[f].size.count;
        cut(f, {0, size}, files[f].splittable ? split : std::max<std::int64_t>(1, size), pieces);
    }
    std::stable_sort(pieces.begin(), pieces.end(), [](const FilePiece& a, const FilePiece& b) {
        return length(a) > length(b);
    });
    std::vector<FilePieces> partitions = packed(pieces, split, conf.open_cost);
    if (conf.partitions_max && partitions.size() > *conf.partitions_max) {
        int128 bytes = 0;
        for (const FilePiece& piece : pieces) {
            bytes += int128{length(piece)} + conf.open_cost.count;
        }
        const int128 count = *conf.partitions_max;
        return packed(pieces, (bytes + count - 1) / count, conf.open_cost);
    }
    return partitions;
}

Compression compression_of(std::string_view file_name) {
    return file_name.ends_with(".gz")    ? Compression::gzip
           : file_name.ends_with(".zst") ? Compression::zstd
                                         : Compression::none;
}

}  // namespace forkyard
