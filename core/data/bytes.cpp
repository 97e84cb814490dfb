#include "core/data/bytes.hpp"

#include <bit>

namespace forkyard {

void put_real(std::string& out, double value) {
    auto bits = std::bit_cast<std::uint64_t>(value);
    for (int i = 0; i < 8; ++i) {
        out.push_back(static_cast<char>(bits & 0xFFU));
        bits >>= 8U;
    }
}

std::uint8_t ByteReader::byte() {
    if (at_ == bytes_.size()) {
        fail();
        return 0;
    }
    return static_cast<std::uint8_t>(bytes_[at_++]);
}

std::uint64_t ByteReader::varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const std::uint8_t next = byte();
        value |= std::uint64_t{next & 0x7FU} << shift;
        if ((next & 0x80U) == 0) {
            if (shift == 63 && next > 1) {
                break;  // more than 64 bits
            }
            return failed_ ? 0 : value;
        }
    }
    fail();
    return 0;
}

std::int64_t ByteReader::signed_integer() {
    const std::uint64_t bits = varint();
    return static_cast<std::int64_t>((bits >> 1U) ^ (0 - (bits & 1U)));
}

double ByteReader::real() {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < 8; ++i) {
        bits |= std::uint64_t{byte()} << (8 * i);
    }
    return failed_ ? 0.0 : std::bit_cast<double>(bits);
}

std::string_view ByteReader::text() {
    const std::uint64_t size = count();
    const std::string_view out = bytes_.substr(at_, size);
    at_ += size;
    return out;
}

std::uint64_t ByteReader::count() {
    const std::uint64_t value = varint();
    if (value > left()) {
        fail();
        return 0;
    }
    return value;
}

std::uint64_t ByteReader::below(std::uint64_t limit) {
    const std::uint64_t value = varint();
    if (value >= limit) {
        fail();
        return 0;
    }
    return value;
}

}  // namespace forkyard
