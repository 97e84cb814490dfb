#include "sim/scenario/tree_json.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace forkyard::sim {
namespace {

nlohmann::json number_of(const std::string& digits) {
    return nlohmann::json::parse(digits.substr(digits.starts_with('+') ? 1 : 0), nullptr, false);
}

// A tree is walked by recursion; how deep it is was limited when it was made. What has no form in
// JSON becomes a value that is discarded.
nlohmann::json json_of(const TreeNode& node) {
    nlohmann::json out;
    switch (node.kind) {
        case TreeKind::table:
            out = nlohmann::json::object();
            for (const TreeMember& member : node.members) {
                nlohmann::json value = json_of(member.value);
                if (value.is_discarded()) {
                    return value;
                }
                out[member.key] = std::move(value);
            }
            return out;
        case TreeKind::array:
            out = nlohmann::json::array();
            for (const TreeNode& item : node.items) {
                nlohmann::json value = json_of(item);
                if (value.is_discarded()) {
                    return value;
                }
                out.push_back(std::move(value));
            }
            return out;
        case TreeKind::text:
            return node.text;
        case TreeKind::integer:
        case TreeKind::decimal:
            return number_of(node.text);
        case TreeKind::boolean:
            return node.text == "true";
        case TreeKind::none:
        case TreeKind::other:
            break;
    }
    return nlohmann::json(nlohmann::json::value_t::discarded);
}

}  // namespace

std::optional<std::string> json_object_of(const TreeNode& value) {
    const nlohmann::json json = value.is(TreeKind::text)
                                    ? nlohmann::json::parse(value.text, nullptr, false)
                                    : json_of(value);
    return json.is_object() ? std::optional{json.dump()} : std::nullopt;
}

}  // namespace forkyard::sim
