#include "core/data/json.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/data/read_options.hpp"

namespace forkyard {

namespace {

// Objects keep the order in which they were written: that is how a STRING has them.
using Json = nlohmann::ordered_json;

constexpr unsigned depth_max = 1'000;  // as Jackson's

bool deeper_than(const Json& json, unsigned levels) {
    return json.is_structured() &&
           (levels == 0 || std::any_of(json.begin(), json.end(), [&](const Json& part) {
                return deeper_than(part, levels - 1);
            }));
}

Value value_of(const Json& json);

List pairs_of(const Json& object) {
    List pairs;
    for (const auto& [name, part] : object.items()) {
        pairs.emplace_back(Value{name}, value_of(part));
    }
    std::sort(pairs.begin(), pairs.end(), [](const Value& a, const Value& b) {
        return a.first() < b.first();
    });
    return pairs;
}

// Depth is limited: see parse_json.
Value value_of(const Json& json) {
    switch (json.type()) {
        case Json::value_t::boolean:
            return Value{std::int64_t{json.get<bool>() ? 1 : 0}};
        case Json::value_t::number_integer:
            return Value{json.get<std::int64_t>()};
        case Json::value_t::number_unsigned:
            return json.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()
                       ? Value{json.get<double>()}
                       : Value{json.get<std::int64_t>()};
        case Json::value_t::number_float:
            return Value{json.get<double>()};
        case Json::value_t::string:
            return Value{json.get_ref<const std::string&>()};
        case Json::value_t::object:
            return Value{pairs_of(json)};
        case Json::value_t::array: {
            List list;
            for (const Json& part : json) {
                list.push_back(value_of(part));
            }
            return Value{std::move(list)};
        }
        default:
            return Value{};
    }
}

std::optional<Value> real_named(const std::string& name) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (name == "NaN") {
        return Value{std::numeric_limits<double>::quiet_NaN()};
    }
    if (name == "Infinity" || name == "+Infinity" || name == "INF" || name == "+INF") {
        return Value{infinity};
    }
    return name == "-Infinity" || name == "-INF" ? std::optional{Value{-infinity}} : std::nullopt;
}

// None: it is not one of this type.
std::optional<Value> typed(const Json& json, ColumnType type) {
    if (json.is_null()) {
        return Value{};
    }
    switch (type) {
        case ColumnType::text:
            return Value{json.is_string() ? json.get<std::string>() : json.dump()};
        case ColumnType::real:
            return json.is_number()   ? std::optional{Value{json.get<double>()}}
                   : json.is_string() ? real_named(json.get<std::string>())
                                      : std::nullopt;
        case ColumnType::boolean:
            return json.is_boolean() ? std::optional{value_of(json)} : std::nullopt;
        default: {
            const Value number = json.is_number_integer() ? value_of(json) : Value{};
            const bool fits = number.is(Value::Kind::integer) &&
                              (type == ColumnType::long_integer ||
                               number.integer() == static_cast<std::int32_t>(number.integer()));
            return fits ? std::optional{number} : std::nullopt;
        }
    }
}

Value row_of(const Json& object, const ReadOptions& options, std::string& problem) {
    List row;
    for (const Column& column : options.schema) {
        row.emplace_back();
        const auto part = object.find(column.name);
        if (part == object.end() || column.name == options.corrupt_column) {
            continue;
        }
        if (auto value = typed(*part, column.type)) {
            row.back() = std::move(*value);
        } else if (problem.empty()) {
            problem = fmt::format("column {} has {}, which is no {}",
                                  column.name,
                                  part->dump(),
                                  type_name(column.type));
        }
    }
    return Value{std::move(row)};
}

void add_record(const Json& json, const ReadOptions& options, ParsedText& out) {
    if (!json.is_object()) {
        out.problem = fmt::format("a record is an object, not {}", json.type_name());
    } else if (options.schema.empty()) {
        out.rows.emplace_back(pairs_of(json));
    } else {
        out.rows.push_back(row_of(json, options, out.problem));
    }
}

Json first_value(std::string_view text) {
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) {
        std::istringstream in{std::string{text}};  // of which only the first value is read
        in >> json;
    }
    return json;
}

// "[json.exception.parse_error.101] parse error at ...".
std::string reason_of(const std::exception& error) {
    const std::string_view text = error.what();
    const std::size_t prefix = text.find("] ");
    return std::string{prefix == std::string_view::npos ? text : text.substr(prefix + 2)};
}

}  // namespace

ParsedText parse_json(std::string_view text, const ReadOptions& options) {
    ParsedText parsed;
    try {
        const Json json = first_value(text);
        if (deeper_than(json, depth_max)) {
            parsed.problem = fmt::format("it is nested more than {} deep", depth_max);
        } else if (json.is_array()) {
            for (const Json& record : json) {
                add_record(record, options, parsed);
            }
        } else {
            add_record(json, options, parsed);
        }
    } catch (const Json::exception& error) {
        parsed.problem = reason_of(error);
    }
    return parsed;
}

}  // namespace forkyard
