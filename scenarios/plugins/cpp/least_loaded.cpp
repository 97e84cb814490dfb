// A cluster manager of your own, in C++: each executor goes to the node on which the smallest
// share of the cores is taken; of equals chance decides, by a recorded choice.
#include <cstdint>
#include <forkyard_policy.hpp>
#include <map>
#include <string>
#include <vector>

namespace {

using forkyard_policy::Begin;
using forkyard_policy::Event;
using forkyard_policy::Fields;
using forkyard_policy::Host;

struct Room {
    std::int64_t cores = 0;
    std::int64_t memory = 0;
};

class LeastLoaded {
public:
    explicit LeastLoaded(const Begin& begin) {
        for (const Fields& app : begin.apps) {
            sizes_[std::string{app.text("app")}] = {app.number("executor.cores", 1),
                                                    app.number("executor.memory")};
        }
    }

    void handle(Host& host, const Event& event) {
        const std::string app{event.text("app")};
        if (event.is("worker.joined")) {
            const Room all{event.number("cores"), event.number("memory")};
            nodes_[std::string{event.text("node")}] = {all, all};
        } else if (event.is("worker.lost")) {
            lose_node(std::string{event.text("node")});
        } else if (event.is("worker.draining")) {
            nodes_.erase(std::string{event.text("node")});  // it takes nothing new
        } else if (event.is("executor.requested")) {
            wanted_[app] = event.number("total");
        } else if (event.is("executor.exited") || event.is("executor.lost")) {
            give_back(std::string{event.text("exec")});
        } else if (event.is("app.ended")) {
            wanted_.erase(app);
        } else {
            return;
        }
        for (const auto& wish : wanted_) {
            while (running_[wish.first] < wish.second && launch(host, wish.first)) {
            }
        }
    }

private:
    struct Node {
        Room all;
        Room free;
    };
    struct Grant {
        std::string app;
        std::string node;  // empty: it was lost meanwhile
        Room room;
    };

    bool launch(Host& host, const std::string& app) {
        const Room& size = sizes_[app];
        std::vector<std::string> best;
        for (const auto& [name, node] : nodes_) {
            if (node.free.cores < size.cores || node.free.memory < size.memory) {
                continue;
            }
            if (!best.empty() && less_loaded(node, nodes_[best.front()])) {
                best.clear();
            }
            if (best.empty() || !less_loaded(nodes_[best.front()], node)) {
                best.push_back(name);
            }
        }
        if (best.empty()) {
            return false;
        }
        const std::string& chosen = best[host.choose("node for " + app, best.size())];
        host.launch(app, chosen, size.cores, size.memory);
        nodes_[chosen].free.cores -= size.cores;
        nodes_[chosen].free.memory -= size.memory;
        ++running_[app];
        grants_["e" + std::to_string(++executors_)] = {app, chosen, size};
        return true;
    }

    static bool less_loaded(const Node& a, const Node& b) {
        return a.free.cores * b.all.cores > b.free.cores * a.all.cores;
    }

    void lose_node(const std::string& name) {
        nodes_.erase(name);
        for (auto& [exec, grant] : grants_) {
            grant.node = grant.node == name ? std::string{} : grant.node;
        }
    }

    void give_back(const std::string& exec) {
        const auto found = grants_.find(exec);
        if (found == grants_.end()) {
            return;
        }
        const Grant grant = found->second;
        grants_.erase(found);
        --running_[grant.app];
        if (const auto node = nodes_.find(grant.node); node != nodes_.end()) {
            node->second.free.cores += grant.room.cores;
            node->second.free.memory += grant.room.memory;
        }
    }

    std::map<std::string, Room> sizes_;
    std::map<std::string, Node> nodes_;
    std::map<std::string, std::int64_t> wanted_;
    std::map<std::string, std::int64_t> running_;
    std::map<std::string, Grant> grants_;
    std::uint64_t executors_ = 0;
};

}  // namespace

FORKYARD_POLICY(LeastLoaded, "least loaded")
