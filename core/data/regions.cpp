#include "core/data/regions.hpp"

#include <numeric>
#include <utility>

namespace forkyard {

namespace {

std::size_t bytes_of(const std::vector<std::string>& batches) {
    std::size_t bytes = 0;
    for (const std::string& batch : batches) {
        bytes += batch.size();
    }
    return bytes;
}

}  // namespace

Computed<void> Regions::put(std::uint32_t partition, const Value& key, const Value& value) {
    ++records_[partition];
    return entered(rows_[partition].add_pair(key, value));
}

void Regions::move_to(TaskOutput& out) {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        regions_[i].batches = rows_[i].take_all();
    }
    out.regions = std::move(regions_);
    out.region_records = std::move(records_);
}

Computed<bool> Regions::put_away() {
    std::vector<std::size_t> sizes;
    for (BatchWriter& rows : rows_) {
        const std::vector<std::string> batches = rows.take_all();
        sizes.push_back(bytes_of(batches));
        if (Computed<void> written = append(store(), batches); !written) {
            return tl::make_unexpected(std::move(written.error()));
        }
    }
    return store().finish().and_then([&](std::string_view run) -> Computed<bool> {
        if (run.size() != std::accumulate(sizes.begin(), sizes.end(), std::size_t{0})) {
            return unreadable_run();
        }
        for (std::size_t i = 0; i < regions_.size(); ++i) {
            if (sizes[i] > 0) {
                regions_[i].spilled.push_back(run.substr(0, sizes[i]));
            }
            run.remove_prefix(sizes[i]);
        }
        return true;
    });
}

}  // namespace forkyard
