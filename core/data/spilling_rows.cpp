#include "core/data/spilling_rows.hpp"

#include <utility>

namespace forkyard {

Computed<void> SpillingRows::add(const Value& row) {
    ++left_;
    return entered(writer_.add(row));
}

bool SpillingRows::go_on() {
    while (!rows_.next()) {
        if (rows_.corrupt() || run_ == runs_.size()) {
            return false;
        }
        rows_ = BatchRows{runs_[run_++]};
    }
    return true;
}

Computed<Value> SpillingRows::next() {
    if (!std::exchange(reading_, true)) {
        behind_ = joined(writer_.take_all());
        runs_.emplace_back(behind_);
    }
    if (!go_on()) {
        return unreadable_run();
    }
    --left_;
    return rows_.row();
}

Computed<bool> SpillingRows::put_away() {
    if (reading_ ? behind_.empty() : left_ == 0) {
        return false;
    }
    const Computed<void> written =
        reading_ ? store().append(behind_) : append(store(), writer_.take_all());
    if (!written) {
        return tl::make_unexpected(written.error());
    }
    return store().finish().map([&](std::string_view run) {
        if (!reading_) {
            runs_.push_back(run);
            return true;
        }
        runs_.back() = run;
        if (run_ == runs_.size()) {
            rows_ = rows_.in(run);
        }
        behind_ = {};
        return true;
    });
}

}  // namespace forkyard
