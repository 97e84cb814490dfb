// forkyard verify: a run must repeat itself. Each scenario runs inline twice and in
// executor processes once; the digests must agree, else the first difference is shown.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/report/run_report.hpp"
#include "tools/commands.hpp"

namespace forkyard::tools {

namespace {

// Keeps all record lines of a run.
class Transcript final : public sim::RecordSink {
public:
    void append(std::string_view line) override { lines_.emplace_back(line); }
    void state(std::uint64_t seq, const std::vector<ControlPlane::PartDigest>& parts) override {
        std::string line = fmt::format("S {}", seq);
        for (const ControlPlane::PartDigest& part : parts) {
            line += fmt::format(" {}={:016x}", part.part, part.digest);
        }
        lines_.push_back(line + "\n");
    }
    Result<void> end_event(std::uint64_t /*seq*/, std::uint64_t /*chain*/) override { return {}; }

    [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

private:
    std::vector<std::string> lines_;
};

struct Attempt {
    const char* name;
    sim::ExecutorMode mode;
    Exit exit = Exit::ok;
    std::uint64_t digest = 0;
    std::uint64_t events = 0;
};

Result<void> run(const sim::LoadedScenario& loaded, Attempt& attempt, sim::RecordSink* sink) {
    Result<sim::RunResult> result = sim::run_scenario(
        loaded, {.executors = attempt.mode, .out_folder = "", .journal = sink, .poll = {}});
    if (!result) {
        return fail(result.error());
    }
    attempt.exit = result->report.exit;
    attempt.digest = result->report.digest;
    attempt.events = result->events;
    return {};
}

int show_difference(const sim::LoadedScenario& loaded, Attempt a, Attempt b) {
    Transcript first;
    Transcript second;
    if (!run(loaded, a, &first) || !run(loaded, b, &second)) {
        return static_cast<int>(Exit::divergence);
    }
    const auto [at, other] = std::mismatch(
        first.lines().begin(), first.lines().end(), second.lines().begin(), second.lines().end());
    fmt::print("NONDETERMINISM: runs agree for {} records, then\n", at - first.lines().begin());
    fmt::print("  {:<8} {}", a.name, at == first.lines().end() ? "(ended)\n" : *at);
    fmt::print("  {:<8} {}", b.name, other == second.lines().end() ? "(ended)\n" : *other);
    if (at == first.lines().end() && other == second.lines().end()) {
        fmt::print("  (this time they agreed: the difference comes and goes)\n");
    }
    return static_cast<int>(Exit::divergence);
}

int verify_one(const std::string& path, const RunFlags& flags) {
    int exit = 0;
    const std::optional<sim::LoadedScenario> loaded = load(path, flags, exit);
    if (!loaded) {
        return exit;
    }
    std::vector<Attempt> attempts{{"inline", sim::ExecutorMode::in_line},
                                  {"again", sim::ExecutorMode::in_line},
                                  {"process", sim::ExecutorMode::process}};
    for (Attempt& attempt : attempts) {
        const Result<void> done = run(*loaded, attempt, nullptr);
        if (!done) {
            return complain(done.error());
        }
        if (attempt.digest != attempts.front().digest) {
            fmt::print("{}: ", path);
            return show_difference(*loaded, attempts.front(), attempt);
        }
    }
    if (!flags.quiet) {
        fmt::print("{}: ok, {} events, digest {}, inline twice and process once\n",
                   path,
                   attempts.front().events,
                   digest_text(attempts.front().digest));
    }
    return 0;
}

}  // namespace

int verify_command(const RunFlags& flags) {
    Result<std::vector<std::string>> files = expand(flags.scenarios);
    if (!files) {
        return complain(files.error());
    }
    int exit = 0;
    for (const std::string& file : *files) {
        exit = worst(exit, verify_one(file, flags));
    }
    return exit;
}

}  // namespace forkyard::tools
