// What a task of a job's last stage answers to each action, and the sampling of keys.
#include <fmt/format.h>

#include "core/data/action_arguments.hpp"
#include "core/data/batch_builder.hpp"
#include "core/data/function_tables.hpp"
#include "core/data/sinks.hpp"
#include "core/data/value_codec.hpp"
#include "core/data/value_text.hpp"
#include "core/random.hpp"

namespace forkyard {

namespace {

void put_row(TaskOutput& out, const Value& row) {
    encode(row, out.result);
    ++out.result_records;
}

class CountSink final : public RecordSink {
public:
    Computed<bool> accept(Value /*record*/) override {
        ++records_;
        return true;
    }
    Computed<void> finish(TaskOutput& out) override {
        put_row(out, Value{records_});
        return {};
    }

private:
    std::int64_t records_ = 0;
};

// collect; and take and first, which stop reading at n.
class RowsSink final : public RecordSink {
public:
    explicit RowsSink(std::uint64_t most) : most_{most} {}

    Computed<bool> accept(Value record) override {
        if (taken_.result_records < most_) {
            put_row(taken_, record);
        }
        return taken_.result_records < most_;
    }
    Computed<void> finish(TaskOutput& out) override {
        out.result = std::move(taken_.result);
        out.result_records = taken_.result_records;
        return {};
    }

private:
    std::uint64_t most_;
    TaskOutput taken_;
};

class TopSink final : public RecordSink {
public:
    TopSink(std::uint64_t n, TopBy by) : top_{n, by} {}

    Computed<bool> accept(Value record) override {
        return top_.add(std::move(record)).map([] { return true; });
    }
    Computed<void> finish(TaskOutput& out) override {
        for (const Value& record : top_.take_sorted()) {
            put_row(out, record);
        }
        return {};
    }

private:
    TopRecords top_;
};

class ReduceSink final : public RecordSink {
public:
    ReduceSink(const FunctionInfo& info, std::vector<Value> args)
        : info_{info}, args_{std::move(args)} {}

    Computed<bool> accept(Value record) override {
        if (!found_) {
            found_ = true;
            partial_ = std::move(record);
            return true;
        }
        return combine_into(partial_, record, info_, args_).map([] { return true; });
    }
    Computed<void> finish(TaskOutput& out) override {
        if (found_) {
            put_row(out, partial_);
        }
        return {};
    }

private:
    const FunctionInfo& info_;
    std::vector<Value> args_;
    bool found_ = false;
    Value partial_;
};

// The values of a key.
class LookupSink final : public RecordSink {
public:
    explicit LookupSink(Value key) : key_{std::move(key)} {}

    Computed<bool> accept(Value record) override {
        if (!record.is(Value::Kind::pair)) {
            return mistake(fmt::format("lookup needs pairs, found {}", kind_name(record.kind())));
        }
        if (record.first() == key_) {
            put_row(found_, record.second());
        }
        return true;
    }
    Computed<void> finish(TaskOutput& out) override {
        out.result = std::move(found_.result);
        out.result_records = found_.result_records;
        return {};
    }

private:
    Value key_;
    TaskOutput found_;
};

class ForeachSink final : public RecordSink {
public:
    ForeachSink() = default;
    ForeachSink(const FunctionInfo& info, std::vector<Value> args)
        : info_{&info}, args_{std::move(args)} {}

    Computed<bool> accept(Value record) override {
        if (info_ == nullptr) {
            return true;
        }
        return map_record(std::move(record), *info_, args_).map([](const Value&) { return true; });
    }
    Computed<void> finish(TaskOutput& /*out*/) override { return {}; }

private:
    const FunctionInfo* info_ = nullptr;
    std::vector<Value> args_;
};

class SaveSink final : public RecordSink {
public:
    Computed<bool> accept(Value record) override {
        append_text(lines_, record);
        lines_ += '\n';
        ++records_;
        return true;
    }
    Computed<void> finish(TaskOutput& out) override {
        out.saved = std::move(lines_);
        put_row(out, Value{records_});
        return {};
    }

private:
    std::string lines_;
    std::int64_t records_ = 0;
};

class FileSink final : public RecordSink {
public:
    Computed<bool> accept(Value record) override {
        (void)rows_.add(record);
        ++records_;
        return true;
    }
    Computed<void> finish(TaskOutput& out) override {
        out.saved = joined(rows_.take_all());
        put_row(out, Value{records_});
        return {};
    }

private:
    BatchWriter rows_;
    std::int64_t records_ = 0;
};

// A function of the seed, the partition and the records, so a retry samples the same.
class KeySampler final : public RecordSink {
public:
    KeySampler(const SampleSink& sample, std::uint32_t partition)
        : sample_{sample}, key_{mix(random_key(sample_.seed, Stream::range_sample), partition)} {}

