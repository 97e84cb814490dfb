// Calls a function of a user's: what it throws is its failure, as what it returns as one is.
//
// In Spark: the catch of all that a task's body throws, in Executor.TaskRunner.
#pragma once

#include <exception>
#include <string>

#include <tl/expected.hpp>

namespace forkyard {

template <class Call>
auto guarded(Call&& call) -> decltype(call()) {
    try {
        return call();
    } catch (const std::exception& error) {
        return tl::make_unexpected(std::string{error.what()});
    } catch (...) {
        return tl::make_unexpected(std::string{"it threw something that is no std::exception"});
    }
}

}  // namespace forkyard
