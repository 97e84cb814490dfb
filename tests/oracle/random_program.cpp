#include "tests/oracle/random_program.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/random.hpp"

namespace forkyard::oracle {

namespace {

constexpr std::uint64_t steps_max = 6;
constexpr std::size_t rows_max = 2000;

// What is said of @, of a column.
std::string over(std::string_view column, const std::string& sql) {
    std::string out = sql;
    for (std::size_t at = out.find('@'); at != std::string::npos; at = out.find('@', at)) {
        out.replace(at, 1, column);
        at += column.size();
    }
    return out;
}

}  // namespace

std::string Dataset::select() const {
    const std::string value = "coalesce(v, 'null')";
    const std::string columns =
        table.joined ? "'(' || k || ',(' || " + value + " || ',' || coalesce(w, 'null') || '))'"
        : table.key  ? "'(' || k || ',' || " + value + " || ')'"
                     : value;
    return "SELECT " + columns + " FROM " + table.name;
}

RandomProgram::RandomProgram(std::uint64_t number, Database& database)
    : database_{database}, key_{mix(random_key(77, Stream::test), number)} {
    for (std::uint64_t left = 2 + below(2); left > 0; --left) {
        add_dataset();
    }
}

std::uint64_t RandomProgram::below(std::uint64_t bound) {
    return draw_below(key_, next_++, bound);
}

std::int64_t RandomProgram::number(std::int64_t low, std::int64_t high) {
    return draw_between(key_, next_++, low, high);
}

std::string RandomProgram::partitions() {
    return below(2) == 0 ? "" : fmt::format(", partitions = {}", 1 + below(5));
}

// Bytes order them: capitals before small letters, and those before what is not ASCII.
std::string RandomProgram::word() {
    constexpr std::array words{
        "", "a", "b", "ab", "abc", "B", "Ab", "ba", " a", "b ", "10", "9", "é", "zé", "Z"};
    return words[below(words.size())];
}

std::string RandomProgram::table_of(const std::string& query) {
    std::string name = fmt::format("t{}", tables_++);
    database_.execute("CREATE TABLE " + name + " AS " + query);
    return name;
}

// ---- sources

Table RandomProgram::listed(const std::vector<std::string>& rows, Type type) {
    const std::string name = fmt::format("t{}", tables_++);
    database_.execute(
        fmt::format("CREATE TABLE {} (v {})", name, type == Type::text ? "TEXT" : "INTEGER"));
    std::string values;
    for (const std::string& row : rows) {
        values += fmt::format("{}({})", values.empty() ? "" : ", ", row);
    }
    if (!values.empty()) {
        database_.execute("INSERT INTO " + name + " VALUES " + values);
    }
    return {name, std::nullopt, type};
}

const Dataset* RandomProgram::one_like(const Table& table) {
    std::vector<const Dataset*> alike;
    for (const Dataset& dataset : datasets_) {
        const Table& other = dataset.table;
        if (other.key == table.key && other.value == table.value && !other.joined &&
            !other.nullable) {
            alike.push_back(&dataset);
        }
    }
    return alike.empty() ? nullptr : alike[below(alike.size())];
}

Table RandomProgram::source() {
    const std::uint64_t count = below(30);
    std::vector<std::string> rows;
    std::string listed_rows;
    switch (below(datasets_.empty() ? 4 : 6)) {
        case 0:
            step(fmt::format("range = {}, partitions = {}", count, 1 + below(5)));
            for (std::uint64_t i = 0; i < count; ++i) {
                rows.push_back(fmt::format("{}", i));
            }
            return listed(rows, Type::integer);
        case 1:
            step(fmt::format(
                "generate = \"splitmix\", args = [{}, 20], partitions = {}", count, 1 + below(5)));
            for (std::uint64_t i = 0; i < count; ++i) {
                rows.push_back(fmt::format("{}", splitmix64(i) % 20));
            }
            return listed(rows, Type::integer);
        case 2:
        case 3: {
            const Type type = below(2) == 0 ? Type::integer : Type::text;
            for (std::uint64_t i = 0; i < count; ++i) {
                std::string row = type == Type::text ? word() : fmt::format("{}", number(-20, 20));
                listed_rows += type == Type::text ? "\"" + row + "\"," : row + ",";
                rows.push_back(type == Type::text ? "'" + row + "'" : row);
            }
            step(fmt::format("values = [{}], partitions = {}", listed_rows, 1 + below(5)));
            return listed(rows, type);
        }
        default: {
            const Dataset& from = datasets_[below(datasets_.size())];
            const Dataset* more = below(2) == 0 ? nullptr : one_like(from.table);
            if (more == nullptr || from.table.joined || from.table.nullable) {
                step("from = \"" + from.name + "\"");
                return from.table;
            }
            step(fmt::format("union = [\"{}\", \"{}\"]", from.name, more->name));
            Table both = from.table;
            both.name = table_of(fmt::format(
                "SELECT * FROM {} UNION ALL SELECT * FROM {}", from.table.name, more->table.name));
            return both;
        }
    }
}

void RandomProgram::add_dataset() {
    Dataset dataset;
    dataset.name = fmt::format("d{}", datasets_.size());
    text_ += "[[app.dataset]]\nname = \"" + dataset.name + "\"\nsteps = [\n";
    dataset.table = source();
    for (std::uint64_t left = below(steps_max + 1); left > 0; --left) {
        if (!dataset.table.joined) {
            apply(dataset);
        }
    }
    text_ += "]\n";
    datasets_.push_back(std::move(dataset));
}

// ---- steps

void RandomProgram::apply(Dataset& dataset) {
    Table& table = dataset.table;
    dataset.sorted_by.clear();
    switch (below(9)) {
        case 0: {
            step("distinct = true" + partitions());
            table.name = table_of("SELECT DISTINCT * FROM " + table.name);
            return;
        }
        case 1:
            step("flat_map = \"repeat\", args = [2]");
            table.name =
                table_of(fmt::format("SELECT * FROM {0} UNION ALL SELECT * FROM {0}", table.name));
            return;
        case 2:
            if (!table.nullable) {
                sort(dataset);
            }
            return;
        case 3:
            multiply(dataset);
            return;
        default:
            table.key ? apply_to_pair(dataset) : apply_to_record(dataset);
    }
}

void RandomProgram::sort(Dataset& dataset) {
    const Table& table = dataset.table;
    const bool by_key = table.key && below(2) == 0;
    dataset.sorted_by = by_key ? "k" : "v";
    dataset.descending = below(2) == 0;
    step(fmt::format("sort_by = \"{}\"{}{}",
                     !table.key ? "identity"
                     : by_key   ? "key"
                                : "value",
                     dataset.descending ? ", args = [\"desc\"]" : "",
                     partitions()));
}

void RandomProgram::apply_to_record(Dataset& dataset) {
    Table& table = dataset.table;
    if (below(3) == 0) {
        const Expression keep = filter_of(table.value);
        step("filter = \"" + keep.step);
        table.name = table_of("SELECT * FROM " + table.name + " WHERE " + keep.sql);
        return;
    }
    const Expression made = function_of(table.value);
    if (below(2) == 0) {
        step("map = \"" + made.step);
        table.name = table_of("SELECT " + over("v", made.sql) + " AS v FROM " + table.name);
        table.value = made.type;
        return;
    }
    step("key_by = \"" + made.step);
    table.name = table_of("SELECT " + over("v", made.sql) + " AS k, v FROM " + table.name);
    table.key = made.type;
}

void RandomProgram::apply_to_pair(Dataset& dataset) {
    Table& table = dataset.table;
    const std::uint64_t which = below(10);
    if (table.nullable || which >= 4) {
        apply_by_key(dataset);
        return;
    }
    if (which == 0) {
        step("map = \"swap\"");
        table.name = table_of("SELECT v AS k, k AS v FROM " + table.name);
        std::swap(*table.key, table.value);
    } else if (which == 1) {
        const bool key = below(2) == 0;
        step(key ? "map = \"key\"" : "map = \"value\"");
        table.name = table_of(fmt::format("SELECT {} AS v FROM {}", key ? "k" : "v", table.name));
        table.value = key ? *table.key : table.value;
        table.key.reset();
    } else {
        const Expression made = function_of(table.value);
        step("map_values = \"" + made.step);
        table.name = table_of("SELECT k, " + over("v", made.sql) + " AS v FROM " + table.name);
        table.value = made.type;
    }
}

void RandomProgram::apply_by_key(Dataset& dataset) {
    Table& table = dataset.table;
    const auto group = [&](const std::string& value, Type type) {
        table.name =
            table_of(fmt::format("SELECT k, {} AS v FROM {} GROUP BY k", value, table.name));
        table.value = type;
        table.nullable = false;
    };
    switch (below(10)) {
        case 0:
            step("group_by_key = true" + partitions());
            step("map_values = \"size\"");
            group("count(*)", Type::integer);
            return;
        case 1:
            step("aggregate_by_key = \"count\", args = [0]" + partitions());
            group("count(*)", Type::integer);
            return;
        case 2:
            if (!table.nullable) {
                step("group_by_key = true" + partitions());
                step("map_values = \"sort_list\"");
                step("map_values = \"to_text\"");
                table.name = table_of("SELECT * FROM " + table.name + " ORDER BY k, v");
                group("'[' || group_concat(v, ', ') || ']'", Type::text);
            }
            return;
        case 3:
        case 4:
        case 5:
        case 6:
            join(dataset);
            return;
        case 7:
            cogroup(dataset);
            return;
        default: {
            if (table.nullable) {
                return;
            }
            const bool sums = table.value == Type::integer && below(2) == 0;
            const std::string fold = sums ? "sum" : below(2) == 0 ? "max" : "min";
            if (table.value == Type::integer && below(3) == 0 && fold != "min") {
                // From 0 on each side of the shuffle: that changes neither.
                step("aggregate_by_key = \"" + fold + "\", args = [0]" + partitions());
                group(sums ? "sum(v)" : "max(max(v), 0)", Type::integer);
                return;
            }
            step("reduce_by_key = \"" + fold + "\"" + partitions());
            group(fold + "(v)", table.value);
        }
    }
}

// ---- two datasets

// Of the rows that both give, the left or the right value is kept, or both of them.
void RandomProgram::join(Dataset& dataset) {
    Table& left = dataset.table;
    const Dataset* other = datasets_.empty() ? nullptr : &datasets_[below(datasets_.size())];
    if (other == nullptr || other->table.key != left.key || other->table.joined ||
        other->table.nullable || left.nullable) {
        return;
    }
    const std::string on = left.name + " AS l {} JOIN " + other->table.name + " AS r ON l.k = r.k";
    const std::string count =
        database_.texts("SELECT count(*) FROM " + fmt::format(fmt::runtime(on), "FULL")).front();
    if (std::stoul(count) > rows_max) {
        return;
    }
    const std::uint64_t side = below(4);
    const char* name = std::array{"inner", "left", "right", "full"}[side];
    step(fmt::format("join = \"{}\"{}{}",
                     other->name,
                     side == 0 ? "" : fmt::format(", args = [\"{}\"]", name),
                     partitions()));
    left.name = table_of("SELECT coalesce(l.k, r.k) AS k, l.v AS v, r.v AS w FROM " +
                         fmt::format(fmt::runtime(on), side == 0 ? "INNER" : name));
    if (below(3) == 0) {
        left.joined = true;
        return;
    }
    const bool keeps_left = below(2) == 0;
    step(keeps_left ? "map_values = \"key\"" : "map_values = \"value\"");
    left.name =
        table_of(fmt::format("SELECT k, {} AS v FROM {}", keeps_left ? "v" : "w", left.name));
    left.value = keeps_left ? left.value : other->table.value;
    left.nullable = side == 3 || side == (keeps_left ? 2U : 1U);
}

// Pairs of all rows of two datasets without keys.
void RandomProgram::multiply(Dataset& dataset) {
    Table& left = dataset.table;
    const Dataset* other = datasets_.empty() ? nullptr : &datasets_[below(datasets_.size())];
    if (other == nullptr || other->table.key || left.key || other->table.nullable ||
        left.nullable) {
        return;
    }
    const std::string of = fmt::format("{} AS l CROSS JOIN {} AS r", left.name, other->table.name);
    if (std::stoul(database_.texts("SELECT count(*) FROM " + of).front()) > rows_max) {
        return;
    }
    step("cartesian = \"" + other->name + "\"");
    left.name = table_of("SELECT l.v AS k, r.v AS v FROM " + of);
    left.key = left.value;
    left.value = other->table.value;
}

// How many there are of each key on one of the sides.
void RandomProgram::cogroup(Dataset& dataset) {
    Table& left = dataset.table;
    const Dataset* other = datasets_.empty() ? nullptr : &datasets_[below(datasets_.size())];
    if (other == nullptr || other->table.key != left.key || other->table.joined) {
        return;
    }
    const bool counts_left = below(2) == 0;
    step("cogroup = \"" + other->name + "\"" + partitions());
    step(fmt::format("map_values = \"at\", args = [{}]", counts_left ? 0 : 1));
    step("map_values = \"size\"");
    left.name =
        table_of(fmt::format("SELECT k, sum(n) AS v FROM (SELECT k, {} AS n FROM {} UNION ALL "
                             "SELECT k, {} AS n FROM {}) GROUP BY k",
                             counts_left ? 1 : 0,
                             left.name,
                             counts_left ? 0 : 1,
                             other->table.name));
    left.value = Type::integer;
    left.nullable = false;
}

}  // namespace forkyard::oracle
