#include "core/report/job_result.hpp"

namespace forkyard {

List rows_of(const JobResult& result) {
    if (result.value.is(Value::Kind::none)) {
        return {};
    }
    const bool many = result.action == ActionKind::collect || result.action == ActionKind::take ||
                      result.action == ActionKind::top || result.action == ActionKind::show ||
                      result.action == ActionKind::lookup;
    if (many && result.value.is(Value::Kind::list)) {
        return result.value.list();
    }
    return {result.value};
}

}  // namespace forkyard
