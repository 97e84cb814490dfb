#include "core/data/range_bounds.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "core/data/value_codec.hpp"
#include "core/int128.hpp"

namespace forkyard {

namespace {

constexpr std::uint64_t samples_per_partition = 20;
constexpr std::uint64_t samples_max = 1'000'000;

std::uint64_t samples_wanted(std::uint32_t partitions) {
    return std::min(samples_per_partition * partitions, samples_max);
}

struct Candidate {
    const Value* key;
    std::uint64_t weight;  // records it stands for, times 2^16
};

std::uint64_t weight_of_each(const KeySample& sample) {
    return sample.fraction == 0 ? (sample.records << 16U) / sample.keys.size()
                                : (std::uint64_t{1} << 48U) / sample.fraction;
}

// Ascending; candidates of equal keys come in input order, but only their sum matters.
std::vector<Candidate> candidates_of(std::span<const KeySample> samples) {
    std::vector<Candidate> candidates;
    for (const KeySample& sample : samples) {
        for (const Value& key : sample.keys) {
            candidates.push_back({&key, weight_of_each(sample)});
        }
    }
    std::stable_sort(candidates.begin(),
                     candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return *a.key < *b.key; });
    return candidates;
}

}  // namespace

std::uint32_t sample_size(std::uint32_t partitions, std::uint32_t inputs) {
    FORKYARD_CHECK(inputs > 0, "a sample is taken of at least one partition");
    return static_cast<std::uint32_t>((3 * samples_wanted(partitions) + inputs - 1) / inputs);
}

Resample oversized(std::span<const KeySample> samples, std::uint32_t partitions) {
    Resample out;
    std::uint64_t total = 0;
    for (const KeySample& sample : samples) {
        total += sample.records;
    }
    if (total == 0) {
        return out;
    }
    const std::uint64_t wanted = samples_wanted(partitions);
    const std::uint32_t size = sample_size(partitions, static_cast<std::uint32_t>(samples.size()));
    for (std::uint32_t p = 0; p < samples.size(); ++p) {
        if (uint128{wanted} * samples[p].records > uint128{size} * total) {
            out.partitions.push_back(p);
        }
    }
    out.fraction =
        static_cast<std::uint32_t>(std::min<uint128>((uint128{wanted} << 32U) / total, UINT32_MAX));
    return out;
}

std::vector<Value> range_bounds(std::span<const KeySample> samples, std::uint32_t partitions) {
    const std::vector<Candidate> candidates = candidates_of(samples);
    uint128 total = 0;
    for (const Candidate& candidate : candidates) {
        total += candidate.weight;
    }
    const std::uint64_t parts = std::min<std::uint64_t>(partitions, candidates.size());
    std::vector<Value> bounds;
    uint128 seen = 0;
    for (const Candidate& candidate : candidates) {
        if (bounds.size() + 1 >= parts) {
            break;
        }
        seen += candidate.weight;
        const bool due = seen * parts >= total * (bounds.size() + 1);
        if (due && (bounds.empty() || *candidate.key > bounds.back())) {
            bounds.push_back(*candidate.key);
        }
    }
    return bounds;
}

std::uint32_t range_partition(const Value& key, std::span<const Value> bounds, bool descending) {
    const auto at = std::lower_bound(bounds.begin(), bounds.end(), key);
    const auto index = static_cast<std::uint32_t>(at - bounds.begin());
    return descending ? static_cast<std::uint32_t>(bounds.size()) - index : index;
}

Computed<KeySample> decode_sample(std::string_view rows) {
    Computed<std::vector<Value>> decoded = decode_rows(rows);
    if (!decoded || decoded->empty() || !decoded->front().is(Value::Kind::integer)) {
        return tl::make_unexpected(std::string{"corrupt sample"});
    }
    KeySample sample;
    sample.records = static_cast<std::uint64_t>(decoded->front().integer());
    decoded->erase(decoded->begin());
    sample.keys = std::move(*decoded);
    return sample;
}

}  // namespace forkyard
