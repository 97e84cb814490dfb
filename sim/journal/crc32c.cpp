#include "sim/journal/crc32c.hpp"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace forkyard::sim {

namespace {

// Slicing by 8: eight tables, eight bytes a step.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
    Tables tables{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
        }
        tables[0][i] = crc;
    }
    for (std::uint32_t i = 0; i < 256; ++i) {
        for (std::size_t t = 1; t < 8; ++t) {
            const std::uint32_t before = tables[t - 1][i];
            tables[t][i] = (before >> 8U) ^ tables[0][before & 0xFFU];
        }
    }
    return tables;
}

constexpr Tables tables = make_tables();

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

std::uint32_t by_tables(std::uint32_t crc, std::string_view bytes) {
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        const std::uint32_t low =
            crc ^ (byte_at(bytes, at) | (byte_at(bytes, at + 1) << 8U) |
                   (byte_at(bytes, at + 2) << 16U) | (byte_at(bytes, at + 3) << 24U));
        crc = tables[7][low & 0xFFU] ^ tables[6][(low >> 8U) & 0xFFU] ^
              tables[5][(low >> 16U) & 0xFFU] ^ tables[4][low >> 24U] ^
              tables[3][byte_at(bytes, at + 4)] ^ tables[2][byte_at(bytes, at + 5)] ^
              tables[1][byte_at(bytes, at + 6)] ^ tables[0][byte_at(bytes, at + 7)];
    }
    for (; at < bytes.size(); ++at) {
        crc = (crc >> 8U) ^ tables[0][(crc ^ byte_at(bytes, at)) & 0xFFU];
    }
    return crc;
}

#if defined(__x86_64__)
// Processors have an instruction for it since 2008.
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::uint32_t crc,
                                                               std::string_view bytes) {
    std::uint64_t sum = crc;
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, sizeof word);
        sum = _mm_crc32_u64(sum, word);
    }
    return by_tables(static_cast<std::uint32_t>(sum), bytes.substr(at));
}
#endif

}  // namespace

std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2") != 0) {
        return ~by_instruction(~crc, bytes);
    }
#endif
    return ~by_tables(~crc, bytes);
}

}  // namespace forkyard::sim
