// A policy in a shared library for the tests: all executors on the first node that joined, and
// what [cluster.plugin] asks for.
#include <cstdio>
#include <cstdlib>
#include <forkyard_policy.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using forkyard_policy::Begin;
using forkyard_policy::Event;
using forkyard_policy::Fields;
using forkyard_policy::Host;

class OneNode {
public:
    explicit OneNode(const Begin& begin) : mode_{begin.config.text("mode")} {
        if (mode_ == "refuse") {
            throw std::runtime_error{"mode = \"refuse\""};
        }
        for (const Fields& app : begin.apps) {
            cores_ = app.number("executor.cores", 1);
            memory_ = app.number("executor.memory");
        }
    }

    void handle(Host& host, const Event& event) {
        std::printf("%.*s\n", static_cast<int>(event.kind.size), event.kind.data);
        if (event.is("worker.joined") && node_.empty()) {
            node_ = event.text("node");
        } else if (event.is("executor.requested")) {
            if (mode_ == "throw") {
                throw std::runtime_error{"no executor today"};
            }
            if (mode_ == "crash") {
                std::abort();
            }
            host.note("on " + node_ + ", by choice " +
                      std::to_string(host.choose("executors on " + node_, 2)));
            if (launched_ < 2 && launched_ < event.number("total")) {
                host.launch(event.text("app"), node_, cores_, memory_);
                ++launched_;
            }
            host.wake_in_for_app(1000, event.text("app"));
        }
    }

    [[nodiscard]] std::string save() const { return std::to_string(launched_); }
    void load(std::string_view state) { launched_ = std::stoll(std::string{state}); }

private:
    std::string mode_;
    std::string node_;
    std::int64_t launched_ = 0;
    std::int64_t cores_ = 1;
    std::int64_t memory_ = 0;
};

}  // namespace

FORKYARD_POLICY(OneNode, "one node")
