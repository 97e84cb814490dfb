#include "sim/replay/recorded_lines.hpp"

#include <fmt/format.h>

namespace forkyard::sim {

void RecordedEvent::begin(const JournalFile::Line& line) {
    event = line;
    decisions.clear();
    violations.clear();
    states.clear();
    commits.clear();
}

void RecordedEvent::add(const JournalFile::Line& line) {
    switch (line.text.front()) {
        case 'A':
        case 'D':
            return decisions.push_back(line);
        case 'V':
            return violations.push_back(line);
        case 'S':
            return states.push_back(line);
        case 'K':
            return commits.push_back(line);
        default:
            return;  // M: a mark decides nothing
    }
}

bool LineComparison::same(std::string_view recorded, std::string_view now) {
    if (recorded == now) {
        return true;
    }
    const Result<Record> then = parse_line(recorded);
    const Result<Record> made = parse_line(now);
    if (!then || !made || then->letter != made->letter || then->seq != made->seq ||
        then->sub != made->sub || then->time != made->time || then->kind != made->kind ||
        then->fields.size() <= made->fields.size()) {
        return false;
    }
    for (const Record::Field& field : made->fields) {
        const std::string* value = then->find(field.key);
        if (value == nullptr || *value != field.value) {
            return false;
        }
    }
    for (const Record::Field& field : then->fields) {
        if (made->find(field.key) == nullptr) {
            unknown_keys_.insert(fmt::format("`{}` of {}", field.key, then->kind));
        }
    }
    return true;
}

bool LineComparison::same(std::string_view recorded, EventHead head, const Event& event) {
    return same(recorded, text_of(event, head));
}

}  // namespace forkyard::sim
