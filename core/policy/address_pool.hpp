// The custom resources of one node, GPUs say, by address: whoever takes some has the lowest that
// are free, and nobody else has them meanwhile (CM-STA-30).
//
// In Spark: WorkerResourceInfo.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include "core/model/resources.hpp"

namespace forkyard {

class AddressPool {
public:
    using Addresses = std::map<std::string, std::set<std::uint32_t>>;

    AddressPool() = default;
    explicit AddressPool(const Resources& all) {
        for (const auto& [name, count] : all) {
            for (std::uint32_t address = 0; address < count; ++address) {
                free_[name].insert(address);
            }
        }
    }

    // So many times over.
    [[nodiscard]] bool holds(const Resources& wanted, std::uint32_t times = 1) const {
        return std::all_of(wanted.begin(), wanted.end(), [&](const auto& each) {
            const auto there = free_.find(each.first);
            return there != free_.end() &&
                   there->second.size() >= std::uint64_t{each.second} * times;
        });
    }
    // It holds them.
    [[nodiscard]] Addresses take(const Resources& wanted) {
        Addresses taken;
        for (const auto& [name, count] : wanted) {
            std::set<std::uint32_t>& there = free_.at(name);
            for (std::uint32_t i = 0; i < count; ++i) {
                taken[name].insert(there.extract(there.begin()));
            }
        }
        return taken;
    }
    void give_back(const Addresses& taken) {
        for (const auto& [name, addresses] : taken) {
            free_[name].insert(addresses.begin(), addresses.end());
        }
    }

    // "gpu 0, 1, 2"
    [[nodiscard]] static std::string text(const Addresses& taken) {
        std::string out;
        for (const auto& [name, addresses] : taken) {
            out +=
                fmt::format("{}{} {}", out.empty() ? "" : "; ", name, fmt::join(addresses, ", "));
        }
        return out;
    }

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.free_);
    }

private:
    Addresses free_;
};

}  // namespace forkyard
