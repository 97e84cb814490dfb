// The table's rows for faults and expectations. What each fault takes of its keys is
// said in fault_table.
#include <array>

#include "sim/scenario/key_table.hpp"

namespace forkyard::sim {
namespace {

using enum KeyType;
constexpr KeyState later = KeyState::later;

constexpr std::array faults{
    KeyRow{"fault", tables, "", "", "something that goes wrong"},
    KeyRow{"fault[].name", name, "", "", "shown in reports"},
    KeyRow{"fault[].kind", text, required, "", "which fault"},
    KeyRow{"fault[].when", pattern, "", "", "after a record that this matches"},
    KeyRow{"fault[].at", duration, "", "", "or at this time"},
    KeyRow{"fault[].nth", whole, "1", "1", "which match"},
    KeyRow{"fault[].delay",
           duration,
           "0s",
           "",
           "after the match; 0: the very next event. delay-commit: how late it commits"},
    KeyRow{"fault[].for", duration, "", "", "then it heals; default: never"},
    KeyRow{"fault[].times", whole, "1", "1", "at most so often; matches count on"},
    KeyRow{"fault[].probability", decimal, "1.0", "", "for each match"},
    KeyRow{"fault[].optional", boolean, "false", "", "true: it need not take effect"},
    KeyRow{"fault[].executor", executors, "", "", "default: that of the matched record"},
    KeyRow{"fault[].executor.app", text, "", "", "of this application"},
    KeyRow{"fault[].executor.node", text, "", "", "on this node"},
    KeyRow{"fault[].executor.running", text, "", "", "runs a task of this stage"},
    KeyRow{"fault[].executor.holding", text, "", "", "holds outputs of this stage"},
    KeyRow{"fault[].executor.idle", boolean, "", "", "runs nothing"},
    KeyRow{"fault[].executor.pick", choice, "first", "first any all", "of those that fit"},
    KeyRow{"fault[].worker", text_or_names, "", "", "a node, \"any\", \"all\" or a list"},
    KeyRow{"fault[].rack", text, "", "", "a rack", later},
    KeyRow{"fault[].app", text, "", "", "an application"},
    KeyRow{"fault[].stage", text, "", "", "name, s1 (any attempt) or s1.0"},
    KeyRow{"fault[].partition", whole_or_all, "", "0", "default: any"},
    KeyRow{"fault[].attempt", whole_or_all, "0", "0", "of the task"},
    KeyRow{"fault[].code", whole, "", "0", "exit code"},
    KeyRow{"fault[].notice", duration_or_never, "", "", "until others know; never: by heartbeats"},
    KeyRow{"fault[].factor", decimal, "", "", "how many times slower"},
    KeyRow{"fault[].progress", whole, "50", "0", "percent of the attempt's run"},
    KeyRow{"fault[].reason", text, "", "", "said by the failed task"},
    KeyRow{"fault[].grace", duration, "30s", "", "until what has not left is ended"},
    KeyRow{"fault[].migrate", boolean, "true", "", "what it keeps is passed on"},
    KeyRow{"fault[].keep_shuffle", boolean, "", "", "the files of its shuffle service survive"},
    KeyRow{"fault[].message", text, "", "", "record kind of the message", later},
    KeyRow{"fault[].direction", text, "", "", "", later},
    KeyRow{"fault[].window", any, "", "", "", later},
    KeyRow{"fault[].from", any, "", "", "", later},
    KeyRow{"fault[].to", any, "", "", "", later},
    KeyRow{"fault[].one_way", boolean, "false", "", "", later},
    KeyRow{"fault[].left", any, "0", "", "", later},
    KeyRow{"fault[].block", text, "", "", "", later},
    KeyRow{"fault[].keeps", choice, "all", "all grants none", "what the manager still knows"},
    KeyRow{"fault[].down", duration, "0s", "", "until the manager is back"},
    KeyRow{"fault[].percent", whole, "50", "0", "", later},
    KeyRow{"fault[].by", any, "", "", "", later},
};

constexpr std::array expects{
    KeyRow{"expect", table, "", "", "what must come out"},
    KeyRow{"expect.outcome",
           choice,
           "",
           "succeeded failed killed timed-out",
           "of every application; default: succeeded"},
    KeyRow{"expect.error", text, "", "", "part of the reason"},
    KeyRow{"expect.makespan", table, "", "", "from submission to end"},
    KeyRow{"expect.makespan.min", duration, "", "", ""},
    KeyRow{"expect.makespan.max", duration, "", "", ""},
    KeyRow{"expect.invariants",
           boolean_or_names,
           "true",
           "",
           "or exactly those that must break: [\"I12\"]"},
    KeyRow{"expect.app", table, "", "", "the same for one application, by its name"},
    KeyRow{"expect.app.*", table, "", "", ""},
    KeyRow{"expect.app.*.outcome", choice, "", "succeeded failed killed timed-out", ""},
    KeyRow{"expect.app.*.error", text, "", "", "part of the reason"},
    KeyRow{"expect.app.*.makespan", table, "", "", ""},
    KeyRow{"expect.app.*.makespan.min", duration, "", "", ""},
    KeyRow{"expect.app.*.makespan.max", duration, "", "", ""},
    KeyRow{"expect.records", tables, "", "", "how many records match"},
    KeyRow{"expect.records[].match", pattern, required, "", "these records"},
    KeyRow{"expect.records[].after", pattern, "", "", "only after its first match"},
    KeyRow{"expect.records[].before", pattern, "", "", "only before its first match"},
    KeyRow{"expect.records[].count", whole_or_table, "", "0..", "default: at least one"},
    KeyRow{"expect.records[].count.min", whole, "", "0..", ""},
    KeyRow{"expect.records[].count.max", whole, "", "0..", ""},
    KeyRow{"expect.order", tables, "", "", "in this order, with others between"},
    KeyRow{"expect.order[].match", patterns, required, "", ""},
    KeyRow{"expect.result", tables, "", "", "what a job returns"},
    KeyRow{"expect.result[].app", text, "", "", "needed with several"},
    KeyRow{"expect.result[].job", text_or_whole, "", "0", "name or number; needed with several"},
    KeyRow{"expect.result[].equals", rows, "", "", "these rows"},
    KeyRow{"expect.result[].contains", rows, "", "", "these rows and perhaps others"},
    KeyRow{"expect.result[].ordered", boolean, "false", "", "true: in this order"},
    KeyRow{"expect.result[].rows", whole, "", "0..", "how many"},
    KeyRow{"expect.result[].sum", whole, "", "..", "of values"},
    KeyRow{"expect.result[].digest", text, "", "", ""},
};

}  // namespace

std::span<const KeyRow> fault_keys() {
    return faults;
}

std::span<const KeyRow> expect_keys() {
    return expects;
}

}  // namespace forkyard::sim
