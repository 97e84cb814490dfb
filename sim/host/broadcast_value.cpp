#include "sim/host/broadcast_value.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <fmt/format.h>
#include <zstd.h>

#include "core/check.hpp"
#include "core/data/value_codec.hpp"
#include "sim/host/decompress.hpp"

namespace forkyard::sim {

namespace {

// The fastest: what is broadcast is sent soon.
constexpr int level = 1;

std::string compressed(const std::string& bytes) {
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size =
        ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
    FORKYARD_CHECK(ZSTD_isError(size) == 0, "there is room for what zstd makes of a value");
    out.resize(size);
    return out;
}

}  // namespace

std::vector<std::int64_t> BroadcastValue::sizes() const {
    std::vector<std::int64_t> out;
    for (const std::string& piece : pieces) {
        out.push_back(static_cast<std::int64_t>(piece.size()));
    }
    return out;
}

BroadcastValue cut_broadcast(const Value& value, const BroadcastConf& conf) {
    std::string bytes;
    encode(value, bytes);
    if (conf.compress) {
        bytes = compressed(bytes);
    }
    BroadcastValue out{{}, conf.compress, conf.checksum};
    const auto size = static_cast<std::size_t>(conf.block_size.count);
    for (std::size_t begin = 0; begin < bytes.size(); begin += size) {
        out.pieces.push_back(bytes.substr(begin, size));
    }
    return out;
}

Computed<Value> join_broadcast(std::span<const std::string_view> pieces, bool compressed) {
    std::string bytes;
    for (const std::string_view piece : pieces) {
        bytes += piece;
    }
    if (compressed) {
        Computed<std::string> whole = decompress(Compression::zstd, bytes);
        if (!whole) {
            return tl::make_unexpected(
                fmt::format("the value of a broadcast variable {}", whole.error()));
        }
        bytes = std::move(*whole);
    }
    ByteReader reader{bytes};
    Value value = decode(reader);
    if (reader.failed() || !reader.at_end()) {
        return tl::make_unexpected(std::string{"the value of a broadcast variable is corrupt"});
    }
    return value;
}

}  // namespace forkyard::sim
