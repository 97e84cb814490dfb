#include "sim/scenario/conf_properties.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "sim/scenario/key_table.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

constexpr std::int64_t mib = std::int64_t{1} << 20;

SimDuration bare_time_unit(std::string_view unit) {
    return unit == "s" ? SimDuration{std::chrono::seconds{1}}
                       : SimDuration{std::chrono::milliseconds{1}};
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

}  // namespace

void ConfProperties::add_layer(const TreeNode* table) {
    if (table == nullptr) {
        return;
    }
    std::map<std::string, Position> here;
    for (const Property& property : properties_in(*table)) {
        if (!property.value->is_value()) {
            problems_.error(property.value->at,
                            fmt::format("`{}` must be a number, text, true or false, not {}",
                                        property.name,
                                        kind_name(property.value->kind)));
            continue;
        }
        if (!here.emplace(property.name, property.at).second) {
            problems_.error(property.at,
                            fmt::format("`{}` is given twice in the same table", property.name));
        }
        if (is_ours(property)) {
            given_[property.name] = Given{property.value->text, property.value->at};
        }
    }
}

const ConfProperties::Given* ConfProperties::find(std::string_view name) const {
    const auto found = given_.find(name);
    return found == given_.end() ? nullptr : &found->second;
}

std::optional<std::uint32_t> ConfProperties::whole(std::string_view name, std::int64_t least) {
    const Given* given = find(name);
    if (given == nullptr) {
        return std::nullopt;
    }
    const auto value = parse_whole(given->text);
    if (!value || *value < least || *value > std::numeric_limits<std::int32_t>::max()) {
        malformed(name, *given, fmt::format("a whole number from {}", least));
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(*value);
}

std::optional<SimDuration> ConfProperties::time(std::string_view name) {
    return time_from(name, SimDuration{1});
}

std::optional<SimDuration> ConfProperties::wait(std::string_view name) {
    return time_from(name, SimDuration{0});
}

std::optional<SimDuration> ConfProperties::time_or_never(std::string_view name) {
    const std::optional<SimDuration> value = time_from(name, SimDuration::min());
    return value && *value > SimDuration{0} ? value : std::nullopt;
}

std::optional<SimDuration> ConfProperties::time_from(std::string_view name, SimDuration least) {
    const Given* given = find(name);
    if (given == nullptr) {
        return std::nullopt;
    }
    const std::string_view unit = find_conf(name)->unit;
    const auto value = parse_spark_time(given->text, bare_time_unit(unit));
    if (!value || *value < least) {
        malformed(name,
                  *given,
                  "a time",
                  fmt::format("write it as Spark does, as in \"200ms\", \"3s\" or \"5min\", "
                              "without fractions; a bare number is in {}",
                              unit));
        return std::nullopt;
    }
    return value;
}

std::optional<Bytes> ConfProperties::memory(std::string_view name) {
    const Given* given = find(name);
    if (given == nullptr) {
        return std::nullopt;
    }
    auto value = parse_spark_size(given->text, Bytes{mib});
    if (!value || value->count < mib) {
        malformed(name,
                  *given,
                  "a size of at least 1 MiB",
                  "write it as Spark does, as in \"512m\" or \"2g\", without fractions; a bare "
                  "number is in MiB");
        return std::nullopt;
    }
    value->count -= value->count % mib;  // Spark keeps whole MiB
    return value;
}

std::optional<Bytes> ConfProperties::size(std::string_view name, Bytes unit, Bytes least) {
    const Given* given = find(name);
    if (given == nullptr) {
        return std::nullopt;
    }
    const auto value = parse_spark_size(given->text, unit);
    if (!value || *value < least) {
        malformed(name,
                  *given,
                  least.count > 0 ? "a size above 0" : "a size",
                  "write it as Spark does, as in \"512m\" or \"2g\"");
        return std::nullopt;
    }
    return value;
}

std::optional<Millionths> ConfProperties::ratio(std::string_view name) {
    const Given* given = find(name);
    if (given == nullptr) {
        return std::nullopt;
    }
    const auto value = parse_millionths(given->text);
    if (!value || value->count < 0 || *value > one) {
        malformed(name, *given, "a number from 0 to 1");
        return std::nullopt;
    }
    return value;
}

std::optional<Millionths> ConfProperties::factor(std::string_view name) {
    const Given* given = find(name);
    if (given == nullptr) {
        return std::nullopt;
    }
    const auto value = parse_millionths(given->text);
    if (!value || value->count < 0) {
        malformed(name, *given, "a number from 0");
        return std::nullopt;
    }
    return value;
}

std::optional<bool> ConfProperties::boolean(std::string_view name) {
    const Given* given = find(name);
    if (given == nullptr) {
        return std::nullopt;
    }
    const std::string text = lower(given->text);
    if (text != "true" && text != "false") {
        malformed(name, *given, "true or false");
        return std::nullopt;
    }
    return text == "true";
}

std::optional<std::string> ConfProperties::choice(std::string_view name) {
    const Given* given = find(name);
    if (given == nullptr) {
        return std::nullopt;
    }
    std::vector<std::string> known;
    for (const KeyChoice& choice : choices_of(find_conf(name)->unit)) {
        if (lower(choice.name) == lower(given->text)) {
            if (choice.built) {
                return choice.name;
            }
            problems_.error(given->at,
                            fmt::format("`{} = \"{}\"` is not simulated yet", name, given->text));
            return std::nullopt;
        }
        known.push_back(choice.name);
    }
    problems_.error(given->at,
                    fmt::format("`{}` cannot be `{}`", name, given->text),
                    did_you_mean(given->text, known));
    return std::nullopt;
}

std::vector<std::string> ConfProperties::named(std::string_view prefix,
                                               std::string_view suffix) const {
    std::vector<std::string> names;
    for (const auto& [name, given] : given_) {
        if (name.size() > prefix.size() + suffix.size() && name.starts_with(prefix) &&
            name.ends_with(suffix)) {
            names.push_back(
                name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
        }
    }
    return names;
}

std::optional<std::string> ConfProperties::text(std::string_view name) const {
    const Given* given = find(name);
    return given == nullptr ? std::nullopt : std::optional{given->text};
}

void ConfProperties::error(std::string_view first,
                           std::string_view second,
                           std::string text,
                           std::string mend) const {
    const Given* found = find(first);
    found = found != nullptr ? found : find(second);
    problems_.error(found != nullptr ? found->at : Position{}, std::move(text), std::move(mend));
}

void ConfProperties::warning(std::string_view name, std::string text, std::string mend) const {
    const Given* found = find(name);
    if (found != nullptr) {
        problems_.warning(found->at, std::move(text), std::move(mend));
    }
}

void ConfProperties::malformed(std::string_view name,
                               const Given& given,
                               const std::string& wanted,
                               std::string mend) {
    problems_.error(given.at,
                    fmt::format("`{}` must be {}, which `{}` is not", name, wanted, given.text),
                    std::move(mend));
}

// Whether the property is to be read; says so when not.
bool ConfProperties::is_ours(const Property& property) {
    const ConfRow* row = find_conf(property.name);
    if (row == nullptr) {
        problems_.error(property.at,
                        fmt::format("unknown property `{}`", property.name),
                        did_you_mean(property.name, conf_names()));
        return false;
    }
    if (row->scope != scope_) {
        const bool app = row->scope == ConfScope::app;
        problems_.warning(property.at,
                          fmt::format("`{}` is a property of {} and has no effect here",
                                      property.name,
                                      app ? "applications" : "masters and nodes"),
                          app ? "move it to [conf] or [app.conf]" : "move it to [cluster.conf]");
        return false;
    }
    if (row->state == ConfState::known) {
        problems_.warning(property.at,
                          fmt::format("`{}` is not simulated and has no effect", property.name));
        return false;
    }
    return true;
}

}  // namespace forkyard::sim
