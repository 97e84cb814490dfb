// A ring of byte records between one writer and one reader in two processes.
//
// The release store of the tail is the only commit point: a writer killed at any
// instruction leaves whole records or none. Indices run freely over 64 bits; each
// side keeps its own and a cached copy of the peer's in process memory. A record is
// {u32 length, u16 type, u16 flags}, the payload, and zero to seven bytes up to the
// next multiple of 8; a padding record fills the end when one does not fit there.
// No waiting here (sim/ipc/wakeup.hpp), and no meaning of types. A peer may write
// anything: the reader checks every length and reports corruption, once and for all.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

#include "core/check.hpp"

namespace forkyard::sim {

// Fixed, as it is part of a layout: two 64-byte lines, since processors fetch the
// neighbour as well. std::hardware_destructive_interference_size may change.
inline constexpr std::size_t line_bytes = 128;

struct RingControl {
    alignas(line_bytes) std::atomic<std::uint64_t> head;  // the reader's
    alignas(line_bytes) std::atomic<std::uint64_t> tail;  // the writer's
    alignas(
        line_bytes) std::atomic<std::uint64_t> claimed;  // the writer's; beyond tail: unpublished
};
static_assert(sizeof(RingControl) == 3 * line_bytes);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// How far ahead of itself each side asks for the ring's cache lines, bytes. Found by trying:
// with both a stream of small records is a quarter faster, with one of them little or slower.
inline constexpr std::uint64_t write_ahead = 4096;
inline constexpr std::uint64_t read_ahead = 1024;

// Where a ring lies in this process. The capacity is a power of two.
struct RingMemory {
    RingControl* control = nullptr;
    std::byte* bytes = nullptr;
    std::uint64_t capacity = 0;

    // Only with nobody attached at either end.
    void reset() const noexcept {
        control->head.store(0, std::memory_order_relaxed);
        control->tail.store(0, std::memory_order_relaxed);
        control->claimed.store(0, std::memory_order_release);
    }
    // Of a writer that is dead: it had begun records that it never published.
    [[nodiscard]] bool left_unpublished() const noexcept {
        const auto tail = control->tail.load(std::memory_order_acquire);
        const auto claimed = control->claimed.load(std::memory_order_acquire);
        return claimed != tail && claimed - tail <= 2 * capacity;
    }
};

struct RecordHeader {
    std::uint32_t length;  // of the payload, bytes
    std::uint16_t type;
    std::uint16_t flags;

    // Written and read as one word: pieces would make the reader wait for the stores.
    [[nodiscard]] constexpr std::uint64_t word() const noexcept {
        return length | std::uint64_t{type} << 32 | std::uint64_t{flags} << 48;
    }
    [[nodiscard]] static constexpr RecordHeader of(std::uint64_t word) noexcept {
        return {.length = static_cast<std::uint32_t>(word),
                .type = static_cast<std::uint16_t>(word >> 32),
                .flags = static_cast<std::uint16_t>(word >> 48)};
    }
};
inline constexpr std::uint64_t header_bytes = 8;

inline constexpr std::uint16_t flag_more = 1;            // the message goes on in the next record
inline constexpr std::uint16_t flag_padding = 0x8000;    // skip to the start of the ring
inline constexpr std::uint64_t ring_capacity_min = 256;  // bytes

// With header and rounding, so that a ring always holds three records and a padding.
[[nodiscard]] constexpr std::uint64_t record_bytes_max(std::uint64_t capacity) noexcept {
    return capacity / 4;
}
[[nodiscard]] constexpr std::uint64_t payload_bytes_max(std::uint64_t capacity) noexcept {
    return record_bytes_max(capacity) - header_bytes;
}
[[nodiscard]] constexpr std::uint64_t record_bytes(std::uint64_t payload) noexcept {
    return header_bytes + ((payload + 7) & ~std::uint64_t{7});
}

enum class PushResult : std::uint8_t {
    ok,
    full,      // nothing was written; try again when the reader has moved
    too_long,  // never fits: split it
};

class RingWriter {
public:
    RingWriter() = default;
    // Goes on where the last writer published; what that one left unpublished is gone.
    explicit RingWriter(RingMemory memory) noexcept
        : memory_{memory},
          payload_max_{payload_bytes_max(memory.capacity)},
          tail_{memory.control->tail.load(std::memory_order_relaxed)},
          limit_{tail_},
          published_{tail_},
          cached_head_{memory.control->head.load(std::memory_order_acquire)} {
        memory_.control->claimed.store(tail_, std::memory_order_relaxed);
    }

