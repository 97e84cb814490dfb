// A ring in plain memory of this process, and records whose every word tells where it
// belongs.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "sim/ipc/ring.hpp"

namespace forkyard::sim {

class PlainRing {
public:
    explicit PlainRing(std::uint64_t capacity)
        : control_{std::make_unique<RingControl>()}, bytes_(capacity) {
        memory().reset();
    }
    [[nodiscard]] RingMemory memory() { return {control_.get(), bytes_.data(), bytes_.size()}; }
    [[nodiscard]] RingWriter writer() { return RingWriter{memory()}; }
    [[nodiscard]] RingReader reader() { return RingReader{memory()}; }

private:
    std::unique_ptr<RingControl> control_;
    std::vector<std::byte> bytes_;
};

inline constexpr std::size_t words_max = 128;

// Word i of record n is n * 1000 + i. The span is good until the next call.
inline std::span<const std::byte> words(std::uint64_t record, std::size_t count) {
    thread_local std::array<std::uint64_t, words_max> buffer{};
    for (std::size_t i = 0; i < count; ++i) {
        buffer[i] = record * 1000 + i;
    }
    return std::as_bytes(std::span{buffer}.first(count));
}

inline std::vector<std::byte> words_vector(std::uint64_t record, std::size_t count) {
    const auto bytes = words(record, count);
    return {bytes.begin(), bytes.end()};
}

inline bool is_words(std::span<const std::byte> bytes, std::uint64_t record, std::size_t count) {
    return std::ranges::equal(bytes, words(record, count));
}

inline void write_word(std::byte* place, std::uint64_t word) {
    std::memcpy(place, &word, sizeof word);
}

using Records = std::vector<std::pair<std::uint16_t, std::vector<std::byte>>>;

inline Records read_all(RingReader& reader) {
    Records out;
    (void)reader.drain([&](std::uint16_t type, auto, std::span<const std::byte> bytes) {
        out.emplace_back(type, std::vector<std::byte>{bytes.begin(), bytes.end()});
    });
    return out;
}

}  // namespace forkyard::sim
