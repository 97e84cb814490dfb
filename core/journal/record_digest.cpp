#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/event_text.hpp"
#include "core/journal/codec.hpp"

namespace forkyard {

namespace {

// A record is a row of values in the order of their keys; the keys themselves are fixed
// by the kind.
struct HashWriter {
    const std::vector<std::uint64_t>& apps;
    const std::vector<std::uint64_t>& nodes;
    RowDigest row{};

    template <class T>
    void operator()(std::string_view /*key*/, const T& value) {
        mix(value);
    }
    template <class T>
    void if_any(std::string_view /*key*/, const T& value) {
        if (value != T{}) {
            mix(value);
        }
    }

    void add(std::uint64_t value) { row.add(value); }
    void mix(AppId id) { add(id.valid() ? apps[id.index()] : 1); }
    void mix(NodeId id) { add(id.valid() ? nodes[id.index()] : 1); }
    void mix(StageAttempt stage) { add((std::uint64_t{stage.stage.value} << 32U) | stage.attempt); }
    void mix(TaskAttempt task) {
        mix(task.stage);
        add((std::uint64_t{task.partition} << 32U) | task.attempt);
    }
    void mix(RddBlock block) {
        mix(block.rdd);
        add(block.partition);
    }
    void mix(BroadcastPiece piece) {
        mix(piece.broadcast);
        add(piece.piece);
    }
    template <class T>
    void mix(const std::optional<T>& value) {
        add(value ? 1 : 0);
        if (value) {
            mix(*value);
        }
    }
    void mix(Bytes bytes) { mix(bytes.count); }
    void mix(SimDuration duration) { mix(micros(duration)); }
    void mix(SimTime time) { mix(micros(time)); }
    void mix(const std::string& text) {
        add(text.empty() || text == "-" ? 0 : digest_of(std::string_view{text}));
    }
    template <class Tag>
    void mix(Id<Tag> id) {
        add(id.value);
    }
    template <class T>
    requires(std::is_integral_v<T> || std::is_enum_v<T>) void mix(T value) {
        add(static_cast<std::uint64_t>(value));
    }
    // By its word: others may come between.
    void mix(StepKind step) { add(digest_of(to_text(step))); }
    void mix(const NodeTasks& tasks) {
        mix(tasks.node);
        add(tasks.tasks);
    }
    void mix(const InputFile& file) {
        add(file.source);
        mix(file.name);
        mix(file.size);
    }
    template <class T>
    void mix(const std::vector<T>& list) {
        add(list.size());
        for (const T& value : list) {
            mix(value);
        }
    }
};

template <class T>
constexpr std::uint64_t kind_digest = digest_of(T::kind);

}  // namespace

RecordDigest::RecordDigest(const Names& names) {
    for (const std::string& app : names.apps) {
        apps_.push_back(digest_of(std::string_view{app}));
    }
    for (const std::string& node : names.nodes) {
        nodes_.push_back(digest_of(std::string_view{node}));
    }
}

// By words of eight bytes, the lowest first: a scenario may have megabytes of them.
void RecordDigest::add_line(std::string_view configuration) {
    RowDigest row;
    row.add(configuration.size());
    while (!configuration.empty()) {
        std::uint64_t word = 0;
        const std::size_t bytes = std::min(sizeof word, configuration.size());
        std::memcpy(&word, configuration.data(), bytes);
        row.add(std::endian::native == std::endian::little ? word : __builtin_bswap64(word));
        configuration.remove_prefix(bytes);
    }
    chain_ = combine(chain_, row.value());
}

// The writer lives inside the visit, so that what it adds up stays in registers.
void RecordDigest::add(EventHead head, const Event& event) {
    const std::uint64_t row = std::visit(
        [&](const auto& e) {
            HashWriter writer{apps_, nodes_};
            writer.add(head.seq);
            writer.mix(head.time);
            writer.add(kind_digest<std::decay_t<decltype(e)>>);
            e.fields(e, writer);
            writer.add(head.cause);
            return writer.row.value();
        },
        event);
    chain_ = combine(chain_, row);
}

void RecordDigest::add(ActionHead head, const Action& action) {
    const std::uint64_t row = std::visit(
        [&](const auto& a) {
            HashWriter writer{apps_, nodes_};
            writer.add(head.sub);
            writer.add(kind_digest<std::decay_t<decltype(a)>>);
            if constexpr (std::is_same_v<std::decay_t<decltype(a)>, Choice>) {
                writer.mix(a.point);
            }
            a.fields(a, writer);
            return writer.row.value();
        },
        action);
    chain_ = combine(chain_, row);
}

void RecordDigest::add(EventHead head, const FaultRecord& fault) {
    HashWriter writer{apps_, nodes_};
    writer.add(head.seq);
    writer.mix(head.time);
    writer.mix(fault.kind);
    writer.mix(fault.state);
    FaultRecord::fields(fault, writer);
    writer.add(head.cause);
    chain_ = combine(chain_, writer.row.value());
}

void RecordDigest::add(ActionHead head, const Violation& broken) {
    HashWriter writer{apps_, nodes_};
    writer.add(head.sub);
    writer.mix(broken.invariant);
    Violation::fields(broken, writer);
    chain_ = combine(chain_, writer.row.value());
}

}  // namespace forkyard
