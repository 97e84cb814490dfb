#include "tools/report_junit.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "core/report/readable.hpp"

namespace forkyard::tools {

namespace {

// XML 1.0 has no way to write most control characters, so they become blanks.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
                break;
        }
    }
    return out;
}

std::string seconds(SimDuration duration) {
    return fmt::format("{}.{:06}", micros(duration) / 1'000'000, micros(duration) % 1'000'000);
}

// A test case; `failure` empty: it passed.
std::string test_case(std::string_view suite,
                      std::string_view name,
                      std::string_view time,
                      std::string_view failure) {
    const std::string open = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"",
                                         escaped(suite),
                                         escaped(name),
                                         time);
    if (failure.empty()) {
        return open + "/>\n";
    }
    return fmt::format("{}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                       open,
                       escaped(failure),
                       escaped(failure));
}

// What is wrong with the run itself, apart from its expectations.
std::string run_failure(const RunReport& report) {
    std::string text;
    const auto add = [&text](const std::string& line) {
        text += (text.empty() ? "" : "; ") + line;
    };
    for (const Violation& broken : report.violations) {
        add(fmt::format("{}: {}", broken.invariant, broken.text));
    }
    if (report.summary.faults.noeffect > 0) {
        add(fmt::format("{} took no effect", counted(report.summary.faults.noeffect, "fault")));
    }
    for (const AppSummary& app : report.summary.apps) {
        if (app.outcome != Outcome::succeeded) {
            add(fmt::format("{} {}{}{}",
                            app.name,
                            to_text(app.outcome),
                            app.reason.empty() ? "" : ": ",
                            app.reason));
        }
    }
    return text;
}

std::string suite(const RunReport& report) {
    std::uint64_t failures = 0;
    std::string cases;
    for (const ExpectationResult& expectation : report.expectations) {
        failures += expectation.ok ? 0 : 1;
        cases += test_case(report.summary.scenario,
                           expectation.what,
                           "0",
                           expectation.ok ? "" : "seen: " + expectation.seen);
    }
    // The exit status judges the run; with none but expectations to blame it passes.
    std::string failure;
    if (report.exit != Exit::ok && failures == 0) {
        failure = run_failure(report);
        if (failure.empty()) {
            failure = fmt::format("exit status {}", static_cast<int>(report.exit));
        }
        ++failures;
    }
    const std::string time = seconds(report.summary.makespan);
    return fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\" "
        "time=\"{}\">\n{}{}  </testsuite>\n",
        escaped(report.summary.scenario),
        report.expectations.size() + 1,
        failures,
        time,
        test_case(report.summary.scenario, "run", time, failure),
        cases);
}

}  // namespace

std::string report_junit(const RunReport& report) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n" + suite(report) +
           "</testsuites>\n";
}

}  // namespace forkyard::tools
