// YARN's ResourceManager: which application gets a container on which node.
//
// Nothing is given out between the beats of the nodes. At a beat each node, in order of
// number, is filled from the queues downwards (YarnScheduler): an application takes a
// container there if it asked for that node; on another only after it has let enough beats
// pass (CM-YARN-24). Where its container does not fit yet, the node is reserved for it
// (CM-YARN-25).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/model/room.hpp"
#include "core/model/yarn_conf.hpp"
#include "core/policy/yarn/queue_tree.hpp"
#include "core/policy/yarn/yarn_scheduler.hpp"

namespace forkyard {

enum class Placed : std::uint8_t { node_local, rack_local, off_switch };

class ResourceManager {
public:
    struct Container {
        AppId app{};
        NodeId node{};
        Room room{};
        bool master = false;
        Placed placed = Placed::off_switch;

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.app, self.node, self.room, self.master, self.placed);
        }
    };
    // What an application wants, all of it each time.
    struct Ask {
        std::uint32_t containers = 0;
        Room size{};  // as asked for
        std::map<NodeId, std::uint32_t> on_node{};
        std::vector<NodeId> excluded{};
    };

    // `spec` must outlive it.
    ResourceManager(const YarnSpec& spec, std::size_t apps);

    void add_node(NodeId node, const Room& total, const std::string& rack);
    void remove_node(NodeId node);
    // While nothing is heard of it, it has no beats.
    void set_silent(NodeId node, bool silent);
    void drain(NodeId node);  // it gets no more containers

    enum class Admission : std::uint8_t { accepted, unknown_queue, too_many };
    // `master`: the size of its application master; none: it takes no container.
    [[nodiscard]] Admission submit(AppId app,
                                   const std::string& queue,
                                   std::int32_t priority,
                                   const std::optional<Room>& master);
    // It needs another master, in another container; what it asked for is forgotten.
    void restart(AppId app);
    void ask(AppId app, const Ask& ask);
    // The container has ended, or was not wanted.
    void free(const Container& container);
    // No more for it; what it has comes back by `free`.
    void remove(AppId app);

    // One beat of every node.
    [[nodiscard]] std::vector<Container> beat();
    // Whether a beat could do anything.
    [[nodiscard]] bool wants_beat() const { return stirred_; }
    // As the arbiter books it: rounded up.
    [[nodiscard]] Room rounded(const Room& room) const;
    [[nodiscard]] const QueueTree& queues() const { return queues_; }
    [[nodiscard]] YarnScheduler::View view() const { return {queues_, apps_, cluster_}; }
    [[nodiscard]] const YarnApp& app(AppId id) const { return apps_[id.index()]; }
    [[nodiscard]] std::uint32_t missed(AppId id) const { return wishes_[id.index()].missed; }
    [[nodiscard]] std::size_t nodes_up() const { return nodes_.size(); }

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.queues_, self.nodes_, self.cluster_, self.submitted_, self.stirred_);
        for (auto& app : self.apps_) {
            v(app);
        }
        for (auto& wish : self.wishes_) {
            v(wish);
        }
    }

private:
    struct Node {
        Room total{};
        Room free{};
        std::string rack{};
        AppId reserved{};  // for its next container; invalid: for nobody
        bool silent = false;
        bool draining = false;

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.total, self.free, self.rack, self.reserved, self.silent);
            v(self.draining);
        }
    };
    // Where an application wants its containers.
    struct Wish {
        std::map<NodeId, std::uint32_t> on_node{};
        std::map<std::string, std::uint32_t> on_rack{};
        std::vector<NodeId> excluded{};
        std::uint32_t missed = 0;  // beats of nodes let pass since the last grant

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.on_node, self.on_rack, self.excluded, self.missed);
        }
    };

    void fill(NodeId id, Node& node, std::vector<Container>& made);
    [[nodiscard]] std::optional<Container> assign(std::size_t queue, NodeId id, Node& node);
    [[nodiscard]] std::optional<Container> assign(AppId app, NodeId id, Node& node);
    [[nodiscard]] std::optional<Placed> placement(AppId app, NodeId id, const Node& node);
    [[nodiscard]] bool off_switch_allowed(const Wish& wish, std::uint32_t asked) const;
    [[nodiscard]] bool fits(const Room& size, const Room& room) const;
    Container give(AppId app, NodeId id, Node& node, const Room& size, bool master, Placed placed);

    const YarnSpec& spec_;
    std::unique_ptr<YarnScheduler> scheduler_;
    QueueTree queues_;
    std::vector<YarnApp> apps_;
    std::vector<Wish> wishes_;
    std::map<NodeId, Node> nodes_;
    Room cluster_{};
    std::uint64_t submitted_ = 0;
    bool stirred_ = false;  // since a beat that did nothing
};

}  // namespace forkyard
