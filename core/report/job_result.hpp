// What a job gave back to its application, as reports and expectations see it.
#pragma once

#include <string>

#include "core/data/value.hpp"
#include "core/ids.hpp"
#include "core/model/application.hpp"

namespace forkyard {

struct JobResult {
    AppId app{};
    JobId job{};
    std::string name{};
    ActionKind action = ActionKind::run;
    // count and save: a number; collect, take, top, lookup and show: a list of rows; first, reduce
    // and tree_reduce: a row; run and foreach: none.
    Value value{};
    std::string text{};  // show: what it prints
};

// The rows of the result: the elements of a list, else the value itself; none for none.
[[nodiscard]] List rows_of(const JobResult& result);

}  // namespace forkyard
