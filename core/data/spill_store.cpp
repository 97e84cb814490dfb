#include "core/data/spill_store.hpp"

namespace forkyard {

Computed<void> SpillStore::append(std::string_view bytes) {
    appended_ += static_cast<std::int64_t>(bytes.size());
    if (bytes.size() < written_at_once) {
        waiting_ += bytes;
        return waiting_.size() < written_at_once ? Computed<void>{} : flush();
    }
    Computed<void> flushed = flush();
    return flushed ? write(bytes) : flushed;
}

Computed<std::string_view> SpillStore::finish() {
    return flush().and_then([this] { return end_run(); });
}

tl::unexpected<std::string> unreadable_run() {
    return tl::make_unexpected(std::string{"what was spilled cannot be read again"});
}

Computed<void> SpillStore::flush() {
    Computed<void> written = waiting_.empty() ? Computed<void>{} : write(waiting_);
    waiting_.clear();
    return written;
}

}  // namespace forkyard
