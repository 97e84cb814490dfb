#include "sim/host/decompress.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <vector>
#include <zlib.h>

#include <fmt/format.h>
#include <zstd.h>

namespace forkyard::sim {

namespace {

tl::unexpected<std::string> broken(std::string_view what, std::string_view why) {
    return tl::make_unexpected(fmt::format("cannot be decompressed as {}: {}", what, why));
}

constexpr std::size_t piece_bytes = std::size_t{1} << 17U;

class Inflater {
public:
    Inflater() {
        constexpr int gzip_only = 16;
        ready_ = inflateInit2(&stream_, MAX_WBITS + gzip_only) == Z_OK;
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    Inflater(Inflater&&) = delete;
    Inflater& operator=(Inflater&&) = delete;
    ~Inflater() {
        if (ready_) {
            (void)inflateEnd(&stream_);
        }
    }

    Computed<std::string> all(std::string_view bytes) {
        if (!ready_) {
            return broken("gzip", "no memory");
        }
        std::string out;
        std::vector<unsigned char> piece(piece_bytes);
        int state = Z_STREAM_END;
        while (!bytes.empty()) {
            if (state == Z_STREAM_END) {
                (void)inflateReset(&stream_);  // the next member
            }
            state = step(bytes, piece, out);
            // Z_BUF_ERROR: it would go on with more bytes.
            if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) {
                return broken("gzip", stream_.msg == nullptr ? "it is corrupt" : stream_.msg);
            }
        }
        return state == Z_STREAM_END ? Computed<std::string>{std::move(out)}
                                     : broken("gzip", "it is cut off");
    }

private:
    // Takes as much of the bytes as fills the piece.
    int step(std::string_view& bytes, std::vector<unsigned char>& piece, std::string& out) {
        const std::size_t given =
            std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
        // zlib's pointer is to bytes that it does not change.
        stream_.next_in = const_cast<unsigned char*>(  // NOLINT(cppcoreguidelines-*)
            reinterpret_cast<const unsigned char*>(bytes.data()));
        stream_.avail_in = static_cast<uInt>(given);
        int state = Z_OK;
        do {
            stream_.next_out = piece.data();
            stream_.avail_out = static_cast<uInt>(piece.size());
            state = inflate(&stream_, Z_NO_FLUSH);
            out.append(piece.begin(), piece.end() - stream_.avail_out);
        } while (state == Z_OK && stream_.avail_out == 0);
        bytes.remove_prefix(given - stream_.avail_in);
        return state;
    }

    z_stream stream_{};
    bool ready_ = false;
};

Computed<std::string> decompress_zstd(std::string_view bytes) {
    const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> stream{ZSTD_createDCtx(),
                                                                         ZSTD_freeDCtx};
    std::string out;
    std::vector<char> piece(ZSTD_DStreamOutSize());
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (true) {
        ZSTD_outBuffer to{piece.data(), piece.size(), 0};
        const std::size_t left = ZSTD_decompressStream(stream.get(), &to, &in);
        if (ZSTD_isError(left) != 0) {
            return broken("zstd", ZSTD_getErrorName(left));
        }
        out.append(piece.data(), to.pos);
        const bool all_taken = in.pos == in.size && to.pos < to.size;
        if (all_taken && left == 0) {
            return out;
        }
        if (all_taken) {
            return broken("zstd", "it is cut off");
        }
    }
}

}  // namespace

Computed<std::string> decompress(Compression compression, std::string_view bytes) {
    return compression == Compression::gzip ? Inflater{}.all(bytes) : decompress_zstd(bytes);
}

}  // namespace forkyard::sim
