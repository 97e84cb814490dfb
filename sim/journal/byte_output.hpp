// Where the bytes of a journal go: a file, compressed or not, standard output, or
// memory. Each write is whole and reaches the system at once, so that a driver that is
// killed loses nothing that was written.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace forkyard::sim {

class ByteOutput {
public:
    virtual ~ByteOutput() = default;
    [[nodiscard]] virtual Result<void> write(std::string_view bytes) = 0;
    [[nodiscard]] virtual Result<void> close() = 0;
};

// `-` is standard output, whose closing by the reader is no error; a path that ends in
// .zst is compressed. The folder must exist.
[[nodiscard]] Result<std::unique_ptr<ByteOutput>> open_output(const std::string& path);
[[nodiscard]] std::unique_ptr<ByteOutput> memory_output(std::string& bytes);

}  // namespace forkyard::sim
