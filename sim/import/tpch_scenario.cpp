#include "sim/import/tpch_scenario.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/model/draw.hpp"
#include "core/random.hpp"
#include "sim/import/tpch_durations.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t columns = 100;

struct Arrival {
    std::size_t trace = 0;
    SimDuration at{0};
};

// Which trace comes when; a function of the seed.
std::vector<Arrival> arrivals(std::size_t traces, const TpchWorkload& workload) {
    const std::uint64_t key = random_key(workload.seed, Stream::workload);
    const DurationSpec gap{
        .form = DurationSpec::Form::exponential, .times = {workload.every}, .shape = {}};
    std::vector<Arrival> list(workload.jobs.value_or(static_cast<std::uint32_t>(traces)));
    SimDuration at{0};
    for (std::uint32_t j = 0; j < list.size(); ++j) {
        list[j] = {workload.jobs ? draw_below(mix(key, "trace"), j, traces) : j, at};
        at += workload.arrivals == TpchWorkload::Arrivals::regular
                  ? workload.every
                  : std::chrono::ceil<std::chrono::milliseconds>(
                        draw_duration(gap, mix(key, "gap"), j, 0));
    }
    return list;
}

std::vector<std::size_t> final_stages(const TpchTrace& trace) {
    std::vector<std::size_t> finals;
    for (std::size_t s = 0; s < trace.stages.size(); ++s) {
        if (std::none_of(trace.stages.begin(), trace.stages.end(), [&](const TpchStage& stage) {
                return std::binary_search(stage.parents.begin(), stage.parents.end(), s);
            })) {
            finals.push_back(s);
        }
    }
    return finals;
}

std::string_view name_of(TpchWorkload::Mode mode) {
    return mode == TpchWorkload::Mode::fifo ? "FIFO" : "FAIR";
}

std::string counted(std::size_t n, std::string_view what) {
    return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

// In a comment a line break would end it.
std::string in_one_line(std::string_view text) {
    std::string line{text};
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c >= 0 && c < ' '; }, '?');
    return line;
}

class ScenarioText {
public:
    ScenarioText(const std::vector<TpchTrace>& traces, const TpchWorkload& workload)
        : traces_{traces}, workload_{workload} {}

    TpchScenario write(std::string_view made_by) {
        const std::vector<Arrival> list = arrivals(traces_.size(), workload_);
        std::string body;
        std::swap(body, text_);
        for (std::size_t j = 0; j < list.size(); ++j) {
            add_job(j, traces_[list[j].trace], list[j].at);
        }
        std::swap(body, text_);
        made_.jobs = list.size();
        add_comment(made_by);
        add_head(list.empty() ? SimDuration{0} : list.back().at);
        text_ += body;
        made_.text = std::move(text_);
        return std::move(made_);
    }

private:
    template <class... Values>
    void add(fmt::format_string<Values...> form, Values&&... values) {
        fmt::format_to(std::back_inserter(text_), form, std::forward<Values>(values)...);
    }

    void add_comment(std::string_view made_by) {
        const auto [lower, upper] = measured_neighbours(workload_.executors);
        add("# {} of TPC-H queries, {}, out of {} measured for Decima (H. Mao\n"
            "# et al., SIGCOMM 2019), with seed {}. Made by:\n#   {}\n#\n",
            counted(made_.jobs, "job"),
            counted(made_.tasks, "task"),
            counted(traces_.size(), "trace"),
            workload_.seed,
            in_one_line(made_by));
        add("# What a task takes was measured with {} executors, or with the most that its stage\n"
            "# was measured with. The first {} partitions of a stage take what the first task of "
            "an\n"
            "# executor in that stage took, its start-up left out, the others what later tasks\n"
            "# took; in the order of the trace, repeating{}.\n",
            lower == upper ? fmt::format("{}", lower) : fmt::format("{} or {}", lower, upper),
            workload_.executors,
            workload_.durations == TpchWorkload::Durations::each
                ? ""
                : ". Of these each attempt draws one");
        text_ +=
            "#\n"
            "# What is lost: a time does not depend on the executor that runs the task, nor on "
            "how\n"
            "# many executors the job gets meanwhile; one that changes jobs does not start up "
            "anew;\n"
            "# the traces tell nothing of bytes, so that none are moved.\n";
    }

