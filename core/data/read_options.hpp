// The options of read_csv and read_json, by Spark's names: "name=value" texts. One table for
// reading them, for messages and for `forkyard reference scenario`.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "core/data/file_source.hpp"
#include "core/model/application.hpp"

namespace forkyard {

enum class OptionOf { csv, both };

struct ReadOptionRow {
    std::string_view name;
    OptionOf of;
    std::string_view preset;
    std::string_view help;
};

[[nodiscard]] std::span<const ReadOptionRow> read_option_rows();

struct ReadOptionProblem {
    std::size_t argument = 0;
    std::string what;
    std::string mend;
    std::string unknown_name;  // not empty: the format has no option of that name
};

// Text files take no options at all.
[[nodiscard]] tl::expected<ReadOptions, ReadOptionProblem> parse_read_options(
    FileFormat format, std::span<const Argument> args);

// As a schema writes it: INT.
[[nodiscard]] std::string_view type_name(ColumnType type);

}  // namespace forkyard
