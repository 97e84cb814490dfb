#include "sim/run/agenda.hpp"

namespace forkyard::sim {

void Agenda::move_on() {
    FORKYARD_CHECK(filled_ != 0, "an agenda that is asked for the next entry has one");
    const auto lowest = static_cast<std::size_t>(std::countr_zero(filled_));
    filled_ &= filled_ - 1;
    moving_.swap(buckets_[lowest]);
    now_.clear();
    at_ = 0;
    const auto [first, last] = std::minmax_element(
        moving_.begin(), moving_.end(), [](const Due& a, const Due& b) { return a.time < b.time; });
    earliest_ = first->time;
    if (last->time == earliest_) {
        now_.swap(moving_);
    } else {
        for (const Due& due : moving_) {
            if (due.time == earliest_) {
                now_.push_back(due);
            } else {
                put(due);  // nearer than before: they agree in the bit that differed
            }
        }
        moving_.clear();
    }
    // What was added in order, as tasks that end side by side are, comes in order.
    if (!std::is_sorted(now_.begin(), now_.end(), before)) {
        std::sort(now_.begin(), now_.end(), before);
    }
}

}  // namespace forkyard::sim
