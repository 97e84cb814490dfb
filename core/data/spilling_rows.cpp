#include "core/data/spilling_rows.hpp"

#include <utility>

#include "core/data/bytes.hpp"
#include "core/data/value_codec.hpp"

namespace forkyard {

Computed<void> SpillingRows::add(const Value& row) {
    const std::size_t before = bytes_.size();
    encode(row, bytes_);
    ++left_;
    return entered(static_cast<std::int64_t>(bytes_.size() - before));
}

Computed<Value> SpillingRows::next() {
    while (run_ < runs_.size() && at_ >= runs_[run_].size()) {
        ++run_;
        at_ = 0;
    }
    const std::string_view all = run_ < runs_.size() ? runs_[run_] : std::string_view{bytes_};
    ByteReader reader{all.substr(at_)};
    Value row = decode(reader);
    if (reader.failed()) {
        return unreadable_run();
    }
    at_ = all.size() - reader.left();
    --left_;
    return row;
}

Computed<bool> SpillingRows::put_away() {
    if (bytes_.empty()) {
        return false;
    }
    if (Computed<void> written = store().append(bytes_); !written) {
        return tl::make_unexpected(std::move(written.error()));
    }
    bytes_ = {};
    return store().finish().map([&](std::string_view run) {
        runs_.push_back(run);
        return true;
    });
}

}  // namespace forkyard