    Computed<bool> accept(Value record) override {
        if (!record.is(Value::Kind::pair)) {
            return wrong_kind("a pair", record);
        }
        ++records_;
        if (sample_.fraction != 0) {
            return (draw(key_, records_) >> 32U) < sample_.fraction
                       ? keep(std::move(record), keys_.size())
                       : Computed<bool>{true};
        }
        if (keys_.size() < sample_.size) {
            return keep(std::move(record), keys_.size());
        }
        const std::uint64_t place = draw_below(key_, records_, records_);
        return place < sample_.size ? keep(std::move(record), place) : Computed<bool>{true};
    }
    Computed<void> finish(TaskOutput& out) override {
        encode(Value{static_cast<std::int64_t>(records_)}, out.result);
        for (const Value& key : keys_) {
            put_row(out, key);
        }
        return {};
    }

private:
    Computed<bool> keep(Value record, std::uint64_t place) {
        if (place == keys_.size()) {
            keys_.push_back(std::move(record.first()));
        } else {
            keys_[place] = std::move(record.first());
        }
        return true;
    }

    SampleSink sample_;
    std::uint64_t key_;
    std::uint64_t records_ = 0;
    std::vector<Value> keys_;
};

}  // namespace

Computed<std::unique_ptr<RecordSink>> make_result_sink(const ResultSink& sink) {
    using Made = std::unique_ptr<RecordSink>;
    const Computed<ActionArguments> args = action_arguments(sink.action, sink.args);
    if (!args) {
        return tl::make_unexpected(args.error());
    }
    switch (sink.action) {
        case ActionKind::count:
            return Made{std::make_unique<CountSink>()};
        case ActionKind::collect:
            return Made{std::make_unique<RowsSink>(UINT64_MAX)};
        case ActionKind::take:
        case ActionKind::first:
        case ActionKind::show:
            return Made{std::make_unique<RowsSink>(args->n)};
        case ActionKind::top:
            return Made{std::make_unique<TopSink>(args->n, args->by)};
        case ActionKind::save:
            return Made{std::make_unique<SaveSink>()};
        case ActionKind::lookup:
            return Made{std::make_unique<LookupSink>(args->key)};
        case ActionKind::reduce:
        case ActionKind::tree_reduce:
            return resolve(*args->call, FunctionKind::combine).map([&](const FunctionInfo* info) {
                return Made{std::make_unique<ReduceSink>(*info, args->call->args)};
            });
        case ActionKind::foreach:
            if (args->call) {
                return resolve(*args->call, FunctionKind::map).map([&](const FunctionInfo* info) {
                    return Made{std::make_unique<ForeachSink>(*info, args->call->args)};
                });
            }
            break;
        case ActionKind::run:
            break;
    }
    return Made{std::make_unique<ForeachSink>()};
}

Computed<std::unique_ptr<RecordSink>> make_sink(const Sink& sink,
                                                std::uint32_t partition,
                                                const TaskRoom& room) {
    using Made = std::unique_ptr<RecordSink>;
    if (const auto* shuffle = std::get_if<ShuffleSink>(&sink)) {
        return make_shuffle_sink(*shuffle, room);
    }
    if (const auto* result = std::get_if<ResultSink>(&sink)) {
        return make_result_sink(*result);
    }
    if (std::holds_alternative<CheckpointSink>(sink)) {
        return Made{std::make_unique<FileSink>()};
    }
    return Made{std::make_unique<KeySampler>(std::get<SampleSink>(sink), partition)};
}

}  // namespace forkyard
