// The text of every type that stands in a record, both ways.
//
// Names are those of the contract: job j0, stage s1, stage attempt s1.0, task attempt
// s1.0/p3#0, shuffle h0, executor e1; applications and nodes by name; times in whole
// microseconds; `-` for none. A text that is not bare is a JSON string in ASCII.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/event_text.hpp"
#include "core/ids.hpp"
#include "core/journal/names.hpp"
#include "core/journal/record.hpp"

namespace forkyard {

// ---- writing

void append_number(std::string& out, std::int64_t value);
void append_unsigned(std::string& out, std::uint64_t value);
void append_hex(std::string& out, std::uint64_t value);  // 16 digits
// Bare where that is possible, else quoted.
void append_text(std::string& out, std::string_view text);

// The text with what is not UTF-8 replaced, as a journal can keep it. Texts that come
// from data must pass here before they stand in a record. "-" reads back as empty.
[[nodiscard]] std::string recordable(std::string_view text);

// w-1,w-2 and w-1:3,w-2:1, without quotes.
[[nodiscard]] std::string joined(const std::vector<NodeId>& list, const Names& names);
[[nodiscard]] std::string joined(const std::vector<NodeTasks>& list, const Names& names);
// 0:120,1/part-00000:80
[[nodiscard]] std::string joined(const std::vector<InputFile>& list, const Names& names);

class ValueWriter {
public:
    ValueWriter(std::string& out, const Names& names) : out_{out}, names_{names} {}

    void write(AppId id) { name(id, names_.apps); }
    void write(NodeId id) { name(id, names_.nodes); }
    void write(ExecutorId id) {
        if (id == local_executor) {
            out_ += "driver";
        } else if (id == fallback_storage) {
            out_ += "fallback";
        } else {
            numbered('e', id);
        }
    }
    void write(JobId id) { numbered('j', id); }
    void write(StageId id) { numbered('s', id); }
    void write(ShuffleId id) { numbered('h', id); }
    void write(StageAttempt stage);
    void write(TaskAttempt task);
    void write(RddId id) {
        out_ += "rdd_";
        append_unsigned(out_, id.value);
    }
    void write(RddBlock block);
    void write(BroadcastId id);
    void write(BroadcastPiece piece);
    void write(Bytes bytes) { append_number(out_, bytes.count); }
    void write(SimDuration duration) { append_number(out_, micros(duration)); }
    void write(SimTime time) { append_number(out_, micros(time)); }
    void write(const std::string& text) { append_text(out_, text); }
    void write(bool flag) { out_ += flag ? '1' : '0'; }
    template <class T>
    requires std::is_integral_v<T>
    void write(T number) {
        if constexpr (std::is_signed_v<T>) {
            append_number(out_, number);
        } else {
            append_unsigned(out_, number);
        }
    }
    template <class T>
    requires std::is_enum_v<T>
    void write(T word) { out_ += to_text(word); }
    template <class T>
    void write(const std::optional<T>& value) {
        if (value) {
            write(*value);
        } else {
            out_ += '-';
        }
    }
    // Names of nodes and files may need quotes, and then the list as a whole has them.
    void write(const std::vector<NodeId>& list) { append_text(out_, joined(list, names_)); }
    void write(const std::vector<NodeTasks>& list) { append_text(out_, joined(list, names_)); }
    void write(const std::vector<InputFile>& list) { append_text(out_, joined(list, names_)); }
    template <class T>
    void write(const std::vector<T>& list) {
        if (list.empty()) {
            out_ += '-';
        }
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (i > 0) {
                out_ += ',';
            }
            write(list[i]);
        }
    }

private:
    template <class IdType>
    void name(IdType id, const std::vector<std::string>& names) {
        if (id.valid()) {
            append_text(out_, names[id.index()]);
        } else {
            out_ += '-';
        }
    }
    template <class IdType>
    void numbered(char letter, IdType id) {
        if (!id.valid()) {
            out_ += '-';
            return;
        }
        out_ += letter;
        append_unsigned(out_, id.value);
    }

    std::string& out_;
    const Names& names_;
};

// ---- reading: false when the text is not one of this type

class ValueReader {
public:
    explicit ValueReader(const Names& names) : names_{names} {}

    [[nodiscard]] bool read(std::string_view text, AppId& id) const;
    [[nodiscard]] bool read(std::string_view text, NodeId& id) const;
    [[nodiscard]] bool read(std::string_view text, NodeTasks& tasks) const;
    [[nodiscard]] bool read(std::string_view text, InputFile& file) const;
    [[nodiscard]] bool read(std::string_view text, ExecutorId& id) const {
        if (text == "driver") {
            id = local_executor;
            return true;
        }
        if (text == "fallback") {
            id = fallback_storage;
            return true;
        }
        return numbered(text, 'e', id);
    }
    [[nodiscard]] bool read(std::string_view text, JobId& id) const {
        return numbered(text, 'j', id);
    }
    [[nodiscard]] bool read(std::string_view text, StageId& id) const {
        return numbered(text, 's', id);
    }
    [[nodiscard]] bool read(std::string_view text, ShuffleId& id) const {
        return numbered(text, 'h', id);
    }
    [[nodiscard]] bool read(std::string_view text, StageAttempt& stage) const;
    [[nodiscard]] bool read(std::string_view text, TaskAttempt& task) const;
    [[nodiscard]] bool read(std::string_view text, RddId& id) const {
        return text.starts_with("rdd_") && number(text.substr(4), id.value);
    }
    [[nodiscard]] bool read(std::string_view text, RddBlock& block) const;
    [[nodiscard]] bool read(std::string_view text, BroadcastId& id) const;
    [[nodiscard]] bool read(std::string_view text, BroadcastPiece& piece) const;
    [[nodiscard]] bool read(std::string_view text, Bytes& bytes) const {
        return number(text, bytes.count);
    }
    [[nodiscard]] bool read(std::string_view text, SimDuration& duration) const;
    [[nodiscard]] bool read(std::string_view text, SimTime& time) const;
    [[nodiscard]] bool read(std::string_view text, std::string& value) const;
    [[nodiscard]] bool read(std::string_view text, bool& flag) const;
    template <class T>
    requires std::is_integral_v<T>
    [[nodiscard]] bool read(std::string_view text, T& value) const { return number(text, value); }
    template <class T>
    requires std::is_enum_v<T>
    [[nodiscard]] bool read(std::string_view text, T& value) const {
        return from_text(text, value);
    }
    template <class T>
    [[nodiscard]] bool read(std::string_view text, std::optional<T>& value) const {
        value.reset();
        return text == "-" || read(text, value.emplace());
    }
    template <class T>
    [[nodiscard]] bool read(std::string_view text, std::vector<T>& list) const {
        list.clear();
        if (text == "-") {
            return true;
        }
        while (true) {
            const std::size_t comma = text.find(',');
            T value{};
            if (!read(text.substr(0, comma), value)) {
                return false;
            }
            list.push_back(value);
            if (comma == std::string_view::npos) {
                return true;
            }
            text.remove_prefix(comma + 1);
        }
    }

private:
    template <class T>
    [[nodiscard]] static bool number(std::string_view text, T& value);
    template <class IdType>
    [[nodiscard]] static bool numbered(std::string_view text, char letter, IdType& id) {
        if (text == "-") {
            id = IdType{};
            return true;
        }
        return !text.empty() && text.front() == letter && number(text.substr(1), id.value);
    }

    const Names& names_;
};

}  // namespace forkyard
