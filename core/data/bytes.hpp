// Numbers and texts to bytes and back: the alphabet of every encoding of the data plane.
//
// Integers are LEB128 (signed ones zigzag first), reals 8 bytes little-endian, texts
// their length and bytes. A reader never reads past its end: a failed read gives zero
// and sticks, so a decoder checks once. Depends on no byte order of the machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace forkyard {

inline void put_varint(std::string& out, std::uint64_t value) {
    while (value >= 0x80U) {
        out.push_back(static_cast<char>(value | 0x80U));
        value >>= 7U;
    }
    out.push_back(static_cast<char>(value));
}

inline void put_signed(std::string& out, std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    put_varint(out, (bits << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

inline void put_text(std::string& out, std::string_view text) {
    put_varint(out, text.size());
    out.append(text);
}

void put_real(std::string& out, double value);

class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : bytes_{bytes} {}

    [[nodiscard]] std::uint8_t byte();
    [[nodiscard]] std::uint64_t varint();
    [[nodiscard]] std::int64_t signed_integer();
    [[nodiscard]] double real();
    [[nodiscard]] std::string_view text();
    // A count of things of at least one byte each: never more than there are bytes left.
    [[nodiscard]] std::uint64_t count();
    // A number below `limit`, such as an enumerator.
    [[nodiscard]] std::uint64_t below(std::uint64_t limit);

    void fail() {
        failed_ = true;
        at_ = bytes_.size();
    }
    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }
    [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }

private:
    std::string_view bytes_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

}  // namespace forkyard