    struct Claim {
        PushResult result = PushResult::full;
        std::span<std::byte> bytes;  // to be filled before commit(); empty unless ok
    };
    // Room for one record. A second claim before commit() replaces the first.
    [[nodiscard]] Claim claim(std::uint16_t type,
                              std::size_t length,
                              std::uint16_t flags = 0) noexcept {
        if (length > payload_max_) [[unlikely]] {
            return {PushResult::too_long, {}};
        }
        const auto need = record_bytes(length);
        if (need > limit_ - tail_ && !open_room(need)) [[unlikely]] {
            return {PushResult::full, {}};
        }
        const auto place = memory_.bytes + position(tail_);
        claim_end_ = tail_ + need;
        __builtin_prefetch(memory_.bytes + position(tail_ + write_ahead), 1);
        write_header(place, {static_cast<std::uint32_t>(length), type, flags});
        return {PushResult::ok, {place + header_bytes, length}};
    }
    void commit() noexcept { tail_ = claim_end_; }

    PushResult push(std::uint16_t type,
                    std::span<const std::byte> payload,
                    std::uint16_t flags = 0) noexcept {
        const auto claimed = claim(type, payload.size(), flags);
        if (claimed.result == PushResult::ok) {
            if (!payload.empty()) {
                std::memcpy(claimed.bytes.data(), payload.data(), payload.size());
            }
            commit();
        }
        return claimed.result;
    }

    // Makes everything committed so far visible; false if there was nothing new.
    bool publish() noexcept {
        if (tail_ == published_) {
            return false;
        }
        memory_.control->tail.store(tail_, std::memory_order_release);
        published_ = tail_;
        limit_ = tail_;  // so that the next batch begins in open_room()
        return true;
    }

    [[nodiscard]] std::uint64_t payload_max() const noexcept { return payload_max_; }
    // Would a record of this payload fit now? Looks at the reader's index afresh.
    [[nodiscard]] bool has_room(std::size_t length) noexcept {
        const auto need = record_bytes(length);
        return find_room(padding_before(need) + need);
    }

private:
    [[nodiscard]] std::uint64_t position(std::uint64_t index) const noexcept {
        return index & (memory_.capacity - 1);
    }
    [[nodiscard]] std::uint64_t padding_before(std::uint64_t need) const noexcept {
        const auto to_end = memory_.capacity - position(tail_);
        return need > to_end ? to_end : 0;
    }
    static void write_header(std::byte* place, RecordHeader header) noexcept {
        const auto word = header.word();
        std::memcpy(place, &word, sizeof word);
    }

    // The rare part of a claim: the first record of a batch, the end of the ring, or the
    // end of the room known so far. Sets limit_, up to which claims need no further look.
    [[gnu::always_inline]] bool open_room(std::uint64_t need) noexcept {
        const auto padding = padding_before(need);
        const auto room = padding + need;
        if (tail_ + room - cached_head_ > memory_.capacity && !find_room(room)) {
            return false;
        }
        if (tail_ == published_) {
            memory_.control->claimed.store(tail_ + room, std::memory_order_relaxed);
            // Only against the compiler: a killed writer's own stores keep their order.
            std::atomic_signal_fence(std::memory_order_seq_cst);
        }
        if (padding != 0) {
            write_header(memory_.bytes + position(tail_),
                         {static_cast<std::uint32_t>(padding - header_bytes), 0, flag_padding});
            tail_ += padding;
        }
        limit_ =
            std::min(cached_head_ + memory_.capacity, tail_ + memory_.capacity - position(tail_));
        return true;
    }
    // A head that is not within one capacity behind us is garbage, and means "full".
    [[nodiscard, gnu::always_inline]] bool find_room(std::uint64_t need) noexcept {
        const auto head = memory_.control->head.load(std::memory_order_acquire);
        if (tail_ - head > memory_.capacity) {
            return false;
        }
        cached_head_ = head;
        return tail_ + need - head <= memory_.capacity;
    }

