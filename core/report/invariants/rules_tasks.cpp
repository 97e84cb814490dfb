// I01, I03, I04, I05, I10 and I11: what may be launched where, what may end, and commit.
#include <algorithm>

#include <fmt/format.h>

#include "core/event_text.hpp"
#include "core/report/invariants/names_of.hpp"
#include "core/report/invariants/rules.hpp"

namespace forkyard::invariants {

namespace {

// I01, I03.
void check_place(Books& books, const LaunchTask& action, Findings& out) {
    const ExecutorBook& entry = books.executor(action.exec);
    const char* wrong = nullptr;
    if (books.app(action.app).finished) {
        wrong = "whose application has finished";
    } else if (!entry.registered) {
        wrong = "which has not registered";
    } else if (entry.lost) {
        wrong = "which is lost";
    } else if (entry.leaving) {
        wrong = "which leaves";
    } else if (entry.app != action.app) {
        wrong = "which belongs to another application";
    } else if (entry.node != action.node) {
        wrong = "which is on another node";
    }
    if (wrong != nullptr) {
        out.push_back(
            {3,
             fmt::format(
                 "{} is launched on {}, {}", name_of(action.task), to_text(action.exec), wrong)});
        return;
    }
    const std::int64_t cpus = books.app(action.app).task_cpus;
    if ((entry.running + 1) * cpus > entry.usable) {
        out.push_back({1,
                       fmt::format("{} is launched on {}, which has {} cores and runs {} tasks of "
                                   "{} already",
                                   name_of(action.task),
                                   to_text(action.exec),
                                   entry.usable,
                                   entry.running,
                                   cpus)});
    }
}

// I05. An attempt on an executor that the driver knows to be lost is as good as ended.
void check_copy(Books& books, const LaunchTask& action, ExecutorId other, Findings& out) {
    const ExecutorBook& entry = books.executor(other);
    if (entry.lost || (action.spec && entry.node != action.node)) {
        return;
    }
    out.push_back(
        {5,
         fmt::format("{} is launched while a copy runs on {}{}",
                     name_of(action.task),
                     to_text(other),
                     action.spec ? ", on the same node" : ", and it is not speculative")});
}

}  // namespace

void check_launch(Books& books, const LaunchTask& action, Findings& out) {
    check_place(books, action, out);
    const StageBook& stage = books.stage(action.app, action.task.stage.stage);
    const StageAttemptBook& of = books.attempt(action.app, action.task.stage);
    if (!of.submitted) {
        out.push_back(
            {8,
             fmt::format("{} is launched but its stage was not submitted", name_of(action.task))});
    }
    if (of.tasks.size() > action.task.partition) {
        const TaskBook& task = of.tasks[action.task.partition];
        if (action.task.attempt < task.launched) {
            out.push_back({4, fmt::format("{} is launched twice", name_of(action.task))});
        }
        if (task.exec.valid()) {
            check_copy(books, action, task.exec, out);
        }
        for (const CopyBook& copy : of.copies) {
            if (copy.partition == action.task.partition) {
                check_copy(books, action, copy.exec, out);
            }
        }
    }
    if (books.done(action.app, stage, action.task.partition)) {
        out.push_back(
            {10, fmt::format("{} is launched but its partition is done", name_of(action.task))});
    }
}

void check_end(Books& books, const TaskFinished& event, Findings& out) {
    if (event.status == TaskStatus::resubmitted || books.app(event.app).finished) {
        return;
    }
    const Books::Place place = books.place_of(event.app, event.task);
    if (place.exec == event.exec) {
        return;
    }
    if (place.exec.valid()) {
        out.push_back({4,
                       fmt::format("{} ends on {} but was launched on {}",
                                   name_of(event.task),
                                   to_text(event.exec),
                                   to_text(place.exec))});
        return;
    }
    const std::vector<TaskBook>& tasks = place.attempt.tasks;
    const bool launched = tasks.size() > event.task.partition &&
                          tasks[event.task.partition].launched > event.task.attempt;
    if (!launched) {
        out.push_back({4, fmt::format("{} ends but was never launched", name_of(event.task))});
    }
}

void check_commit(Books& books, const AnswerCommit& action, Findings& out) {
    if (!action.allowed) {
        return;
    }
    const auto& committers = books.stage(action.app, action.task.stage.stage).committers;
    const auto other = committers.find(action.task.partition);
    if (other != committers.end()) {
        out.push_back(
            {11,
             fmt::format(
                 "{} may commit, and so may {}", name_of(action.task), name_of(other->second))});
    } else if (books.place_of(action.app, action.task).exec != action.exec ||
               books.executor(action.exec).lost) {
        out.push_back({11,
                       fmt::format("{} may commit, but does not run on {}",
                                   name_of(action.task),
                                   to_text(action.exec))});
    }
}

}  // namespace forkyard::invariants
