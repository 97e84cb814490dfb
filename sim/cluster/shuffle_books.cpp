#include "sim/cluster/shuffle_books.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace forkyard::sim {

void ShuffleBooks::declare(AppId app, ShuffleId shuffle, std::uint32_t maps) {
    if (shuffles_.size() <= app.index()) {
        shuffles_.resize(app.index() + 1);
    }
    std::vector<Shuffle>& of_app = shuffles_[app.index()];
    if (of_app.size() <= shuffle.index()) {
        of_app.resize(shuffle.index() + 1);
    }
    Shuffle& entry = of_app[shuffle.index()];
    entry.holders.resize(maps);
    entry.sizes.resize(maps);
    entry.told.resize(maps);
}

void ShuffleBooks::add(const RegisterMapOutput& action) {
    Shuffle& entry = at(action.app, action.shuffle);
    entry.holders[action.partition] = action.exec;
    entry.view.reset();
}

void ShuffleBooks::remove(const UnregisterMapOutput& action) {
    Shuffle& entry = at(action.app, action.shuffle);
    entry.holders[action.partition] = ExecutorId{};
    entry.view.reset();
}

void ShuffleBooks::set_sizes(AppId app,
                             ShuffleId shuffle,
                             std::uint32_t map,
                             std::vector<std::int64_t> sizes,
                             const MapSizesConf& conf) {
    Shuffle& entry = at(app, shuffle);
    entry.told[map] = MapSizes{sizes, conf};
    entry.sizes[map] = std::move(sizes);
}

std::shared_ptr<const ShuffleView> ShuffleBooks::view(AppId app, ShuffleId shuffle) {
    Shuffle& entry = at(app, shuffle);
    if (entry.view == nullptr) {
        ShuffleView view{.shuffle = shuffle, .holders = entry.holders, .distinct = {}, .maps = {}};
        std::vector<ExecutorId> sorted = view.holders;
        std::sort(sorted.begin(), sorted.end());
        for (const ExecutorId exec : sorted) {
            if (!exec.valid()) {
                view.complete = false;
            } else if (view.distinct.empty() || view.distinct.back() != exec) {
                view.distinct.push_back(exec);
                view.maps.push_back(1);
            } else {
                ++view.maps.back();
            }
        }
        entry.view = std::make_shared<const ShuffleView>(std::move(view));
    }
    return entry.view;
}

std::int64_t ShuffleBooks::size(AppId app, ShuffleId shuffle, std::uint32_t map) const {
    const std::vector<std::int64_t>& sizes = shuffles_[app.index()][shuffle.index()].sizes[map];
    return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
}

std::int64_t ShuffleBooks::size(AppId app,
                                ShuffleId shuffle,
                                std::uint32_t map,
                                std::uint32_t partition) const {
    const std::vector<std::int64_t>& sizes = shuffles_[app.index()][shuffle.index()].sizes[map];
    return partition < sizes.size() ? sizes[partition] : 0;
}

std::vector<MapOutput> ShuffleBooks::outputs_of(AppId app, ExecutorId exec) const {
    std::vector<MapOutput> outputs;
    if (app.index() >= shuffles_.size()) {
        return outputs;
    }
    for (std::uint32_t s = 0; s < shuffles_[app.index()].size(); ++s) {
        const std::vector<ExecutorId>& holders = shuffles_[app.index()][s].holders;
        for (std::uint32_t map = 0; map < holders.size(); ++map) {
            if (holders[map] == exec) {
                outputs.push_back({ShuffleId{s}, map});
            }
        }
    }
    return outputs;
}

bool ShuffleBooks::holds(AppId app, ShuffleId shuffle, ExecutorId exec) const {
    if (app.index() >= shuffles_.size() || shuffle.index() >= shuffles_[app.index()].size()) {
        return false;
    }
    const std::vector<ExecutorId>& holders = shuffles_[app.index()][shuffle.index()].holders;
    return std::find(holders.begin(), holders.end(), exec) != holders.end();
}

}  // namespace forkyard::sim
