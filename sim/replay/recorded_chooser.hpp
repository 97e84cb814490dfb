// The chooser of a replay: it answers with what was recorded. Whether the questions are the
// recorded ones is seen when decisions are compared.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/action.hpp"
#include "core/step.hpp"

namespace forkyard::sim {

// Answers with what was recorded for the event at hand; what was not asked then gets 0.
class RecordedChooser final : public Chooser {
public:
    void clear() {
        choices_.clear();
        next_ = 0;
    }
    void expect(Choice choice) { choices_.push_back(std::move(choice)); }
    std::uint64_t choose(std::string_view point, std::string_view label, std::uint64_t n) override {
        for (std::size_t i = next_; i < choices_.size(); ++i) {
            if (choices_[i].point == point && choices_[i].label == label) {
                next_ = i + 1;
                return n == 0 ? 0 : std::min(choices_[i].pick, n - 1);
            }
        }
        return 0;
    }

private:
    std::vector<Choice> choices_;
    std::size_t next_ = 0;
};

}  // namespace forkyard::sim
