// A policy of a later SDK: nothing but its version is looked at.
#include <cstdint>

extern "C" std::uint32_t forkyard_policy_sdk_version() {
    return 7;
}
