// Journals of real decisions: a small world around the control plane, recorded into
// memory, and ways to tamper with what was recorded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "core/driver/control_plane.hpp"
#include "core/journal/codec.hpp"
#include "core/policy/registry.hpp"
#include "sim/journal/journal_writer.hpp"
#include "tests/core/report/small_cluster.hpp"
#include "tests/sim/journal/journal_fixture.hpp"

namespace forkyard::sim {

inline LoadedScenario two_stages() {
    LoadResult result = load_text(R"(format = 1
[[cluster.worker]]
name = "w"
count = 3
cores = 2
memory = "8g"
[conf]
"spark.executor.cores" = 1
[[app]]
name = "etl"
[[app.stage]]
name = "map"
tasks = 150
[[app.stage]]
name = "reduce"
tasks = 60
parents = ["map"]
[[app.job]]
name = "one"
of = "reduce"
)");
    REQUIRE_MESSAGE(result.loaded, shown(result));
    return std::move(*result.loaded);
}

// Writes what happens in a small world; a shadow of the control plane has the digests.
class Recorder {
public:
    explicit Recorder(const LoadedScenario& loaded)
        : names_{loaded.scenario},
          shadow_{loaded.scenario, make_policy(loaded.scenario)},
          writer_{memory_output(text_)},
          digest_{names_} {
        writer_.begin(loaded.scenario, loaded.lines, "1.2.3");
        for (const std::string& line : loaded.lines) {
            digest_.add_line(line);
        }
    }

    void on(EventHead head, const Event& event) {
        head_ = head;
        event_ = event;
        choices_.picks.clear();
        put(head, event);
    }
    void on(ActionHead head, SimTime /*time*/, const Action& action) {
        if (const auto* choice = std::get_if<Choice>(&action)) {
            choices_.picks.push_back(choice->pick);
        }
        put(head, action);
    }
    // All decisions of the event are there.
    void settle() {
        choices_.next = 0;
        decisions_.clear();
        shadow_.prepare(event_);
        Step step{head_.time, decisions_, choices_};
        shadow_.handle(step, event_);
        end_event();
    }
    void fault(const FaultRecord& fault, std::uint64_t picks) {
        head_ = {head_.seq + 1, head_.time, head_.seq};
        put(head_, fault);
        for (std::uint32_t i = 1; i <= picks; ++i) {
            put(ActionHead{head_.seq, i}, Action{Choice{"fault.pick", "any", 9, i}});
        }
        end_event();
    }

    std::string finish(std::string_view verdict = "ended") {
        REQUIRE(writer_.finish(verdict, 0));
        return text_;
    }
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::uint64_t digest() const { return digest_.value(); }
    [[nodiscard]] std::uint64_t events() const { return head_.seq; }
    [[nodiscard]] std::uint64_t records() const { return records_; }

private:
    struct Choices final : Chooser {
        std::uint64_t choose(std::string_view /*point*/,
                             std::string_view /*label*/,
                             std::uint64_t /*n*/) override {
            return picks.at(next++);
        }
        std::vector<std::uint64_t> picks;
        std::size_t next = 0;
    };

    template <class Head, class T>
    void put(Head head, const T& record) {
        ++records_;
        digest_.add(head, record);
        line_.clear();
        write_record(line_, names_, head, record);
        writer_.append(line_);
    }
    void end_event() {
        if (head_.seq % 64 == 0) {
            writer_.state(head_.seq, shadow_.digests());
        }
        REQUIRE(writer_.end_event(head_.seq, digest_.value()));
    }

    Names names_;
    ControlPlane shadow_;
    std::string text_;
    JournalWriter writer_;
    RecordDigest digest_;
    Choices choices_;
    Decisions decisions_;
    EventHead head_;
    Event event_;
    std::string line_;
    std::uint64_t records_ = 0;
};

inline std::unique_ptr<Recorder> recorded(const LoadedScenario& loaded,
                                          Chances chances = {.seed = 7, .kills = 3}) {
    auto recorder = std::make_unique<Recorder>(loaded);
    SmallCluster cluster{loaded.scenario, chances};
    (void)cluster.run(
        100'000, [&] { recorder->settle(); }, *recorder);
    return recorder;
}

// The first line that begins with `begin` and holds `part`, without its newline.
inline std::string line_with(std::string_view text, std::string_view begin, std::string_view part) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        if (line.starts_with(begin) && line.find(part) != std::string_view::npos) {
            return std::string{line};
        }
        text.remove_prefix(end + 1);
    }
    FAIL("no such line: ", begin, " ", part);
    return {};
}

// The text with one line exchanged, its checksums made right again.
inline std::string with(std::string text, const std::string& line, const std::string& other) {
    const std::size_t at = text.find("\n" + line + "\n") + 1;
    text.replace(at, line.size() + 1, other.empty() ? "" : other + "\n");
    return resealed(text);
}

inline std::string exchanged(std::string line, std::string_view part, std::string_view other) {
    REQUIRE(line.find(part) != std::string::npos);
    return line.replace(line.find(part), part.size(), other);
}

}  // namespace forkyard::sim
