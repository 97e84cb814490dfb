#include "core/data/regions.hpp"

#include <utility>

#include "core/data/value_codec.hpp"

namespace forkyard {

Computed<void> Regions::put(std::uint32_t partition, const Value& key, const Value& value) {
    std::string& out = regions_[partition].bytes;
    const std::size_t before = out.size();
    out.push_back(static_cast<char>(Value::Kind::pair));
    encode(key, out);
    encode(value, out);
    ++records_[partition];
    return entered(static_cast<std::int64_t>(out.size() - before));
}

Computed<bool> Regions::put_away() {
    std::vector<std::size_t> sizes;
    for (Region& region : regions_) {
        sizes.push_back(region.bytes.size());
        if (Computed<void> written = store().append(region.bytes); !written) {
            return tl::make_unexpected(std::move(written.error()));
        }
        region.bytes = {};
    }
    return store().finish().map([&](std::string_view run) {
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
