// Records as bytes: what stands in a task's result, in a program and in a broadcast variable.
// Records that tasks leave to each other lie in batches (core/data/batch_format.hpp).
//
// A value is a tag (its Kind) and its content (core/data/bytes.hpp); rows follow one
// another without a frame. Bytes that no encoder wrote are an error, never undefined
// behaviour; nesting is limited to depth_max.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/bytes.hpp"
#include "core/data/value.hpp"

namespace forkyard {

inline constexpr int value_depth_max = 200;

void encode(const Value& value, std::string& out);

// Sets the reader to failed where the bytes are not a value.
[[nodiscard]] Value decode(ByteReader& reader);
// Likewise, without making the value.
void skip_value(ByteReader& reader);
[[nodiscard]] Computed<Value> decode_value(std::string_view bytes);

// All rows of a region, in order.
[[nodiscard]] Computed<std::vector<Value>> decode_rows(std::string_view bytes);
[[nodiscard]] std::string encode_rows(const std::vector<Value>& rows);

}  // namespace forkyard
