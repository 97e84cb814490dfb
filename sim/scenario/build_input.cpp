// Where the input of a stage lies.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"

namespace forkyard::sim {
namespace {

class Replicas {
public:
    Replicas(const std::vector<NodeSpec>& nodes, Diagnostics& problems) : problems_{problems} {
        for (const NodeSpec& node : nodes) {
            nodes_.push_back(node.name);
        }
    }

    std::vector<std::string> read(const std::vector<const TreeNode*>& items) {
        std::vector<std::string> names;
        for (const TreeNode* item : items) {
            if (!item->is(TreeKind::text)) {
                problems_.error(item->at, "a replica is on a worker, named as text");
            } else if (!contains(nodes_, item->text)) {
                report_unknown("worker", item->text, item->at, nodes_, problems_);
            } else if (contains(names, item->text)) {
                problems_.error(item->at, fmt::format("`{}` is named twice", item->text));
            } else {
                names.push_back(item->text);
            }
        }
        return names;
    }

private:
    std::vector<std::string> nodes_{};
    Diagnostics& problems_;
};

}  // namespace

InputSpec build_input(const TableReader& input,
                      const std::vector<NodeSpec>& nodes,
                      Diagnostics& problems) {
    InputSpec out;
    out.bytes = input.size("bytes");
    const int ways = int{input.has("on")} + int{input.has("on_each")} + int{input.has("replicas")};
    if (ways > 1) {
        problems.error(input.at(),
                       "`input` has several ways to say where it is",
                       "give one of on, on_each, replicas");
        return out;
    }
    Replicas replicas{nodes, problems};
    if (input.has("on")) {
        out.on = {replicas.read(input.items("on"))};
    }
    if (const TreeNode* lists = input.node("on_each")) {
        if (!lists->is(TreeKind::array) || lists->items.empty()) {
            problems.error(lists->at, "`on_each` must be a list of lists of workers");
            return out;
        }
        for (const TreeNode& list : lists->items) {
            std::vector<const TreeNode*> items;
            if (list.is(TreeKind::array)) {
                for (const TreeNode& item : list.items) {
                    items.push_back(&item);
                }
            } else if (!list.is(TreeKind::none)) {
                items.push_back(&list);
            }
            out.on.push_back(replicas.read(items));
        }
    }
    if (const auto count = input.maybe_count("replicas")) {
        out.replicas = *count;
        if (*count > nodes.size()) {
            problems.error(
                input.at("replicas"),
                fmt::format("{} replicas do not fit on {} workers", *count, nodes.size()));
        }
    }
    return out;
}

}  // namespace forkyard::sim
