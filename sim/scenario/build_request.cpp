// [[app.request]]: what a program asks of its driver about executors.
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"

namespace forkyard::sim {
namespace {

struct CallKey {
    std::string_view key;
    ExecutorCall call;
};

constexpr std::array calls{
    CallKey{"request_executors", ExecutorCall::request},
    CallKey{"request_total_executors", ExecutorCall::request_total},
    CallKey{"kill_executors", ExecutorCall::kill},
    CallKey{"list_executors", ExecutorCall::list},
};

std::vector<ExecutorId> read_executors(const TableReader& request,
                                       bool in_driver,
                                       Diagnostics& problems) {
    std::vector<ExecutorId> out;
    for (const TreeNode* item : request.items("kill_executors")) {
        if (const auto exec = executor_named(item->text, in_driver)) {
            out.push_back(*exec);
        } else {
            problems.error(item->at,
                           fmt::format("there can be no executor `{}`", item->text),
                           in_driver ? "a local master has one, \"driver\""
                                     : "they are called \"e1\", \"e2\", ... in the order of their "
                                       "grants");
        }
    }
    if (out.empty() && !problems.failed()) {
        problems.error(request.at("kill_executors"), "`kill_executors` is empty");
    }
    return out;
}

RequestSpec build_request(const TableReader& request, const AppSpec& app, Diagnostics& problems) {
    RequestSpec out;
    out.at = request.time("at");
    if (out.at < app.submit_at) {
        problems.error(request.at("at"), "`at` is before the application's `submit_at`");
    }
    const auto given = std::count_if(
        calls.begin(), calls.end(), [&](const CallKey& row) { return request.has(row.key); });
    if (given != 1) {
        problems.error(request.at(),
                       fmt::format("a request asks for one thing, not for {}", given),
                       "give one of request_executors, request_total_executors, kill_executors "
                       "and list_executors");
        return out;
    }
    for (const CallKey& row : calls) {
        if (!request.has(row.key)) {
            continue;
        }
        out.call = row.call;
        if (row.call == ExecutorCall::kill) {
            out.execs = read_executors(request, app.conf.runs_in_driver, problems);
        } else if (row.call == ExecutorCall::list) {
            if (!request.boolean(row.key)) {
                problems.error(request.at(row.key), "`list_executors` is true, or left out");
            }
        } else {
            out.count = request.count(row.key);
        }
    }
    return out;
}

}  // namespace

void build_requests(const TableReader& app, AppSpec& out, Diagnostics& problems) {
    for (const TableReader& request : app.tables("request")) {
        out.requests.push_back(build_request(request, out, problems));
    }
}

}  // namespace forkyard::sim
