// Which of a stage's partitions, one bit each: asked and changed with every task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace forkyard {

class PartitionSet {
public:
    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] std::size_t size() const { return count_; }

    void insert(std::uint32_t partition) {
        if (partition >= in_.size()) {
            in_.resize(std::size_t{partition} + 1);
        }
        count_ += in_[partition] ? 0 : 1;
        in_[partition] = true;
    }
    void erase(std::uint32_t partition) {
        if (partition < in_.size() && in_[partition]) {
            in_[partition] = false;
            --count_;
        }
    }
    void clear() {
        in_.clear();
        count_ = 0;
    }

private:
    std::vector<bool> in_{};
    std::size_t count_ = 0;
};

}  // namespace forkyard
