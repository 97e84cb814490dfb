// I00: every total in the books counted again from what it is a total of.
#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "core/report/invariants/rules.hpp"

namespace forkyard::invariants {

namespace {

class Audit {
public:
    Audit(const Books& books, Findings& out)
        : books_{books},
          out_{out},
          running_(books.executors.size()),
          outputs_(books.executors.size()) {}

    void run() {
        for (const AppBook& app : books_.apps) {
            if (!app.finished) {  // else its books are closed
                count_app(app);
            }
        }
        compare_executors();
        compare_grants();
    }

private:
    void expect(std::string_view what,
                std::uint64_t number,
                std::int64_t book,
                std::int64_t count) {
        if (book != count) {
            out_.push_back({0,
                            fmt::format("checker disagrees on {} {}: {} in the books, {} counted",
                                        what,
                                        number,
                                        book,
                                        count)});
        }
    }

    static std::int64_t set_in(const std::vector<char>& flags) {
        return std::count_if(flags.begin(), flags.end(), [](char flag) { return flag != 0; });
    }

    void count_app(const AppBook& app) {
        for (std::size_t i = 0; i < app.stages.size(); ++i) {
            expect("pending partitions of stage",
                   i,
                   app.stages[i].pending_count,
                   set_in(app.stages[i].pending));
            for (const StageAttemptBook& attempt : app.stages[i].attempts) {
                count_running(attempt);
            }
        }
        for (std::size_t i = 0; i < app.shuffles.size(); ++i) {
            std::int64_t available = 0;
            for (const ExecutorId holder : app.shuffles[i].holders) {
                if (holder.valid()) {
                    ++available;
                }
                if (holder.valid() && holder != fallback_storage) {
                    ++outputs_[holder.index()];
                }
            }
            expect("outputs of shuffle", i, app.shuffles[i].available, available);
        }
        for (std::size_t i = 0; i < app.jobs.size(); ++i) {
            expect("results of job", i, app.jobs[i].accepted_count, set_in(app.jobs[i].accepted));
        }
    }

    void count_running(const StageAttemptBook& attempt) {
        for (const TaskBook& task : attempt.tasks) {
            if (task.exec.valid()) {
                ++running_[task.exec.index()];
            }
        }
        for (const CopyBook& copy : attempt.copies) {
            ++running_[copy.exec.index()];
        }
    }

    void compare_executors() {
        for (std::size_t i = 0; i < books_.executors.size(); ++i) {
            const ExecutorBook& entry = books_.executors[i];
            if (entry.app.valid() && !books_.apps[entry.app.index()].finished) {
                expect("attempts on executor", i, entry.running, running_[i]);
                expect("outputs on executor", i, entry.outputs, outputs_[i]);
            }
        }
    }

    void compare_grants() {
        std::vector<std::int64_t> node_cores(books_.nodes.size());
        std::vector<std::int64_t> node_memory(books_.nodes.size());
        std::vector<std::int64_t> app_executors(books_.apps.size());
        std::vector<std::int64_t> app_cores(books_.apps.size());
        for (const ExecutorBook& entry : books_.executors) {
            if (entry.granted && !entry.released) {
                node_cores[entry.node.index()] += entry.cores + entry.lent;
                node_memory[entry.node.index()] += entry.memory;
                ++app_executors[entry.app.index()];
                app_cores[entry.app.index()] += entry.cores;
            }
        }
        for (const AppBook& app : books_.apps) {
            if (app.driver) {
                node_cores[app.driver->node.index()] += app.driver->cores;
                node_memory[app.driver->node.index()] += app.driver->memory;
            }
        }
        for (std::size_t i = 0; i < books_.nodes.size(); ++i) {
            expect("cores taken on node", i, books_.nodes[i].used_cores, node_cores[i]);
            expect("memory taken on node", i, books_.nodes[i].used_memory, node_memory[i]);
        }
        for (std::size_t i = 0; i < books_.apps.size(); ++i) {
            expect("executors of application", i, books_.apps[i].granted, app_executors[i]);
            expect("cores of application", i, books_.apps[i].granted_cores, app_cores[i]);
        }
    }

    const Books& books_;
    Findings& out_;
    std::vector<std::int64_t> running_;
    std::vector<std::int64_t> outputs_;
};

}  // namespace

void audit(const Books& books, Findings& out) {
    Audit{books, out}.run();
}

}  // namespace forkyard::invariants
