#include "core/plan/lineage_text.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/plan/rdd_class.hpp"

namespace forkyard {

namespace {

// StorageLevel.description.
std::string described(const std::optional<StorageLevel>& level) {
    return level ? fmt::format("{}{}{} {}x Replicated",
                               level->disk ? "Disk " : "",
                               level->memory ? "Memory " : "",
                               level->objects ? "Deserialized" : "Serialized",
                               level->copies)
                 : std::string{};
}

// What a line begins with: of the dataset itself, and of those below it.
struct Prefix {
    std::string own;
    std::string below;
};

// "(2) " and a bar below the middle of it, with two blanks behind.
Prefix begin_stage(std::uint32_t partitions) {
    const std::string count = fmt::format("({})", partitions);
    const std::size_t offset = (count.size() - 1) / 2;
    return {count + ' ', std::string(offset, ' ') + '|' + std::string(count.size() - offset, ' ')};
}

// The bar that leads here ends where its last child begins.
Prefix behind_shuffle(std::string_view prefix, std::uint32_t partitions, bool last) {
    const std::string led{prefix.substr(0, prefix.rfind('|'))};
    const Prefix inner = begin_stage(partitions);
    return {led + "+-" + inner.own, led + (last ? "  " : "| ") + inner.below};
}

struct Line {
    DatasetId of;
    Prefix prefix;
};

}  // namespace

std::string lineage_text(const Lineage& lineage,
                         DatasetId dataset,
                         const std::function<std::uint32_t(RddId)>& kept) {
    const std::string level = described(lineage.at(dataset).storage);
    std::string text;
    std::vector<Line> open{{dataset, begin_stage(lineage.partitions(dataset))}};
    while (!open.empty()) {
        const Line line = std::move(open.back());
        open.pop_back();
        const DatasetNode& node = lineage.at(line.of);
        const RddId rdd = lineage.rdd_of(line.of);
        text += fmt::format(
            "{}{}{}[{}] at {} [{}]",
            text.empty() ? "" : "\n",
            line.prefix.own,
            lineage.is_cut(line.of) ? node.checkpoint->rdd_class : rdd_class(node.computed.op),
            rdd.value,
            node.made_by,
            level);
        if (const std::uint32_t count = node.storage ? kept(rdd) : 0; count > 0) {
            const std::string_view first = line.of == dataset ? " " : "";
            text += fmt::format("\n{}{}    CachedPartitions: {}", line.prefix.below, first, count);
        }
        const std::vector<Lineage::Dependency> behind = lineage.dependencies(line.of);
        for (std::size_t left = behind.size(); left > 0; --left) {  // the first is the next line
            const Lineage::Dependency& next = behind[left - 1];
            const std::string& below = line.prefix.below;
            open.push_back(
                {next.of,
                 next.shuffled
                     ? behind_shuffle(below, lineage.partitions(next.of), left == behind.size())
                     : Prefix{below, below}});
        }
    }
    return text;
}

}  // namespace forkyard
