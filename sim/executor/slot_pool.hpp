// The task slots of an executor: as many threads as spark.executor.cores, each running
// one task at a time. Work goes in, answers come out; who they are for is not its
// business.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace forkyard::sim {

class SlotPool {
public:
    // `done` is called from a slot's thread after each piece of work.
    SlotPool(std::uint32_t slots, std::function<void()> done);
    ~SlotPool();
    SlotPool(const SlotPool&) = delete;
    SlotPool& operator=(const SlotPool&) = delete;

    void add(std::function<void()> work);

private:
    void serve();

    std::function<void()> done_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> queue_;
    bool closing_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace forkyard::sim
