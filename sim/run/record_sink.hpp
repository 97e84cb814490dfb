// Where a run's records go. The journal file is one; a comparison of two runs another.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/driver/control_plane.hpp"
#include "core/result.hpp"

namespace forkyard::sim {

class RecordSink {
public:
    virtual ~RecordSink() = default;
    // One line with its newline.
    virtual void append(std::string_view line) = 0;
    virtual void state(std::uint64_t seq, const std::vector<ControlPlane::PartDigest>& parts) = 0;
    // All records of event `seq` are in; `chain` is the digest so far.
    [[nodiscard]] virtual Result<void> end_event(std::uint64_t seq, std::uint64_t chain) = 0;
    // Wall clock: nothing happens at the moment.
    [[nodiscard]] virtual Result<void> idle() { return {}; }
};

}  // namespace forkyard::sim
