#include "core/data/spilling_sort.hpp"

#include <algorithm>
#include <bit>
#include <compare>
#include <string>
#include <utility>

#include "core/data/bytes.hpp"
#include "core/data/value_codec.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

constexpr std::int64_t row_memory = 24;

tl::unexpected<std::string> corrupt() {
    return tl::make_unexpected(std::string{"a corrupt shuffle block"});
}

// Below this kind's keys, and what decides first among them: of numbers the size, which a real
// number of 56 bits gives nearly, of texts the first bytes. What this leaves open, whole keys do.
std::uint64_t prefix_of(ByteReader key) {
    const auto with = [](std::uint64_t rank, std::uint64_t rest) {
        return rank << 56U | rest >> 8U;
    };
    const auto number = [&](double value) {
        const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
        const bool negative = bits >> 63U != 0;
        return with(1, negative ? ~bits : bits | std::uint64_t{1} << 63U);
    };
    switch (static_cast<Kind>(key.byte())) {
        case Kind::none:
            return 0;
        case Kind::integer:
            return number(static_cast<double>(key.signed_integer()));
        case Kind::real:
            return number(key.real());
        case Kind::text: {
            const std::string_view text = key.text();
            std::uint64_t bytes = 0;
            for (std::size_t i = 0; i < 8; ++i) {
                bytes = bytes << 8U | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
            }
            return with(2, bytes);
        }
        case Kind::pair:
            return with(3, 0);
        case Kind::list:
            return with(4, 0);
    }
    return 0;
}

// What follows the tag of a pair.
ByteReader key_of(std::string_view row) {
    return ByteReader{row.substr(1)};
}

std::strong_ordering compare_keys(std::string_view a, std::string_view b) {
    ByteReader left = key_of(a);
    ByteReader right = key_of(b);
    return decode(left) <=> decode(right);
}

// The first row of these; empty: there is none.
std::string_view first_row(std::string_view rows) {
    ByteReader reader{rows};
    skip_value(reader);
    return reader.failed() ? std::string_view{} : rows.substr(0, rows.size() - reader.left());
}

}  // namespace

Computed<std::uint64_t> SpillingSort::add(std::string_view rows) {
    std::uint64_t count = 0;
    while (!rows.empty()) {
        const std::string_view row = first_row(rows);
        if (row.empty() || static_cast<Kind>(row.front()) != Kind::pair ||
            row.size() > UINT32_MAX) {
            return corrupt();
        }
        rows_.push_back({prefix_of(key_of(row)),
                         row.data(),
                         static_cast<std::uint32_t>(row.size()),
                         static_cast<std::uint32_t>(rows_.size())});
        if (Computed<void> fits = entered(row_memory); !fits) {
            return tl::make_unexpected(std::move(fits.error()));
        }
        rows.remove_prefix(row.size());
        ++count;
    }
    return count;
}

int SpillingSort::compare(const Row& a, const Row& b) const {
    auto order = a.prefix <=> b.prefix;
    if (order == 0) {
        order = compare_keys(a.bytes(), b.bytes());
    }
    const int sign = order < 0 ? -1 : static_cast<int>(order > 0);
    return descending_ ? -sign : sign;
}

void SpillingSort::sort() {
    std::sort(rows_.begin(), rows_.end(), [this](const Row& a, const Row& b) {
        const int order = compare(a, b);
        return order != 0 ? order < 0 : a.number < b.number;
    });
}

// The index is small beside the rows: while it is read it stays.
Computed<bool> SpillingSort::put_away() {
    if (draining_ || rows_.empty()) {
        return false;
    }
    sort();
    std::string bytes;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        bytes += rows_[i].bytes();
        if (bytes.size() < written_at_once && i + 1 < rows_.size()) {
            continue;
        }
        if (Computed<void> written = store().append(bytes); !written) {
            return tl::make_unexpected(std::move(written.error()));
        }
        bytes.clear();
    }
    rows_ = {};
    return store().finish().map([&](std::string_view run) {
        runs_.push_back(run);
        return true;
    });
}

Computed<bool> SpillingSort::drain(const Take& take) {
    draining_ = true;
    sort();
    if (!runs_.empty()) {
        return drain_merged(take);
    }
    for (const Row& row : rows_) {
        ByteReader reader{row.bytes()};
        if (!take(decode(reader))) {
            return false;
        }
    }
    return true;
}

bool SpillingSort::advance(Run& run) {
    const std::string_view row = first_row(run.rest);
    if (row.empty()) {
        return false;
    }
    run.next = {prefix_of(key_of(row)), row.data(), static_cast<std::uint32_t>(row.size()), 0};
    run.rest.remove_prefix(row.size());
    return true;
}

Computed<bool> SpillingSort::drain_merged(const Take& take) {
    std::vector<Run> runs;
    for (const std::string_view bytes : runs_) {
        runs.push_back({bytes});
    }
    std::size_t in_memory = 0;
    const std::size_t last = runs.size();
    runs.push_back({});
    const auto next = [&](std::size_t run) {
        if (run != last) {
            return advance(runs[run]);
        }
        if (in_memory == rows_.size()) {
            return false;
        }
        runs[last].next = rows_[in_memory++];
        return true;
    };
    std::vector<std::size_t> heap;
    const auto later = [&](std::size_t a, std::size_t b) {
        const int order = compare(runs[a].next, runs[b].next);
        return order != 0 ? order > 0 : a > b;
    };
    for (std::size_t run = 0; run < runs.size(); ++run) {
        if (next(run)) {
            heap.push_back(run);
        }
    }
    std::make_heap(heap.begin(), heap.end(), later);
    while (!heap.empty()) {
        std::pop_heap(heap.begin(), heap.end(), later);
        const std::size_t run = heap.back();
        ByteReader reader{runs[run].next.bytes()};
        if (!take(decode(reader))) {
            return false;
        }
        if (next(run)) {
            std::push_heap(heap.begin(), heap.end(), later);
        } else {
            heap.pop_back();
        }
    }
    return std::all_of(runs.begin(), runs.end(), [](const Run& run) { return run.rest.empty(); })
               ? Computed<bool>{true}
               : cannot_read_again();
}

}  // namespace forkyard
