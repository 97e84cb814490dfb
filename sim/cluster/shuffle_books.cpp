#include "sim/cluster/shuffle_books.hpp"

#include <algorithm>
#include <utility>

namespace forkyard::sim {

void ShuffleBooks::declare(AppId app, ShuffleId shuffle, std::uint32_t maps) {
    Shuffle& entry = shuffles_[{app, shuffle}];
    entry.holders.resize(maps);
    entry.sizes.resize(maps);
}

void ShuffleBooks::add(const RegisterMapOutput& action) {
    Shuffle& entry = shuffles_.at({action.app, action.shuffle});
    entry.holders[action.partition] = action.exec;
    entry.view.reset();
}

void ShuffleBooks::remove(const UnregisterMapOutput& action) {
    Shuffle& entry = shuffles_.at({action.app, action.shuffle});
    entry.holders[action.partition] = ExecutorId{};
    entry.view.reset();
}

void ShuffleBooks::set_sizes(AppId app,
                             ShuffleId shuffle,
                             std::uint32_t map,
                             std::vector<std::int64_t> sizes) {
    shuffles_.at({app, shuffle}).sizes[map] = std::move(sizes);
}

std::shared_ptr<const ShuffleView> ShuffleBooks::view(AppId app, ShuffleId shuffle) {
    Shuffle& entry = shuffles_.at({app, shuffle});
    if (entry.view == nullptr) {
        ShuffleView view{.shuffle = shuffle, .holders = entry.holders, .distinct = {}, .maps = {}};
        for (const ExecutorId exec : view.holders) {
            if (exec.valid()) {
                view.distinct.push_back(exec);
            } else {
                view.complete = false;
            }
        }
        std::sort(view.distinct.begin(), view.distinct.end());
        view.distinct.erase(std::unique(view.distinct.begin(), view.distinct.end()),
                            view.distinct.end());
        for (const ExecutorId exec : view.distinct) {
            view.maps.push_back(static_cast<std::uint32_t>(
                std::count(view.holders.begin(), view.holders.end(), exec)));
        }
        entry.view = std::make_shared<const ShuffleView>(std::move(view));
    }
    return entry.view;
}

const std::vector<std::int64_t>& ShuffleBooks::sizes(AppId app,
                                                     ShuffleId shuffle,
                                                     std::uint32_t map) const {
    return shuffles_.at({app, shuffle}).sizes[map];
}

bool ShuffleBooks::holds(AppId app, ShuffleId shuffle, ExecutorId exec) const {
    const auto found = shuffles_.find({app, shuffle});
    return found != shuffles_.end() &&
           std::find(found->second.holders.begin(), found->second.holders.end(), exec) !=
               found->second.holders.end();
}

}  // namespace forkyard::sim
