// Compressed files: all of them or an error that says why.
#include "sim/host/decompress.hpp"

#include <array>
#include <string>
#include <zlib.h>

#include <doctest/doctest.h>
#include <zstd.h>

namespace forkyard::sim::decompress_test {

namespace {

std::string gzipped(std::string text) {
    constexpr int gzip = 16;
    z_stream stream{};
    REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + gzip, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<unsigned char*>(text.data());
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<unsigned char*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

std::string zstd(const std::string& text) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1));
    return out;
}

// Does not compress well, and is longer than any buffer.
std::string long_text() {
    std::string text;
    std::uint64_t state = 1;
    while (text.size() < 1'000'000) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        text += std::to_string(state >> 33U) + "\n";
    }
    return text;
}

struct Form {
    Compression compression;
    std::string (*compress)(std::string);
};
std::string as_zstd(std::string text) {
    return zstd(text);
}
constexpr std::array forms{Form{Compression::gzip, gzipped}, Form{Compression::zstd, as_zstd}};

}  // namespace

TEST_SUITE("decompress") {
    TEST_CASE("DP-IO-04: what was compressed comes back, also in several members or frames") {
        const std::string text = long_text();
        for (const auto& [compression, compress] : forms) {
            for (const std::string& each : {text, std::string{}, std::string{"a"}}) {
                CHECK(decompress(compression, compress(each)) == each);
            }
            CHECK(decompress(compression, compress(text) + compress("") + compress("b")) ==
                  text + "b");
        }
    }

    TEST_CASE("DP-IO-04: cut off anywhere it is an error") {
        for (const auto& [compression, compress] : forms) {
            const std::string whole = compress("some text that is not very long, but long enough");
            for (std::size_t cut = 1; cut < whole.size(); ++cut) {
                const auto part = decompress(compression, std::string_view{whole}.substr(0, cut));
                REQUIRE_FALSE(part.has_value());
                CHECK(part.error().starts_with("cannot be decompressed as "));
            }
            const std::string text = long_text();
            const std::string large = compress(text);
            const auto part =
                decompress(compression, std::string_view{large}.substr(0, large.size() - 1));
            REQUIRE_FALSE(part.has_value());
            CHECK(part.error().ends_with(": it is cut off"));
        }
    }

    TEST_CASE("DP-IO-04: changed bytes are an error, and so is what was never compressed") {
        for (const auto& [compression, compress] : forms) {
            CHECK_FALSE(decompress(compression, "a plain text").has_value());
            CHECK_FALSE(decompress(compression, compress("x") + "and more").has_value());
        }
        std::string changed = gzipped(long_text());
        changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 0x55);
        CHECK_FALSE(decompress(Compression::gzip, changed).has_value());
    }
}

}  // namespace forkyard::sim::decompress_test
