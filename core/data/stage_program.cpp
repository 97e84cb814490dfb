// The program's bytes: a version, then each field in the order in which its type lists them;
// see bytes.hpp for the alphabet. Variants and enumerators are their numbers.
#include "core/data/stage_program.hpp"

#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>

#include "core/data/narrow_parts.hpp"
#include "core/data/value_codec.hpp"

namespace forkyard {

namespace {

constexpr std::uint64_t format_version = 6;

template <class Enum>
constexpr Enum last_of() {
    if constexpr (std::is_same_v<Enum, NarrowKind>) {
        return NarrowKind::sort_key;
    } else if constexpr (std::is_same_v<Enum, ByKey>) {
        return ByKey::distinct;
    } else if constexpr (std::is_same_v<Enum, FileFormat>) {
        return FileFormat::json;
    } else if constexpr (std::is_same_v<Enum, ParseMode>) {
        return ParseMode::fail_fast;
    } else if constexpr (std::is_same_v<Enum, ColumnType>) {
        return ColumnType::boolean;
    } else {
        static_assert(std::is_same_v<Enum, ActionKind>);
        return ActionKind::tree_reduce;
    }
}

class Writer {
public:
    explicit Writer(std::string& out) : out_{out} {}

    template <class... T>
    void operator()(const T&... fields) {
        (put(fields), ...);
    }

private:
    void put(bool value) { put_varint(out_, value ? 1 : 0); }
    void put(std::uint32_t value) { put_varint(out_, value); }
    void put(std::uint64_t value) { put_varint(out_, value); }
    void put(std::int64_t value) { put_signed(out_, value); }
    void put(const std::string& value) { put_text(out_, value); }
    void put(const Value& value) { encode(value, out_); }
    void put(SimDuration value) { put_signed(out_, micros(value)); }
    template <class Tag>
    void put(Id<Tag> value) {
        put_varint(out_, value.value);
    }
    template <class T>
    void put(const std::optional<T>& value) {
        put(value.has_value());
        if (value) {
            put(*value);
        }
    }
    template <class T>
    void put(const std::vector<T>& values) {
        put_varint(out_, values.size());
        for (const T& value : values) {
            put(value);
        }
    }
    template <class... T>
    void put(const std::variant<T...>& variant) {
        put_varint(out_, variant.index());
        std::visit([this](const auto& chosen) { this->put(chosen); }, variant);
    }
    template <class T>
    void put(const T& value) {
        if constexpr (std::is_enum_v<T>) {
            put_varint(out_, static_cast<std::uint64_t>(value));
        } else {
            T::fields(value, *this);
        }
    }

    std::string& out_;
};

class Reader {
public:
    explicit Reader(ByteReader& in) : in_{in} {}

    template <class... T>
    void operator()(T&... fields) {
        (take(fields), ...);
    }

private:
    void take(bool& value) { value = in_.below(2) == 1; }
    void take(std::uint32_t& value) {
        value = static_cast<std::uint32_t>(in_.below(std::uint64_t{UINT32_MAX} + 1));
    }
    void take(std::uint64_t& value) { value = in_.varint(); }
    void take(std::int64_t& value) { value = in_.signed_integer(); }
    void take(std::string& value) { value = in_.text(); }
    void take(Value& value) { value = decode(in_); }
    void take(SimDuration& value) { value = SimDuration{in_.signed_integer()}; }
    template <class Tag>
    void take(Id<Tag>& value) {
        take(value.value);
    }
    template <class T>
    void take(std::optional<T>& value) {
        bool there = false;
        take(there);
        if (there) {
            take(value.emplace());
        }
    }
    template <class T>
    void take(std::vector<T>& values) {
        for (std::uint64_t left = in_.count(); left > 0 && !in_.failed(); --left) {
            take(values.emplace_back());
        }
    }
    template <class... T>
    void take(std::variant<T...>& variant) {
        const std::uint64_t which = in_.below(sizeof...(T));
        std::uint64_t at = 0;
        ((at++ == which ? take(variant.template emplace<T>()) : void()), ...);
    }
    template <class T>
    void take(T& value) {
        if constexpr (std::is_enum_v<T>) {
            value = static_cast<T>(in_.below(static_cast<std::uint64_t>(last_of<T>()) + 1));
        } else {
            T::fields(value, *this);
        }
    }

