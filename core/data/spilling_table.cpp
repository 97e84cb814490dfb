#include "core/data/spilling_table.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "core/data/batch_builder.hpp"
#include "core/data/run_heap.hpp"

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
    RunWriter writer{store()};
    for (std::size_t i = drained_; i < entries.size(); ++i) {
        if (Computed<void> written = writer.add_pair(entries[i].key, entries[i].value); !written) {
            return tl::make_unexpected(std::move(written.error()));
        }
    }
    table_ = {};
    drained_ = 0;
    return writer.finish().map([&](std::string_view run) {
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
    BatchRows rest{run};
    while (rest.next_pair()) {
        Value row = rest.row();
        if (!take(std::move(row.first()), std::move(row.second()))) {
            return false;
        }
    }
    return rest.corrupt() ? unreadable_run() : Computed<bool>{true};
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
        run.rest = BatchRows{late_.value_or(std::string_view{})};
    }
    if (!run.rest.next_pair()) {
        return false;
    }
    Value row = run.rest.row();
    run.next.key = std::move(row.first());
    run.next.value = std::move(row.second());
    run.next.hash = hash_of(run.next.key);
    return true;
}

Computed<bool> SpillingTable::drain_merged(const Take& take) {
    std::vector<Run> runs;
    for (const std::string_view bytes : runs_) {
        runs.push_back({false, BatchRows{bytes}});
    }
    runs.push_back({true});
    RunHeap heap{
        [&](std::size_t a, std::size_t b) { return comes_before(runs[a].next, runs[b].next); }};
    for (std::size_t run = 0; run < runs.size(); ++run) {
        if (advance(runs[run])) {
            heap.add(run);
        }
    }
    const auto pop = [&] {
        Entry entry = std::move(runs[heap.first()].next);
        heap.move_on([&](std::size_t run) { return advance(runs[run]); });
        return entry;
    };
    while (!heap.empty()) {
        Entry entry = pop();
        while (!heap.empty() && runs[heap.first()].next.hash == entry.hash &&
               runs[heap.first()].next.key == entry.key) {
            if (Computed<void> merged = merge_(entry.value, pop().value); !merged) {
                return tl::make_unexpected(std::move(merged.error()));
            }
        }
        if (!take(std::move(entry.key), std::move(entry.value))) {
            return false;
        }
    }
    return std::any_of(runs.begin(), runs.end(), [](const Run& run) { return run.rest.corrupt(); })
               ? Computed<bool>{unreadable_run()}
               : true;
}

}  // namespace forkyard
