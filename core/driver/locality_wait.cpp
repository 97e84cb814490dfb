#include "core/driver/locality_wait.hpp"

namespace forkyard {

void LocalityWait::set_levels(std::vector<Locality> levels, Bug bug) {
    const Locality old_level = levels_[at_];
    const std::size_t old_at = at_;
    const std::vector<Locality> old = std::move(levels_);
    levels_ = std::move(levels);
    at_ = index_of(old_level);
    // The older index was kept, and with less levels it was none of them: every offer broke.
    broken_ = bug == Bug::spark_2931 && (broken_ || old_at >= levels_.size());
    if (at_ > old_at && bug != Bug::spark_31837) {
        // More local levels have appeared: begin at the first of them (SCH-TSM-12).
        for (const Locality level : levels_) {
            if (std::find(old.begin(), old.end(), level) == old.end()) {
                at_ = index_of(level);
                break;
            }
        }
    }
}

std::size_t LocalityWait::index_of(Locality level) const {
    std::size_t at = 0;
    while (level > levels_[at]) {
        ++at;
    }
    return at;
}

SimDuration LocalityWait::wait(Locality level) const {
    if (!waits_) {
        return SimDuration{0};
    }
    switch (level) {
        case Locality::process_local:
            return conf_->wait_process;
        case Locality::node_local:
            return conf_->wait_node;
        case Locality::rack_local:
            return conf_->wait_rack;
        default:
            return SimDuration{0};
    }
}

}  // namespace forkyard
