#include "sim/journal/journal_writer.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/digest.hpp"
#include "core/journal/field_text.hpp"
#include "sim/journal/journal_format.hpp"

namespace forkyard::sim {

namespace {

constexpr std::chrono::milliseconds commit_period{100};
constexpr std::uint64_t clock_period = 256;  // events between two looks at the clock

}  // namespace

JournalWriter::JournalWriter(std::unique_ptr<ByteOutput> output)
    : output_{std::move(output)}, committed_{std::chrono::steady_clock::now()} {
    block_.reserve(journal_block_bytes + 4096);
}

void JournalWriter::begin(const Scenario& scenario,
                          const std::vector<std::string>& lines,
                          std::string_view version) {
    std::uint64_t digest = 0;
    for (const std::string& line : lines) {
        digest = combine(digest, digest_of(std::string_view{line}));
    }
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
}

Result<void> JournalWriter::end_event(std::uint64_t seq, std::uint64_t chain) {
    seq_ = seq;
    chain_ = chain;
    if (block_.size() >= journal_block_bytes) {
        return commit();
    }
    if (++events_ % clock_period == 0 &&
        std::chrono::steady_clock::now() - committed_ >= commit_period) {
        return commit();
    }
    return {};
}

Result<void> JournalWriter::commit() {
    const std::uint32_t crc = crc32c(0, block_);
    fmt::format_to(
        std::back_inserter(block_), "K {} crc={:08x} chain={:016x}\n", seq_, crc, chain_);
    Result<void> written = output_->write(block_);
    block_.clear();
    committed_ = std::chrono::steady_clock::now();
    return written;
}

Result<void> JournalWriter::finish(std::string_view verdict, int exit) {
    fmt::format_to(std::back_inserter(block_), "Z verdict={} exit={}\n", verdict, exit);
    Result<void> committed = commit();
    Result<void> closed = output_->close();
    return committed ? closed : committed;
}

}  // namespace forkyard::sim
