// The process that a shared library of a policy runs in: the hidden verb `policy-host`.
//
// It speaks the protocol on the outside and the SDK on the inside, and knows no kind of event
// and no action: every object of the protocol is a record of fields.
#pragma once

#include <string>

namespace forkyard::sim {

[[nodiscard]] int policy_host_main(const std::string& library);

}  // namespace forkyard::sim