    void add_head(SimDuration last_arrival) {
        // However few executors are left to it, the work takes no longer than one by one.
        const auto limit =
            std::min(std::chrono::ceil<std::chrono::hours>(last_arrival + work_) + 1h,
                     std::chrono::hours{1'000'000});
        add("format = 1\nname = \"TPC-H: {} on {}, {}\"\nseed = {}\n"
            "time_limit = \"{}h\"\n\n",
            counted(made_.jobs, "job"),
            counted(workload_.executors, "executor"),
            name_of(workload_.mode),
            workload_.seed,
            limit.count());
        add("[cluster]\n[[cluster.worker]]\nname = \"w\"\ncount = {}\ncores = 1\n"
            "memory = \"2g\"\n\n",
            workload_.executors);
        add("[conf]\n\"spark.executor.cores\" = 1\n\"spark.executor.memory\" = \"1g\"\n"
            "\"spark.scheduler.mode\" = \"{}\"\n\n[[app]]\nname = \"tpch\"\n",
            name_of(workload_.mode));
    }

    void add_job(std::size_t j, const TpchTrace& trace, SimDuration at) {
        const std::string job = fmt::format("j{}-q{:02}", j, trace.query);
        const std::uint64_t key = mix(mix(random_key(workload_.seed, Stream::workload), "time"), j);
        add("\n# {}: query {} on {}\n", job, trace.query, in_one_line(trace.size));
        for (std::size_t s = 0; s < trace.stages.size(); ++s) {
            add_stage(job, trace.stages[s], s, mix(key, s));
        }
        const std::string last = add_last(job, final_stages(trace));
        if (workload_.mode == TpchWorkload::Mode::fair) {
            add("[[app.pool]]\nname = \"{}\"\n", job);
        }
        add("[[app.job]]\nname = \"{0}\"\nof = \"{1}\"\nat = \"{2}\"\nthread = \"{0}\"\n",
            job,
            last,
            print_duration(at));
        if (workload_.mode == TpchWorkload::Mode::fair) {
            add("pool = \"{}\"\n", job);
        }
    }

    void add_stage(const std::string& job,
                   const TpchStage& stage,
                   std::size_t s,
                   std::uint64_t key) {
        add("[[app.stage]]\nname = \"{}-s{}\"\ntasks = {}\n", job, s, stage.tasks);
        add_parents(job, stage.parents);
        add_durations(partition_durations(stage, workload_.executors, key));
        made_.stages += 1;
        made_.tasks += stage.tasks;
    }

    template <class Numbers>
    void add_parents(const std::string& job, const Numbers& parents) {
        if (parents.empty()) {
            return;
        }
        text_ += "parents = [";
        for (const auto parent : parents) {
            add("{}\"{}-s{}\"", parent == parents.front() ? "" : ", ", job, parent);
        }
        text_ += "]\n";
    }

    void add_durations(const std::vector<SimDuration>& times) {
        for (const SimDuration time : times) {
            work_ = std::min(work_ + time, duration_forever);
        }
        if (std::equal(std::next(times.begin()), times.end(), times.begin())) {
            add("duration = \"{}\"\n", print_duration(times.front()));
            return;
        }
        add("duration = {{ {} = [\n",
            workload_.durations == TpchWorkload::Durations::each ? "each" : "values");
        std::size_t line = text_.size();
        text_ += " ";
        for (const SimDuration time : times) {
            const std::string shown = print_duration(time);
            if (text_.size() - line + shown.size() + 4 > columns) {
                text_ += "\n";
                line = text_.size();
                text_ += " ";
            }
            add(" \"{}\",", shown);
        }
        text_ += "\n] }\n";
    }

    // The stage that the job is of: the only final one, or one that waits for all of them.
    std::string add_last(const std::string& job, const std::vector<std::size_t>& finals) {
        FORKYARD_CHECK(!finals.empty(), "a graph without cycles has a final stage");
        if (finals.size() == 1) {
            return fmt::format("{}-s{}", job, finals.front());
        }
        add("# The query ends in {} stages and a job in one: this waits for them, and does "
            "nothing.\n[[app.stage]]\nname = \"{}-join\"\ntasks = 1\n",
            finals.size(),
            job);
        add_parents(job, finals);
        made_.stages += 1;
        made_.tasks += 1;
        return job + "-join";
    }

    const std::vector<TpchTrace>& traces_;
    const TpchWorkload& workload_;
    std::string text_;
    SimDuration work_{0};  // of all tasks
    TpchScenario made_;
};

}  // namespace

TpchScenario tpch_scenario(const std::vector<TpchTrace>& traces,
                           const TpchWorkload& workload,
                           std::string_view made_by) {
    FORKYARD_CHECK(!traces.empty(), "a workload needs a trace");
    return ScenarioText{traces, workload}.write(made_by);
}

}  // namespace forkyard::sim
