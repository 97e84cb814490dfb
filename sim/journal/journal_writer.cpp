#include "sim/journal/journal_writer.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/digest.hpp"
#include "core/journal/codec.hpp"
#include "core/journal/field_text.hpp"
#include "sim/journal/crc32c.hpp"
#include "sim/journal/journal_format.hpp"

namespace forkyard::sim {

namespace {

constexpr std::chrono::milliseconds commit_period{100};

}  // namespace

JournalWriter::JournalWriter(std::unique_ptr<ByteOutput> output)
    : output_{std::move(output)}, committed_{std::chrono::steady_clock::now()} {
    block_.reserve(journal_block_bytes + 4096);
}

void JournalWriter::begin(const Scenario& scenario,
                          const std::vector<std::string>& lines,
                          std::string_view version) {
    timed_ = scenario.clock == ClockKind::wall;
    const std::uint64_t digest = scenario_digest(lines);
    block_ += journal_first_line;
    fmt::format_to(std::back_inserter(block_),
                   "\nH schema={} version={} scenario={:016x} seed={} clock={}\n",
                   journal_schema,
                   version,
                   digest,
                   scenario.seed,
                   scenario.clock == ClockKind::wall ? "wall" : "virtual");
    for (const std::string& line : lines) {
        fmt::format_to(std::back_inserter(block_), "C {}\n", line);
    }
    RecordDigest chain{Names{scenario}};
    for (const std::string& line : lines) {
        chain.add_line(line);
    }
    chain_ = chain.value();
    (void)commit();  // a failure is kept, and returned with the first event
}

void JournalWriter::state(std::uint64_t seq, const std::vector<ControlPlane::PartDigest>& parts) {
    fmt::format_to(std::back_inserter(block_), "S {}", seq);
    for (const ControlPlane::PartDigest& part : parts) {
        block_ += ' ';
        append_text(block_, part.part);
        block_ += '=';
        append_hex(block_, part.digest);
    }
    block_ += '\n';
    due_ = true;
}

Result<void> JournalWriter::end_event(std::uint64_t seq, std::uint64_t chain) {
    seq_ = seq;
    chain_ = chain;
    return due_ || block_.size() >= journal_block_bytes || time_is_up() ? commit() : written_;
}

Result<void> JournalWriter::idle() {
    return !block_.empty() && time_is_up() ? commit() : written_;
}

bool JournalWriter::time_is_up() const {
    return timed_ && std::chrono::steady_clock::now() - committed_ >= commit_period;
}

Result<void> JournalWriter::commit() {
    const std::uint32_t crc = crc32c(0, block_);
    fmt::format_to(
        std::back_inserter(block_), "K {} crc={:08x} chain={:016x}\n", seq_, crc, chain_);
    if (written_) {
        written_ = output_->write(block_);
    }
    block_.clear();
    due_ = false;
    if (timed_) {
        committed_ = std::chrono::steady_clock::now();
    }
    return written_;
}

Result<void> JournalWriter::finish(std::string_view verdict, int exit) {
    fmt::format_to(std::back_inserter(block_), "Z verdict={} exit={}\n", verdict, exit);
    Result<void> committed = commit();
    Result<void> closed = output_->close();
    return committed ? closed : committed;
}

}  // namespace forkyard::sim
