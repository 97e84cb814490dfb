// Which of several sorted runs has the entry that comes next; of equal ones the earliest run.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace forkyard {

// `comes_before(a, b)`: whether the next entry of run a comes before that of run b.
template <class ComesBefore>
class RunHeap {
public:
    explicit RunHeap(ComesBefore comes_before) : comes_before_{std::move(comes_before)} {}

    // A run that has a next entry, by its number.
    void add(std::size_t run) {
        heap_.push_back(run);
        std::push_heap(heap_.begin(), heap_.end(), later());
    }
    [[nodiscard]] bool empty() const { return heap_.empty(); }
    [[nodiscard]] std::size_t first() const { return heap_.front(); }
    // That run's entry is used: `advance(run)` goes to the next, or says that there is none.
    template <class Advance>
    void move_on(Advance advance) {
        std::pop_heap(heap_.begin(), heap_.end(), later());
        if (advance(heap_.back())) {
            std::push_heap(heap_.begin(), heap_.end(), later());
        } else {
            heap_.pop_back();
        }
    }

private:
    [[nodiscard]] auto later() const {
        return [this](std::size_t a, std::size_t b) {
            return comes_before_(b, a) || (!comes_before_(a, b) && a > b);
        };
    }

    ComesBefore comes_before_;
    std::vector<std::size_t> heap_{};
};

}  // namespace forkyard
