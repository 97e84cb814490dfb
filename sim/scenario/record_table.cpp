#include "sim/scenario/record_table.hpp"

#include <algorithm>

#include "sim/scenario/fault_table.hpp"
#include "sim/scenario/record_keys.hpp"

namespace forkyard::sim {

using namespace record_keys;

namespace {

void add_events(std::vector<RecordKind>& out) {
    const auto add =
        [&](std::string_view name, std::string_view help, std::vector<RecordKey> keys) {
            keys.push_back(cause);
            out.push_back(RecordKind{'E', name, help, std::move(keys)});
        };
    add("app.submitted", "an application starts", {app, list("inputs")});
    add("dataset.defined",
        "a driver program defines a dataset",
        {app,
         text("name"),
         text("of"),
         RecordKey{"step",
                   ValueType::choice,
                   "read_text read_csv read_json range values generate from union map filter "
                   "flat_map map_values key_by sample coalesce cartesian zip cache accumulate "
                   "join cogroup reduce_by_key group_by_key aggregate_by_key sort_by distinct "
                   "repartition"},
         text("value"),
         text("args"),
         number("partitions"),
         RecordKey{"cost", ValueType::time},
         list("inputs"),
         text("broadcast")});
    add("broadcast.created",
        "a driver program makes a value that tasks may use",
        {app, text("broadcast"), list("pieces")});
    add("broadcast.unpersisted", "executors are to drop it", {app, text("broadcast")});
    add("broadcast.destroyed", "nothing is left of it", {app, text("broadcast"), text("at")});
    add("dataset.unpersisted", "it is to be kept no more", {app, text("name")});
    add("dataset.marked",
        "the next job that needs it checkpoints it",
        {app, text("name"), text("folder")});
    add("checkpoint.defined",
        "one more job writes it into files, or computes what is kept nowhere",
        {app, text("name"), text("of")});
    const RecordKey action{
        "action",
        ValueType::choice,
        "run count collect take first top reduce foreach save show lookup tree_reduce"};
    add("dataset.checkpointed", "its lineage is cut", {app, text("name"), action});
    add("job.defined",
        "it asks for an action",
        {app, text("name"), text("of"), action, text("args")});
    add("job.submitted",
        "a job starts",
        {app,
         job,
         RecordKey{"name", ValueType::job},
         RecordKey{"final", ValueType::stage},
         list("stages"),
         number("program"),
         number("from"),
         number("until"),
         RecordKey{"map-stage", ValueType::flag},
         list("only")});
    add("job.cancelled", "its user cancels a job", {app, job, reason});
    add("job-group.cancelled",
        "its user cancels a group of jobs",
        {app, text("group"), RecordKey{"future", ValueType::flag}});
    add("stage.cancelled", "its user cancels the jobs of a stage", {app, stage, reason});
    add("jobs.cancelled", "its user cancels all jobs", {app});
    add("executor.call",
        "the program asks for executors, or gives some back",
        {app,
         RecordKey{"call",
                   ValueType::choice,
                   "request-executors request-total-executors kill-executors list-executors"},
         number("count"),
         list("execs")});
    add("app.killed", "its user ends the application", {app});
    add("app.closed", "the application's program ended", {app, reason});
    add("worker.joined", "a node joins", {node, cores, memory, text("rack")});
    add("worker.lost", "a node is gone", {node});
    add("worker.heartbeat", "a change in what is heard of a node", {node, beat, since});
    add("worker.draining",
        "a node takes no more executors",
        {node, RecordKey{"until", ValueType::time}});
    add("worker.files",
        "whether shuffle files outlive the loss of a node",
        {node, RecordKey{"kept", ValueType::flag}});
    add("manager.registered", "the manager's side of an application began anew", {app});
    add("manager.stopped", "the cluster manager's process is gone", {});
    add("manager.restarted",
        "it is there again",
        {RecordKey{"keeps", ValueType::choice, "all grants none"}});
    add("manager.unreachable", "a driver could not register, and gives up", {app});
    add("executor.requested",
        "a request reached the manager",
        {app, number("total"), number("local"), list("on"), list("excluded")});
    add("executor.registered", "an executor can work", {app, exec, node, cores, memory});
    add("executor.exited",
        "its process ended; the driver will learn later",
        {app, exec, loss, number("code")});
    add("executor.lost",
        "the driver learns of it",
        {app, exec, loss, number("code"), list("unstarted")});
    add("executor.disconnected", "the driver asks its manager why", {app, exec});
    const RecordKey refuse{"refuse", ValueType::time};
    add("cores.offered",
        "cores for tasks reached the driver (fine-grained Mesos)",
        {app, exec, cores, number("more")});
    add("cores.returned",
        "they are back at the master",
        {app, exec, cores, refuse, number("tasks")});
    add("offers.revived", "the driver wants offers again", {app, number("tasks")});
    add("driver.started",
        "a driver runs on its node (cluster deploy mode)",
        {app, node, number("attempt")});
    add("driver.lost", "a driver's process is gone", {app, node, loss, number("code")});
    add("executor.decommissioning",
        "it will end and is given nothing more",
        {app, exec, RecordKey{"host", ValueType::node}});
    add("task.finished",
        "an attempt ended",
        {app,
         task,
         exec,
         task_status,
         RecordKey{"run", ValueType::time},
         reason,
         shuffle,
         RecordKey{"from", ValueType::exec},
         number("rows"),
         RecordKey{"bytes", ValueType::bytes},
         list("sizes"),
         number("records"),
         RecordKey{"result", ValueType::bytes},
         number("map"),
         list("accumulated")});
    add("task.progress",
        "how far a running attempt is",
        {app, task, exec, number("records"), RecordKey{"run", ValueType::time}});
    add("heartbeat", "a change in what is heard of an executor", {app, exec, beat, since});
    add("timer",
        "a wake-up that leads to something",
        {RecordKey{"what",
                   ValueType::choice,
                   "resubmit-stages expire-executors registration-wait worker-timeout "
                   "revive-offers speculation unschedulable barrier-check barrier-sync "
                   "starvation allocation node-heartbeats am-poll preemption pod-allocation "
                   "pod-scheduling resource-offers node-not-ready driver-retry "
                   "master-recovery policy leave-timeout"},
         app,
         node});
    add("map-output.moved",
        "an output has another holder",
        {app, shuffle, partition, exec, RecordKey{"from", ValueType::exec}});
    add("commit.requested",
        "an attempt asks whether it may commit",
        {app, task, exec, RecordKey{"deny", ValueType::flag}});
    add("barrier.requested",
        "a task waits for the others at a barrier",
        {app,
         task,
         exec,
         number("tasks"),
         number("epoch"),
         RecordKey{"op", ValueType::choice, "sync all-gather"},
         text("message")});
    add("task.spilled",
        "what a task that has ended put away for want of memory",
        {app,
         task,
         exec,
         RecordKey{"memory", ValueType::bytes},
         RecordKey{"disk", ValueType::bytes}});
    add("broadcast.fetched",
        "an executor has got a piece of a broadcast variable",
        {app,
         text("block"),
         exec,
         RecordKey{"from", ValueType::exec},
         RecordKey{"bytes", ValueType::bytes}});
    add("block.cached",
        "an executor keeps a partition, in memory or on disk",
        {app,
         text("block"),
         exec,
         RecordKey{"bytes", ValueType::bytes},
         RecordKey{"disk", ValueType::flag}});
    add("block.dropped", "it keeps it no more", {app, text("block"), exec});
}

void add_others(std::vector<RecordKind>& out) {
    const std::vector<RecordKey> choice{text("label"), number("n"), number("pick")};
    out.push_back(RecordKind{'D', "offer.order", "order of offers", choice});
    out.push_back(RecordKind{'D', "fault.pick", "which of several a fault hits", choice});
    out.push_back(
        RecordKind{'D', "policy.choice", "what a policy of the user's own asked for", choice});
    out.push_back(RecordKind{'D', "fault.probability", "whether a fault strikes", choice});
    for (const FaultRow& fault : fault_table()) {
        out.push_back(RecordKind{'F',
                                 fault.kind,
                                 fault.help,
                                 {RecordKey{"state", ValueType::choice, "applied ended noeffect"},
                                  number("fault"),
                                  app,
                                  exec,
                                  node,
                                  task,
                                  cause}});
    }
    out.push_back(
        RecordKind{'V', "invariant", "an invariant broke", {text("invariant"), text("text")}});
}

bool has(const std::vector<RecordKey>& keys, std::string_view name) {
    return std::any_of(
        keys.begin(), keys.end(), [&](const RecordKey& key) { return key.name == name; });
}

}  // namespace

const std::vector<RecordKind>& record_kinds() {
    static const std::vector<RecordKind> kinds = [] {
        std::vector<RecordKind> out;
        add_events(out);
        add_actions(out);
        add_others(out);
        return out;
    }();
    return kinds;
}

std::vector<RecordKey> matchable_keys(const RecordKind& kind) {
    std::vector<RecordKey> keys = kind.keys;
    const auto imply = [&](const RecordKey& key) {
        if (!has(keys, key.name)) {
            keys.push_back(key);
        }
    };
    const bool of_task = has(kind.keys, "task");
    const bool of_stage = of_task || has(kind.keys, "stage") || has(kind.keys, "shuffle");
    if (of_task) {
        imply(partition);
        imply(number("attempt"));
    }
    if (of_stage) {
        imply(stage);
        imply(job);
    }
    if (has(kind.keys, "exec")) {
        imply(node);
    }
    imply(RecordKey{"time", ValueType::time});
    return keys;
}

}  // namespace forkyard::sim
