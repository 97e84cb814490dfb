#include "core/data/spillable.hpp"

namespace forkyard {

Computed<void> Spillable::look() {
    if (size_ >= threshold_) {
        const Computed<std::int64_t> granted = memory_.acquire(*this, 2 * size_ - threshold_);
        if (!granted) {
            return tl::make_unexpected(granted.error());
        }
        threshold_ += *granted;
    }
    if (size_ < threshold_ && records_ <= records_max_) {
        return {};
    }
    return put_all_away().map([](bool /*it can, while it grows*/) {});
}

Computed<std::int64_t> Spillable::spill(std::int64_t /*wanted*/) {
    const std::int64_t held = threshold_ - memory_.limits().unasked;
    return put_all_away().map([&](bool done) { return done ? held : 0; });
}

Computed<bool> Spillable::put_all_away() {
    const std::int64_t before = store_.appended();
    Computed<bool> done = put_away();
    if (done && *done) {
        if (as_ == PutAway::spilled) {
            memory_.spilled({size_, store_.appended() - before});
        }
        memory_.release(*this, threshold_ - memory_.limits().unasked);
        threshold_ = memory_.limits().unasked;
        size_ = 0;
        records_ = 0;
    }
    return done;
}

}  // namespace forkyard