    RingMemory memory_;
    std::uint64_t payload_max_ = 0;
    std::uint64_t tail_ = 0;
    std::uint64_t limit_ = 0;
    std::uint64_t claim_end_ = 0;
    std::uint64_t published_ = 0;
    std::uint64_t cached_head_ = 0;
};

struct DrainResult {
    std::size_t records = 0;
    bool corrupt = false;  // sticky: nothing will ever be read from this ring again
};

class RingReader {
public:
    RingReader() = default;
    // Goes on at the shared head. The cached tail starts there too, never at zero: it
    // must not be taken for a promise about bytes that nobody has published.
    explicit RingReader(RingMemory memory) noexcept
        : memory_{memory},
          head_{memory.control->head.load(std::memory_order_relaxed)},
          cached_tail_{head_},
          corrupt_{head_ % 8 != 0} {}

    // Hands every published record, at most records_max, to
    // handler(type, flags, span<const byte>); a handler that returns bool ends the
    // drain with false (its record counts as read). The span is the peer's memory: it
    // is good until the handler returns, and must be copied before it is checked.
    // The head is released once, at the end.
    template <class Handler>
    DrainResult drain(Handler&& handler,
                      std::size_t records_max = std::numeric_limits<std::size_t>::max()) {
        DrainResult result;
        if (!refresh()) {
            return {0, corrupt_};
        }
        const auto memory = memory_;
        const auto payload_max = payload_bytes_max(memory.capacity);
        auto head = head_;
        auto stop = contiguous_end(head);
        while (head != cached_tail_ && result.records < records_max) {
            const auto place = memory.bytes + (head & (memory.capacity - 1));
            std::uint64_t word = 0;
            std::memcpy(&word, place, sizeof word);
            const auto header = RecordHeader::of(word);
            const auto size = record_bytes(header.length);
            if (size > stop - head || header.flags > flag_more || header.length > payload_max)
                [[unlikely]] {
                if (header.flags != flag_padding || size != to_end(head) || size > stop - head) {
                    corrupt_ = true;
                    break;
                }
                head += size;
                stop = contiguous_end(head);
                continue;
            }
            __builtin_prefetch(memory.bytes + ((head + read_ahead) & (memory.capacity - 1)));
            head += size;
            if (head == stop) {
                stop = contiguous_end(head);
            }
            ++result.records;
            if (!deliver(handler, header, {place + header_bytes, header.length})) {
                break;
            }
        }
        if (head != head_) {
            head_ = head;
            memory.control->head.store(head, std::memory_order_release);
        }
        result.corrupt = corrupt_;
        return result;
    }

    // Something is published that has not been drained (or the ring is corrupt).
    [[nodiscard]] bool has_records() const noexcept {
        return memory_.control->tail.load(std::memory_order_acquire) != head_;
    }
    [[nodiscard]] bool corrupt() const noexcept { return corrupt_; }

private:
    // Looks for more; false when there is nothing to read.
    bool refresh() noexcept {
        if (corrupt_) {
            return false;
        }
        // The record comes along with the tail that tells of it, not after it.
        __builtin_prefetch(memory_.bytes + (head_ & (memory_.capacity - 1)));
        const auto tail = memory_.control->tail.load(std::memory_order_acquire);
        if (tail - head_ > memory_.capacity || tail % 8 != 0) {
            corrupt_ = true;
            return false;
        }
        cached_tail_ = tail;
        return head_ != cached_tail_;
    }

    [[nodiscard]] std::uint64_t to_end(std::uint64_t head) const noexcept {
        return memory_.capacity - (head & (memory_.capacity - 1));
    }
    // How far one can read from head without turning at the end of the ring.
    [[nodiscard]] std::uint64_t contiguous_end(std::uint64_t head) const noexcept {
        return head + std::min(cached_tail_ - head, to_end(head));
    }

    template <class Handler>
    static bool deliver(Handler& handler, RecordHeader header, std::span<const std::byte> payload) {
        if constexpr (std::is_void_v<decltype(handler(header.type, header.flags, payload))>) {
            handler(header.type, header.flags, payload);
            return true;
        } else {
            return handler(header.type, header.flags, payload);
        }
    }

    RingMemory memory_;
    std::uint64_t head_ = 0;
    std::uint64_t cached_tail_ = 0;
    bool corrupt_ = false;
};

}  // namespace forkyard::sim
