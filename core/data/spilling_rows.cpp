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
    const std::string batches = reading_ ? std::move(behind_) : joined(writer_.take_all());
    behind_.clear();
    if (batches.empty()) {
        return false;
    }
    if (Computed<void> written = store().append(batches); !written) {
        return tl::make_unexpected(std::move(written.error()));
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
        return true;
    });
}

}  // namespace forkyard
