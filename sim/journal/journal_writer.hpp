// Writes a journal, block by block.
//
// Lines gather in memory and go out when there are 64 KB of them or 100 ms have passed,
// each block closed by a K line. A run that is killed leaves a journal that counts up to
// its last block.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/scenario.hpp"
#include "core/result.hpp"
#include "sim/journal/byte_output.hpp"
#include "sim/run/record_sink.hpp"

namespace forkyard::sim {

class JournalWriter final : public RecordSink {
public:
    explicit JournalWriter(std::unique_ptr<ByteOutput> output);

    // First: the header and the whole scenario.
    void begin(const Scenario& scenario,
               const std::vector<std::string>& lines,
               std::string_view version);

    void append(std::string_view line) override { block_ += line; }
    void state(std::uint64_t seq, const std::vector<ControlPlane::PartDigest>& parts) override;
    [[nodiscard]] Result<void> end_event(std::uint64_t seq, std::uint64_t chain) override;

    // Last: how it ended.
    [[nodiscard]] Result<void> finish(std::string_view verdict, int exit);

private:
    [[nodiscard]] Result<void> commit();

    std::unique_ptr<ByteOutput> output_;
    std::string block_;
    std::uint64_t seq_ = 0;
    std::uint64_t chain_ = 0;
    std::uint64_t events_ = 0;
    std::chrono::steady_clock::time_point committed_;
};

}  // namespace forkyard::sim
