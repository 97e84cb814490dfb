// PageRank (W3) on a star: a hub and its leaves, linked both ways. The links are grouped and
// kept, and ranks keep their partitioner, so each round's join is narrow and its only shuffle is
// that of the contributions. With `loses_partitioner` = 1 the ranks are made by a map, as a
// beginner would: then each round shuffles twice. With `checkpoint_every` = n each n-th round's
// ranks are computed by a job of their own, after which their lineage is cut: executors keep them,
// or, with `checkpoint_dir`, files.
#include <string>

#include <fmt/format.h>

#include "sim/session/program_registry.hpp"

namespace forkyard::sim {

void pagerank(Session& session) {
    const std::int64_t rounds = session.argument("rounds", std::int64_t{10});
    const std::int64_t leaves = session.argument("leaves", std::int64_t{100});
    const bool loses = session.argument("loses_partitioner", std::int64_t{0}) != 0;
    const std::int64_t every = session.argument("checkpoint_every", std::int64_t{0});
    const std::string folder = session.argument("checkpoint_dir", "");
    session.set_checkpoint_dir(folder);
    constexpr std::uint32_t partitions = 4;
    Dataset links =
        session.generate("star_link", 2 * leaves, {leaves}, partitions).group_by_key(partitions);
    links.cache();
    Dataset ranks = links.map_values("constant", 1.0);
    for (std::int64_t round = 0; round < rounds; ++round) {
        const Dataset sums =
            links.join(ranks).flat_map("rank_shares").reduce_by_key("sum", partitions);
        ranks = loses ? sums.map("damped_pair") : sums.map_values("damped");
        if (every > 0 && (round + 1) % every == 0) {
            (void)(folder.empty() ? ranks.checkpoint_local() : ranks.checkpoint())
                .count(fmt::format("ranks of round {}", round + 1));
        }
    }
    (void)ranks.collect("ranks");
}

}  // namespace forkyard::sim