    ByteReader& in_;
};

bool is_sound(const FileSource& source) {
    const auto known = [&](const FilePiece& piece) {
        return piece.file < source.files.size() && piece.bytes.start >= 0 &&
               piece.bytes.start <= piece.bytes.end &&
               piece.bytes.end <= source.files[piece.file].size.count;
    };
    return std::all_of(
        source.partitions.begin(), source.partitions.end(), [&](const FilePieces& pieces) {
            return std::all_of(pieces.begin(), pieces.end(), known);
        });
}

// Whether every number in it is of something that is there, so that nobody need look again.
bool is_sound(const StageProgram& program) {
    const auto among = [](std::size_t count) {
        return [count](std::uint32_t number) { return number < count; };
    };
    const auto reads_known = [&](const ComputedDataset& dataset) {
        if (const auto* read = std::get_if<ShuffleRead>(&dataset.op)) {
            return read->shuffle < program.shuffles.size();
        }
        const auto* grouped = std::get_if<CoGroup>(&dataset.op);
        return grouped == nullptr ||
               std::all_of(grouped->inputs.begin(), grouped->inputs.end(), [&](const auto& input) {
                   return input.number <
                          (input.shuffled ? program.shuffles.size() : dataset.parents.size());
               });
    };
    const auto parents_known = [](const ComputedDataset& dataset) {
        const bool alone = std::holds_alternative<Apply>(dataset.op) ||
                           std::holds_alternative<Sample>(dataset.op) ||
                           std::holds_alternative<Deal>(dataset.op) ||
                           std::holds_alternative<KeyByPlace>(dataset.op) ||
                           std::holds_alternative<Accumulate>(dataset.op) ||
                           std::holds_alternative<Coalesce>(dataset.op) ||
                           std::holds_alternative<InPlace>(dataset.op);
        const bool two = std::holds_alternative<Cartesian>(dataset.op) ||
                         std::holds_alternative<Zip>(dataset.op);
        return dataset.parents.size() == (two ? 2U : 1U) || !(alone || two);
    };
    // Of pairs: their partitions follow from those of their parents.
    const auto partitions_known = [&](const ComputedDataset& dataset) {
        const auto of = [&](std::size_t parent) {
            return std::uint64_t{program.datasets[dataset.parents[parent]].partitions};
        };
        return std::holds_alternative<Cartesian>(dataset.op)
                   ? dataset.partitions == of(0) * of(1)
                   : !std::holds_alternative<Zip>(dataset.op) ||
                         (dataset.partitions == of(0) && dataset.partitions == of(1));
    };
    const auto pieces_known = [](const ComputedDataset& dataset) {
        const auto* source = std::get_if<FileSource>(&dataset.op);
        return source == nullptr ||
               (source->partitions.size() == dataset.partitions && is_sound(*source));
    };
    for (std::size_t i = 0; i < program.datasets.size(); ++i) {
        const ComputedDataset& dataset = program.datasets[i];
        if (!std::all_of(dataset.parents.begin(), dataset.parents.end(), among(i)) ||
            !parents_known(dataset) || !partitions_known(dataset) || !reads_known(dataset) ||
            !pieces_known(dataset)) {
            return false;
        }
    }
    return !program.datasets.empty();
}

// What a task computes, or what it computes whatever the records are.
enum class Reach { all, certain };

// Whether it may have enough before it has all.
bool may_stop(const Sink& sink) {
    const auto* result = std::get_if<ResultSink>(&sink);
    return result != nullptr &&
           (result->action == ActionKind::take || result->action == ActionKind::first ||
            result->action == ActionKind::show);
}

// A cartesian comes to its second parent only where the first one has records, and what has
// several parts to those behind the first only as long as more is wanted.
bool surely_first_only(const StageProgram& program, const Operator& op) {
    return std::holds_alternative<Cartesian>(op) ||
           (may_stop(program.sink) &&
            (std::holds_alternative<Union>(op) || std::holds_alternative<Coalesce>(op)));
}

// Calls visit(number, partition) for all that the task computes, each once, however often it
// computes it; parents behind children. `visit` says whether to go on behind it.
template <class Visit>
void each_computed(const StageProgram& program,
                   std::uint32_t partition,
                   Visit visit,
                   Reach reach = Reach::all) {
    std::set<std::pair<std::uint32_t, std::uint32_t>> met;
    const auto enter = [&](const auto& self, std::uint32_t number, std::uint32_t part) -> void {
        if (!met.emplace(number, part).second || !visit(number, part)) {
            return;
        }
        const ComputedDataset& dataset = program.datasets[number];
        const bool first_only = reach == Reach::certain && surely_first_only(program, dataset.op);
        (void)each_narrow_part(
            dataset,
            part,
            [&](std::uint32_t parent) { return program.datasets[parent].partitions; },
            [&](std::uint32_t parent, std::uint32_t of_it) {
                self(self, parent, of_it);
                return !first_only;
            });
    };
    enter(enter, static_cast<std::uint32_t>(program.datasets.size() - 1), partition);
}

bool is_found(const ComputedDataset& dataset, std::uint32_t partition, const FoundBlocks& found) {
    return dataset.kept && found.contains({*dataset.kept, partition});
}

}  // namespace

SimDuration least_cost(const StageProgram& program,
                       std::uint32_t partition,
                       const FoundBlocks& found) {
    std::vector<char> counted(program.datasets.size());
    SimDuration cost{0};
    const auto count = [&](std::uint32_t number, std::uint32_t part) {
        if (is_found(program.datasets[number], part, found)) {
            return false;
        }
        if (std::exchange(counted[number], 1) == 0) {
            const StepCost& step = program.datasets[number].cost;
            cost += std::min(step.per_task.value_or(SimDuration{0}), duration_forever - cost);
        }
        return true;
    };
    each_computed(program, partition, count, Reach::certain);
    return cost;
}

FoundBlocks find_blocks(const StageProgram& program,
                        std::uint32_t partition,
                        const std::function<bool(RddBlock)>& is_there) {
    FoundBlocks found;
    each_computed(program, partition, [&](std::uint32_t number, std::uint32_t part) {
        const std::optional<RddId>& kept = program.datasets[number].kept;
        const bool there = kept && is_there({*kept, part});
        if (there) {
            found.insert({*kept, part});
        }
        return !there;
    });
    return found;
}

PartitionRange coalesced(std::uint32_t parent_partitions,
                         std::uint32_t partitions,
                         std::uint32_t partition) {
    const auto boundary = [&](std::uint64_t p) {
        return static_cast<std::uint32_t>(p * parent_partitions / partitions);
    };
    return {boundary(partition), boundary(std::uint64_t{partition} + 1)};
}

std::vector<ShufflePart> shuffle_parts(const StageProgram& program,
                                       std::uint32_t partition,
                                       const FoundBlocks& found) {
    std::vector<ShufflePart> parts;
    each_computed(program, partition, [&](std::uint32_t number, std::uint32_t part) {
        if (is_found(program.datasets[number], part, found)) {
            return false;
        }
        const Operator& op = program.datasets[number].op;
        if (const auto* read = std::get_if<ShuffleRead>(&op)) {
            parts.push_back({read->shuffle, part});
        } else if (const auto* grouped = std::get_if<CoGroup>(&op)) {
            for (const CoGroup::Input& input : grouped->inputs) {
                if (input.shuffled) {
                    parts.push_back({input.number, part});
                }
            }
        }
        return true;
    });
    std::sort(parts.begin(), parts.end());
    parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
    return parts;
}

std::string encode_program(const StageProgram& program) {
    std::string out;
    put_varint(out, format_version);
    Writer writer{out};
    StageProgram::fields(program, writer);
    return out;
}

Computed<StageProgram> decode_program(std::string_view bytes) {
    ByteReader in{bytes};
    StageProgram program;
    if (in.varint() != format_version) {
        in.fail();
    }
    Reader reader{in};
    StageProgram::fields(program, reader);
    if (in.failed() || !in.at_end() || !is_sound(program)) {
        return tl::make_unexpected(std::string{"corrupt stage program"});
    }
    return program;
}

}  // namespace forkyard
