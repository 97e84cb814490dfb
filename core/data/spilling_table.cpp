#include "core/data/spilling_table.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "core/data/value_codec.hpp"

namespace forkyard {

namespace {

template <class A, class B>
bool comes_before(const A& a, const B& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.key < b.key;
}

}  // namespace

void append_list(Value& earlier, Value later) {
    List& list = earlier.list();
    list.insert(list.end(),
                std::make_move_iterator(later.list().begin()),
                std::make_move_iterator(later.list().end()));
}

// While it is drained only what is not out yet, in the order in which it would have come.
Computed<bool> SpillingTable::put_away() {
    std::vector<OrderedHashMap::Entry>& entries = table_.entries();
    if (drained_ == entries.size()) {
        return false;
    }
    if (!draining_) {
        sort();
    }
    std::string bytes;
    for (std::size_t i = drained_; i < entries.size(); ++i) {
        encode(entries[i].key, bytes);
        encode(entries[i].value, bytes);
        if (bytes.size() < written_at_once && i + 1 < entries.size()) {
            continue;
        }
        if (Computed<void> written = store().append(bytes); !written) {
            return tl::make_unexpected(std::move(written.error()));
        }
        bytes.clear();
    }
    table_ = {};
    drained_ = 0;
    return store().finish().map([&](std::string_view run) {
        if (draining_) {
            late_ = run;
        } else {
            runs_.push_back(run);
        }
        return true;
    });
}

void SpillingTable::sort() {
    std::sort(table_.entries().begin(), table_.entries().end(), [](const auto& a, const auto& b) {
        return comes_before(a, b);
    });
}

Computed<bool> SpillingTable::drain(const Take& take) {
    draining_ = true;
    if (runs_.empty()) {
        return drain_memory(take);
    }
    sort();
    return drain_merged(take);
}

Computed<bool> SpillingTable::drain_memory(const Take& take) {
    while (drained_ < table_.size()) {
        OrderedHashMap::Entry& entry = table_.entries()[drained_++];
        if (!take(std::move(entry.key), std::move(entry.value))) {
            return false;
        }
    }
    return late_ ? drain_run(*late_, take) : Computed<bool>{true};
}

Computed<bool> SpillingTable::drain_run(std::string_view run, const Take& take) {
    ByteReader rest{run};
    while (!rest.at_end()) {
        Value key = decode(rest);
        Value value = decode(rest);
        if (rest.failed()) {
            return cannot_read_again();
        }
        if (!take(std::move(key), std::move(value))) {
            return false;
        }
    }
    return true;
}

// False: there is nothing more in it.
bool SpillingTable::advance(Run& run) {
    if (run.in_memory && drained_ < table_.size()) {
        OrderedHashMap::Entry& entry = table_.entries()[drained_++];
        run.next = {std::move(entry.key), std::move(entry.value), entry.hash};
        return true;
    }
    if (run.in_memory) {
        run.in_memory = false;
        run.rest = ByteReader{late_.value_or(std::string_view{})};
    }
    if (run.rest.at_end()) {
        return false;
    }
    run.next.key = decode(run.rest);
    run.next.value = decode(run.rest);
    run.next.hash = hash_of(run.next.key);
    return true;
}

Computed<bool> SpillingTable::drain_merged(const Take& take) {
    std::vector<Run> runs;
    for (const std::string_view bytes : runs_) {
        runs.push_back({false, ByteReader{bytes}});
    }
    runs.push_back({true});
    // A heap of runs: that whose next key comes first is on top, of equal ones the earliest.
    std::vector<std::size_t> heap;
    const auto later = [&](std::size_t a, std::size_t b) {
        if (comes_before(runs[a].next, runs[b].next)) {
            return false;
        }
        return comes_before(runs[b].next, runs[a].next) || a > b;
    };
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (advance(runs[i])) {
            heap.push_back(i);
        }
    }
    std::make_heap(heap.begin(), heap.end(), later);
    const auto pop = [&] {
        std::pop_heap(heap.begin(), heap.end(), later);
        Run& run = runs[heap.back()];
        Entry entry = std::move(run.next);
        if (advance(run)) {
            std::push_heap(heap.begin(), heap.end(), later);
        } else {
            heap.pop_back();
        }
        return entry;
    };
    while (!heap.empty()) {
        Entry entry = pop();
        while (!heap.empty() && runs[heap.front()].next.hash == entry.hash &&
               runs[heap.front()].next.key == entry.key) {
            if (Computed<void> merged = merge_(entry.value, pop().value); !merged) {
                return tl::make_unexpected(std::move(merged.error()));
            }
        }
        if (!take(std::move(entry.key), std::move(entry.value))) {
            return false;
        }
    }
    return std::any_of(runs.begin(), runs.end(), [](const Run& run) { return run.rest.failed(); })
               ? Computed<bool>{cannot_read_again()}
               : true;
}

}  // namespace forkyard
