// The functions of random programs, and what they are in SQL.
#include <array>
#include <utility>

#include <fmt/format.h>

#include "tests/oracle/random_program.hpp"

namespace forkyard::oracle {

RandomProgram::Expression RandomProgram::function_of(Type type) {
    if (type == Type::text) {
        const std::string part = std::array{"a", "b", "é", "ab"}.at(below(4));
        switch (below(8)) {
            case 0:
                return {"upper\"", "upper(@)", Type::text};
            case 1:
                return {"lower\"", "lower(@)", Type::text};
            case 2:
                return {"trim\"", "trim(@)", Type::text};
            case 3:
                return {"append\", args = [\"" + part + "\"]", "@ || '" + part + "'", Type::text};
            case 4:
                return {"prepend\", args = [\"" + part + "\"]", "'" + part + "' || @", Type::text};
            case 5:
                return {"replace\", args = [\"" + part + "\", \"xy\"]",
                        "replace(@, '" + part + "', 'xy')",
                        Type::text};
            case 6:
                return {"length\"", "length(@)", Type::integer};
            default:
                return {"identity\"", "@", Type::text};
        }
    }
    const std::int64_t n = number(1, 9);
    switch (below(9)) {
        case 0:
            return {"negate\"", "-@", Type::integer};
        case 1:
            return {"abs\"", "abs(@)", Type::integer};
        case 2:
            return {fmt::format("add\", args = [{}]", n), fmt::format("@ + {}", n), Type::integer};
        case 3:
            return {
                fmt::format("subtract\", args = [{}]", n), fmt::format("@ - {}", n), Type::integer};
        case 4:
            return {fmt::format("multiply\", args = [{}]", -n),
                    fmt::format("@ * -{}", n),
                    Type::integer};
        case 5:
            return {
                fmt::format("divide\", args = [{}]", -n), fmt::format("@ / -{}", n), Type::integer};
        case 6:
            return {
                fmt::format("divide\", args = [{}]", n), fmt::format("@ / {}", n), Type::integer};
        case 7:
            // SQL gives the remainder the sign of what is divided.
            return {fmt::format("mod\", args = [{}]", n),
                    fmt::format("(@ % {0} + {0}) % {0}", n),
                    Type::integer};
        default:
            return {"to_text\"", "CAST(@ AS TEXT)", Type::text};
    }
}

RandomProgram::Expression RandomProgram::filter_of(Type type) {
    if (type == Type::text) {
        const std::string part = std::array{"a", "b", "ab", "1"}.at(below(4));
        const std::string args = "\", args = [\"" + part + "\"]";
        switch (below(5)) {
            case 0:
                return {"contains" + args, "instr(v, '" + part + "') > 0", type};
            case 1:
                return {"starts_with" + args,
                        fmt::format("substr(v, 1, {}) = '{}'", part.size(), part),
                        type};
            case 2:
                return {"ends_with" + args,
                        fmt::format("substr(v, -{}) = '{}'", part.size(), part),
                        type};
            case 3:
                return {"equals" + args, "v = '" + part + "'", type};
            default:
                return {"not_empty\"", "v <> ''", type};
        }
    }
    constexpr std::array<std::pair<const char*, const char*>, 6> comparisons{
        {{"at_least", ">="},
         {"at_most", "<="},
         {"less_than", "<"},
         {"greater_than", ">"},
         {"equals", "="},
         {"not_equals", "<>"}}};
    const std::uint64_t which = below(comparisons.size() + 2);
    if (which >= comparisons.size()) {
        return which == comparisons.size() ? Expression{"is_even\"", "v % 2 = 0", type}
                                           : Expression{"is_odd\"", "v % 2 <> 0", type};
    }
    const std::int64_t n = number(-10, 20);
    return {fmt::format("{}\", args = [{}]", comparisons[which].first, n),
            fmt::format("v {} {}", comparisons[which].second, n),
            type};
}

}  // namespace forkyard::oracle
