// Writes a journal, block by block.
//
// Lines gather in memory and go out block by block, each closed by a K line. A run that
// is killed leaves a journal that counts up to its last block. Under the virtual clock a
// block ends where the records say (64 KB, a state digest, a broken invariant), so that
// equal runs have equal bytes; under the wall clock also after 100 ms. Where the bytes
// go, and whether they are compressed, is byte_output's.
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

    // First: the header and the whole scenario, a block of their own. A failure to write
    // it is returned with the first event.
    void begin(const Scenario& scenario,
               const std::vector<std::string>& lines,
               std::string_view version);

    void append(std::string_view line) override {
        block_ += line;
        due_ = due_ || line.front() == 'V';
    }
    void state(std::uint64_t seq, const std::vector<ControlPlane::PartDigest>& parts) override;
    [[nodiscard]] Result<void> end_event(std::uint64_t seq, std::uint64_t chain) override;

    [[nodiscard]] Result<void> idle() override;

    // Last: how it ended. After a failed write nothing more is written, and the failure
    // is returned again.
    [[nodiscard]] Result<void> finish(std::string_view verdict, int exit);

private:
    [[nodiscard]] bool time_is_up() const;
    [[nodiscard]] Result<void> commit();

    std::unique_ptr<ByteOutput> output_;
    std::string block_;
    std::uint64_t seq_ = 0;
    std::uint64_t chain_ = 0;
    bool due_ = false;    // the block ends with this event
    bool timed_ = false;  // it may also end by the clock on the wall
    Result<void> written_;
    std::chrono::steady_clock::time_point committed_;
};

}  // namespace forkyard::sim
