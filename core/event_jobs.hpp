// Events of applications and jobs: what users and their programs do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/model/application.hpp"
#include "core/model/executor_call.hpp"
#include "core/model/input_file.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

struct AppSubmitted {
    static constexpr std::string_view kind = "app.submitted";
    AppId app{};
    std::vector<InputFile> inputs{};  // of its sources: 0:120 or 0/part-00000:120 each

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("inputs", self.inputs);
    }
};

// A driver program in C++ has defined a dataset: one step over those that it defined before.
struct DatasetDefined {
    static constexpr std::string_view kind = "dataset.defined";
    AppId app{};
    std::string name{};
    std::string of{};  // the dataset that the step is done to; empty: it is a source
    StepKind step = StepKind::map;
    std::string value{};  // see StepSpec
    std::string args{};   // see argument_text
    std::optional<std::uint32_t> partitions{};
    std::optional<SimDuration> cost{};
    std::vector<InputFile> inputs{};         // of a source of files
    std::optional<BroadcastId> broadcast{};  // the last argument of the step's function

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("name", self.name);
        v("of", self.of);
        v("step", self.step);
        v("value", self.value);
        v("args", self.args);
        v("partitions", self.partitions);
        v("cost", self.cost);
        v("inputs", self.inputs);
        v.if_any("broadcast", self.broadcast);
    }
};

// A driver program makes a value that tasks may use: its driver has all pieces of it.
struct BroadcastCreated {
    static constexpr std::string_view kind = "broadcast.created";
    AppId app{};
    BroadcastId broadcast{};
    std::vector<std::int64_t> pieces{};  // their bytes

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("broadcast", self.broadcast);
        v("pieces", self.pieces);
    }
};

// Executors are to drop what they have of it; who needs it fetches it again.
struct BroadcastUnpersisted {
    static constexpr std::string_view kind = "broadcast.unpersisted";
    AppId app{};
    BroadcastId broadcast{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("broadcast", self.broadcast);
    }
};

// Nothing is left of it anywhere, and no stage that uses it can begin.
struct BroadcastDestroyed {
    static constexpr std::string_view kind = "broadcast.destroyed";
    AppId app{};
    BroadcastId broadcast{};
    std::string at{};  // the line of the program: file:line

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("broadcast", self.broadcast);
        v("at", self.at);
    }
};

// It wants nothing of a dataset to be kept any more.
struct DatasetUnpersisted {
    static constexpr std::string_view kind = "dataset.unpersisted";
    AppId app{};
    std::string name{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("name", self.name);
    }
};

// It wants a dataset to be checkpointed by the first of its jobs that needs it: into files of a
// folder, or, without one, by executors, which keep all of it from then on. How it was made is
// forgotten.
struct DatasetMarked {
    static constexpr std::string_view kind = "dataset.marked";
    AppId app{};
    std::string name{};
    std::string folder{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("name", self.name);
        v.if_any("folder", self.folder);
    }
};

// That job has ended: one more job is to write the dataset into files, or to compute what of it is
// kept nowhere.
struct CheckpointDefined {
    static constexpr std::string_view kind = "checkpoint.defined";
    AppId app{};
    std::string name{};  // of the job
    std::string of{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("name", self.name);
        v("of", self.of);
    }
};

// Nothing that it was made of is needed any more: its lineage ends with its files, or with what is
// kept of it.
struct DatasetCheckpointed {
    static constexpr std::string_view kind = "dataset.checkpointed";
    AppId app{};
    std::string name{};
    ActionKind action = ActionKind::collect;  // whose job came to it

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("name", self.name);
        v("action", self.action);
    }
};

// It asks for an action: the jobs for that come next.
struct JobDefined {
    static constexpr std::string_view kind = "job.defined";
    AppId app{};
    std::string name{};
    std::string of{};
    ActionKind action = ActionKind::collect;
    std::string args{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("name", self.name);
        v("of", self.of);
        v("action", self.action);
        v("args", self.args);
    }
};

struct JobSubmitted {
    static constexpr std::string_view kind = "job.submitted";
    AppId app{};
    JobId job{};
    std::string name{};
    StageId final_stage{};          // filled in by the DAG scheduler, which numbers stages
    std::vector<StageId> stages{};  // all of the job's, parents first
    std::uint32_t plan_job = 0;     // which of the program's jobs; take submits one several times
    std::uint32_t from = 0;         // partitions of the final stage: from .. until - 1
    std::uint32_t until = 0;
    bool map_stage = false;  // it makes the shuffle of its final stage, and no results
    // Of its partitions those that it computes, ascending; empty: all.
    std::vector<std::uint32_t> only{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("job", self.job);
        v("name", self.name);
        v("final", self.final_stage);
        v("stages", self.stages);
        v("program", self.plan_job);
        v("from", self.from);
        v("until", self.until);
        v("map-stage", self.map_stage);
        v.if_any("only", self.only);
    }
};

struct JobCancelled {
    static constexpr std::string_view kind = "job.cancelled";
    AppId app{};
    JobId job{};
    std::string reason{};  // given by its user

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("job", self.job);
        v("reason", self.reason);
    }
};

// All jobs of a group, and those that will be submitted if `future`.
struct JobGroupCancelled {
    static constexpr std::string_view kind = "job-group.cancelled";
    AppId app{};
    std::string group{};
    bool future = false;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("group", self.group);
        v("future", self.future);
    }
};

// Every job that uses the stage.
struct StageCancelled {
    static constexpr std::string_view kind = "stage.cancelled";
    AppId app{};
    StageId stage{};
    std::string reason{};  // given by its user

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("stage", self.stage);
        v("reason", self.reason);
    }
};

// Every job with a running stage.
struct AllJobsCancelled {
    static constexpr std::string_view kind = "jobs.cancelled";
    AppId app{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
    }
};

// The program asks for executors, gives some back, or asks which there are.
struct ExecutorsCalled {
    static constexpr std::string_view kind = "executor.call";
    AppId app{};
    ExecutorCall call = ExecutorCall::request;
    std::uint32_t count = 0;
    std::vector<ExecutorId> execs{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("call", self.call);
        v("count", self.count);
        v("execs", self.execs);
    }
};

// The user ends the application (kill_at).
struct AppKilled {
    static constexpr std::string_view kind = "app.killed";
    AppId app{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
    }
};

// The user's program ended: all jobs done and open_until passed, or a failed job
// that it does not survive.
struct AppClosed {
    static constexpr std::string_view kind = "app.closed";
    AppId app{};
    std::string reason{};  // of a failure; empty: it went well

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("reason", self.reason);
    }
};

}  // namespace forkyard
