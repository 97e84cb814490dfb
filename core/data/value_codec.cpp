#include "core/data/value_codec.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

Value decode_at(ByteReader& reader, int depth);

Value decode_list(ByteReader& reader, int depth) {
    const std::uint64_t size = reader.count();
    List list;
    for (std::uint64_t i = 0; i < size && !reader.failed(); ++i) {
        list.push_back(decode_at(reader, depth));
    }
    return Value{std::move(list)};
}

Value decode_at(ByteReader& reader, int depth) {
    if (depth > value_depth_max) {
        reader.fail();
        return {};
    }
    switch (static_cast<Kind>(reader.byte())) {
        case Kind::none:
            return {};
        case Kind::integer:
            return Value{reader.signed_integer()};
        case Kind::real:
            return Value{reader.real()};
        case Kind::text:
            return Value{reader.text()};
        case Kind::pair: {
            Value first = decode_at(reader, depth + 1);
            Value second = decode_at(reader, depth + 1);
            return Value{std::move(first), std::move(second)};
        }
        case Kind::list:
            return decode_list(reader, depth + 1);
    }
    reader.fail();
    return {};
}

void skip_at(ByteReader& reader, int depth) {
    if (depth > value_depth_max) {
        reader.fail();
        return;
    }
    std::uint64_t parts = 0;
    switch (static_cast<Kind>(reader.byte())) {
        case Kind::none:
            return;
        case Kind::integer:
            (void)reader.signed_integer();
            return;
        case Kind::real:
            (void)reader.real();
            return;
        case Kind::text:
            (void)reader.text();
            return;
        case Kind::pair:
            parts = 2;
            break;
        case Kind::list:
            parts = reader.count();
            break;
        default:
            reader.fail();
            return;
    }
    for (; parts > 0 && !reader.failed(); --parts) {
        skip_at(reader, depth + 1);
    }
}

}  // namespace

void encode(const Value& value, std::string& out) {
    out.push_back(static_cast<char>(value.kind()));
    switch (value.kind()) {
        case Kind::none:
            break;
        case Kind::integer:
            put_signed(out, value.integer());
            break;
        case Kind::real:
            put_real(out, value.real());
            break;
        case Kind::text:
            put_text(out, value.text());
            break;
        case Kind::pair:
            encode(value.first(), out);
            encode(value.second(), out);
            break;
        case Kind::list:
            put_varint(out, value.list().size());
            for (const Value& element : value.list()) {
                encode(element, out);
            }
            break;
    }
}

Value decode(ByteReader& reader) {
    return decode_at(reader, 0);
}

void skip_value(ByteReader& reader) {
    skip_at(reader, 0);
}

Computed<Value> decode_value(std::string_view bytes) {
    ByteReader reader{bytes};
    Value value = decode(reader);
    if (reader.failed() || !reader.at_end()) {
        return tl::make_unexpected(std::string{"corrupt record"});
    }
    return value;
}

Computed<std::vector<Value>> decode_rows(std::string_view bytes) {
    ByteReader reader{bytes};
    std::vector<Value> rows;
    while (!reader.at_end()) {
        rows.push_back(decode(reader));
    }
    if (reader.failed()) {
        return tl::make_unexpected(std::string{"corrupt record"});
    }
    return rows;
}

std::string encode_rows(const std::vector<Value>& rows) {
    std::string out;
    for (const Value& row : rows) {
        encode(row, out);
    }
    return out;
}

}  // namespace forkyard
