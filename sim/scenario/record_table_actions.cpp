// The kinds of records that say what was decided, and by whom.
#include <utility>

#include "sim/scenario/record_keys.hpp"

namespace forkyard::sim {

using namespace record_keys;

void add_actions(std::vector<RecordKind>& out) {
    const auto add =
        [&](std::string_view name, std::string_view help, std::vector<RecordKey> keys) {
            out.push_back(RecordKind{'A', name, help, std::move(keys)});
        };
    const std::vector<RecordKey> excluded{app,
                                          RecordKey{"scope", ValueType::choice, "executor node"},
                                          text("target"),
                                          RecordKey{"level", ValueType::choice, "task stage app"}};
    const std::vector<RecordKey> output{app, shuffle, partition, exec};
    add("executor.request",
        "how many are wanted in all",
        {app, number("total"), number("local"), list("on"), list("excluded")});
    add("executor.launch", "the manager grants one", {app, exec, node, cores, memory});
    RecordKey kill_reason = loss;
    add("executor.kill", "one must go", {app, exec, kill_reason, by});
    add("executor.explain", "the manager knows why, and tells the driver", {app, exec});
    add("executor.decommission",
        "one must go gently",
        {app, exec, by, kill_reason, RecordKey{"host", ValueType::node}});
    add("app.remove", "its manager gives it up", {app, reason});
    add("cores.offer",
        "the master lends cores for tasks (fine-grained Mesos)",
        {app, exec, cores, number("more")});
    add("cores.return",
        "the driver does not use them, or not any more",
        {app, exec, cores, RecordKey{"refuse", ValueType::time}, number("tasks")});
    add("offers.revive", "the driver has more to run", {app, number("tasks")});
    add("manager.register", "the driver is to ask its manager again", {app});
    add("fault.inject",
        "the policy asks for a fault",
        {RecordKey{
             "fault", ValueType::choice, "kill-executor freeze-executor slow-worker lose-worker"},
         app,
         exec,
         node,
         number("percent"),
         RecordKey{"for", ValueType::time}});
    add("driver.launch",
        "a manager chose a node for a driver",
        {app, node, cores, memory, number("attempt")});
    add("driver.exit", "a driver in cluster mode has ended", {app, ended, number("code")});
    add("manager.note",
        "what a manager did inside that no other record shows",
        {app, node, text("text")});
    add("executor.list", "which have registered, for the program", {app, list("execs")});
    add("job.stages",
        "a job that waited for slots gets its stages",
        {app, job, RecordKey{"final", ValueType::stage}, list("stages")});
    add("stage.submit",
        "an attempt of a stage starts",
        {app, stage, RecordKey{"name", ValueType::stage}, number("tasks"), list("parents")});
    add("stage.finish", "an attempt of a stage ended", {app, stage, ended});
    add("stage.skip",
        "its output is there",
        {app, stage, job, RecordKey{"name", ValueType::stage}, number("tasks")});
    add("partition.skip",
        "a job for a checkpoint leaves out what executors keep",
        {app, job, list("partitions")});
    add("stage.resubmit", "a stage goes again", {app, stage, reason});
    const RecordKey waits{"why",
                          ValueType::choice,
                          "parent-stage no-executor executor-starting slots-full locality-wait "
                          "resource-profile excluded pool-share behind-in-fifo barrier-short "
                          "max-failures-backoff driver-busy decommissioning"};
    add("stage.wait", "what its tasks wait for from now on", {app, stage, waits, text("on")});
    add("job.wait", "what it waits for, without stages yet", {app, job, waits, text("on")});
    add("task.launch",
        "an attempt starts",
        {app,
         task,
         exec,
         node,
         locality,
         RecordKey{"spec", ValueType::flag},
         RecordKey{"why",
                   ValueType::choice,
                   "best-locality only-free speculative-copy retry-elsewhere"}});
    add("task.speculate",
        "an attempt has become slow",
        {app,
         task,
         exec,
         RecordKey{"run", ValueType::time},
         RecordKey{"threshold", ValueType::time}});
    add("task.kill", "an attempt must end", {app, task, exec, reason});
    add("job.finish", "a job ended", {app, job, ended, reason});
    add("app.finish", "an application ended", {app, ended, reason});
    add("include", "it is used again", excluded);
    std::vector<RecordKey> excluded_for = excluded;
    excluded_for.insert(excluded_for.end(), {stage, partition, number("failures")});
    add("exclude", "an executor or node is no longer used", excluded_for);
    add("map-output.register", "where an output is", output);
    add("map-output.unregister", "an output is gone", output);
    add("result.fetch",
        "a big result is fetched from its executor",
        {app, task, exec, RecordKey{"bytes", ValueType::bytes}});
    add("commit.answer",
        "whether an attempt may commit",
        {app, task, RecordKey{"allowed", ValueType::flag}, exec});
    add("barrier.answer",
        "the tasks at a barrier go on, or fail",
        {app, task, RecordKey{"released", ValueType::flag}, reason});
    add("accumulator.update",
        "what tasks have added comes to this, as far as it counts",
        {app, text("name"), number("value")});
    add("broadcast.remove",
        "executors are to drop what they have of a broadcast variable",
        {app, text("broadcast")});
    add("rdd.remove", "executors are to drop what they keep of a dataset", {app, text("rdd")});
    add("warning", "what a driver's log would say", {app, text("text")});
}

}  // namespace forkyard::sim
