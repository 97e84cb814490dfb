#include "core/data/spilling_sort.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "core/data/batch_builder.hpp"
#include "core/data/run_heap.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

constexpr std::int64_t row_memory = 16;
constexpr std::int64_t batch_memory = 320;  // that knows its columns, of which there are some five

// Below this kind's keys, and what decides first among them: of numbers the size, which a real
// number of 56 bits gives nearly, of texts the first bytes. What this leaves open, whole keys do.
std::uint64_t with_rank(std::uint64_t rank, std::uint64_t rest) {
    return rank << 56U | rest >> 8U;
}

std::uint64_t prefix_of_number(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
    const bool negative = bits >> 63U != 0;
    return with_rank(1, negative ? ~bits : bits | std::uint64_t{1} << 63U);
}

std::uint64_t prefix_of_text(std::string_view text) {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        bytes = bytes << 8U | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
    }
    return with_rank(2, bytes);
}

std::uint64_t prefix_of(const Value& key) {
    switch (key.kind()) {
        case Kind::none:
            return 0;
        case Kind::integer:
            return prefix_of_number(static_cast<double>(key.integer()));
        case Kind::real:
            return prefix_of_number(key.real());
        case Kind::text:
            return prefix_of_text(key.text());
        case Kind::pair:
            return with_rank(3, 0);
        case Kind::list:
            return with_rank(4, 0);
    }
    return 0;
}

std::uint64_t prefix_of(const ColumnVector& keys, std::uint32_t row) {
    return keys.form() == ColumnForm::text && !keys.is_none(row) ? prefix_of_text(keys.text(row))
                                                                 : prefix_of(keys.value(row));
}

}  // namespace

Computed<std::uint64_t> SpillingSort::add(std::string_view batches) {
    std::uint64_t count = 0;
    while (!batches.empty()) {
        std::optional<Batch> opened = Batch::open(batches);
        if (!opened || !opened->has_pairs() || batches_.size() == UINT32_MAX) {
            return tl::make_unexpected(std::string{"a corrupt shuffle block"});
        }
        const std::uint32_t rows = opened->rows();
        batches_.push_back(std::move(*opened));
        for (std::uint32_t row = 0; row < rows; ++row) {
            // A spill leaves it the only one.
            const auto number = static_cast<std::uint32_t>(batches_.size() - 1);
            rows_.push_back({prefix_of(batches_.back().root().first(), row), number, row});
            const std::int64_t bytes = row_memory + (row == 0 ? batch_memory : 0);
            if (Computed<void> fits = entered(bytes); !fits) {
                return tl::make_unexpected(std::move(fits.error()));
            }
        }
        count += rows;
    }
    return count;
}

int SpillingSort::compare(const Place& a, const Place& b) const {
    auto order = a.prefix <=> b.prefix;
    if (order == 0) {
        order = forkyard::compare(a.batch->root().first(), a.row, b.batch->root().first(), b.row);
    }
    const int sign = order < 0 ? -1 : static_cast<int>(order > 0);
    return descending_ ? -sign : sign;
}

void SpillingSort::sort() {
    std::sort(rows_.begin(), rows_.end(), [this](const Row& a, const Row& b) {
        const int order = compare(place_of(a), place_of(b));
        return order != 0 ? order < 0 : std::pair{a.batch, a.row} < std::pair{b.batch, b.row};
    });
}

// The index is small beside the rows: while it is read it stays. Of the batches only the last one
// may have rows that have not entered.
Computed<bool> SpillingSort::put_away() {
    if (draining_ || rows_.empty()) {
        return false;
    }
    sort();
    RunWriter writer{store()};
    for (const Row& row : rows_) {
        if (Computed<void> written = writer.add(place_of(row).value()); !written) {
            return tl::make_unexpected(std::move(written.error()));
        }
    }
    rows_ = {};
    std::swap(batches_.front(), batches_.back());
    batches_.erase(batches_.begin() + 1, batches_.end());
    return writer.finish().map([&](std::string_view run) {
        runs_.push_back(run);
        return true;
    });
}

// The rows that come soon lie here and there; a text is found in two steps.
void SpillingSort::prefetch(std::size_t from) const {
    constexpr std::size_t words_ahead = 16;
    constexpr std::size_t bytes_ahead = 8;
    if (from + words_ahead < rows_.size()) {
        const Row& row = rows_[from + words_ahead];
        const ColumnVector& pairs = batches_[row.batch].root();
        pairs.first().prefetch_words(row.row);
        pairs.second().prefetch_words(row.row);
    }
    if (from + bytes_ahead < rows_.size()) {
        const Row& row = rows_[from + bytes_ahead];
        const ColumnVector& pairs = batches_[row.batch].root();
        pairs.first().prefetch_bytes(row.row);
        pairs.second().prefetch_bytes(row.row);
    }
}

Computed<bool> SpillingSort::drain(const Take& take) {
    draining_ = true;
    sort();
    if (!runs_.empty()) {
        return drain_merged(take);
    }
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        prefetch(i);
        if (!take(place_of(rows_[i]).value())) {
            return false;
        }
    }
    return true;
}

bool SpillingSort::advance(Run& run) {
    if (!run.rows.next_pair()) {
        return false;
    }
    const Batch& batch = run.rows.batch();
    const std::uint32_t row = run.rows.number();
    run.next = {prefix_of(batch.root().first(), row), &batch, row};
    return true;
}

Computed<bool> SpillingSort::drain_merged(const Take& take) {
    std::vector<Run> runs;
    for (const std::string_view bytes : runs_) {
        runs.push_back({BatchRows{bytes}});
    }
    std::size_t in_memory = 0;
    const std::size_t last = runs.size();
    runs.push_back({BatchRows{{}}});
    const auto next = [&](std::size_t run) {
        if (run != last) {
            return advance(runs[run]);
        }
        if (in_memory == rows_.size()) {
            return false;
        }
        runs[last].next = place_of(rows_[in_memory++]);
        return true;
    };
    RunHeap heap{
        [&](std::size_t a, std::size_t b) { return compare(runs[a].next, runs[b].next) < 0; }};
    for (std::size_t run = 0; run < runs.size(); ++run) {
        if (next(run)) {
            heap.add(run);
        }
    }
    while (!heap.empty()) {
        if (!take(runs[heap.first()].next.value())) {
            return false;
        }
        heap.move_on(next);
    }
    return std::any_of(runs.begin(), runs.end(), [](const Run& run) { return run.rows.corrupt(); })
               ? Computed<bool>{unreadable_run()}
               : true;
}

}  // namespace forkyard
