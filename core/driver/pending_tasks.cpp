#include "core/driver/pending_tasks.hpp"

namespace forkyard {

void PendingTasks::add(std::uint32_t index,
                       std::span<const Place> places,
                       const ExecutorTable& executors) {
    if (plain_) {
        no_place_.push_back(index);
        return;
    }
    for (const Place& place : places) {
        if (place.exec.valid()) {
            by_executor_[place.exec].push_back(index);
        } else if (place.in_memory) {  // SCH-TSM-14
            for (std::uint32_t n = 0; n < executors.all().size(); ++n) {
                if (executors.active(ExecutorId{n}) && executors.all()[n].node == place.node) {
                    by_executor_[ExecutorId{n}].push_back(index);
                }
            }
        }
        by_node_[place.node].push_back(index);
        const std::uint32_t rack = executors.rack_of(place.node);
        if (rack != ExecutorTable::no_rack) {
            by_rack_[rack].push_back(index);
        }
    }
    if (places.empty()) {
        no_place_.push_back(index);
    }
    all_.push_back(index);
}

}  // namespace forkyard
