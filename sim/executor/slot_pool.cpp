#include "sim/executor/slot_pool.hpp"

#include <utility>

namespace forkyard::sim {

SlotPool::SlotPool(std::uint32_t slots, std::function<void()> done) : done_{std::move(done)} {
    for (std::uint32_t i = 0; i < slots; ++i) {
        threads_.emplace_back([this] { serve(); });
    }
}

SlotPool::~SlotPool() {
    {
        const std::lock_guard lock{mutex_};
        closing_ = true;
        queue_.clear();
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
}

void SlotPool::add(std::function<void()> work) {
    {
        const std::lock_guard lock{mutex_};
        queue_.push_back(std::move(work));
    }
    wake_.notify_one();
}

void SlotPool::serve() {
    while (true) {
        std::function<void()> work;
        {
            std::unique_lock lock{mutex_};
            wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
            if (closing_) {
                return;
            }
            work = std::move(queue_.front());
            queue_.pop_front();
        }
        work();
        done_();
    }
}

}  // namespace forkyard::sim
