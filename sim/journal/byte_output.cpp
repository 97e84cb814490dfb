#include "sim/journal/byte_output.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <zstd.h>

#include "sim/process/unique_fd.hpp"

namespace forkyard::sim {

namespace {

Error cannot_write(const std::string& path, int problem) {
    return {fmt::format("the journal cannot be written: {}", std::strerror(problem)),
            path,
            "check that the folder exists, its permissions and the free space",
            Exit::cannot_write};
}

Result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return fail(cannot_write(path, errno));
        }
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

class FileOutput final : public ByteOutput {
public:
    FileOutput(UniqueFd fd, std::string path) : fd_{std::move(fd)}, path_{std::move(path)} {}
    Result<void> write(std::string_view bytes) override {
        return write_all(fd_.value(), bytes, path_);
    }
    Result<void> close() override {
        fd_ = UniqueFd{};
        return {};
    }

private:
    UniqueFd fd_;
    std::string path_;
};

class StandardOutput final : public ByteOutput {
public:
    Result<void> write(std::string_view bytes) override {
        if (closed_) {
            return {};
        }
        Result<void> written = write_all(STDOUT_FILENO, bytes, "standard output");
        // Set by the write that failed. Nobody reads any more: the run goes on.
        closed_ = !written && (errno == EPIPE || errno == EBADF);
        return closed_ ? Result<void>{} : written;
    }
    Result<void> close() override { return {}; }

private:
    bool closed_ = false;
};

// One frame for the file; each write is flushed, so that a reader of a cut file gets
// all that was written before.
class ZstdOutput final : public ByteOutput {
public:
    ZstdOutput(UniqueFd fd, std::string path)
        : fd_{std::move(fd)},
          path_{std::move(path)},
          stream_{ZSTD_createCCtx(), ZSTD_freeCCtx},
          buffer_(ZSTD_CStreamOutSize()) {
        ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_compressionLevel, 1);
    }
    Result<void> write(std::string_view bytes) override { return push(bytes, ZSTD_e_flush); }
    Result<void> close() override {
        Result<void> ended = push({}, ZSTD_e_end);
        fd_ = UniqueFd{};
        return ended;
    }

private:
    Result<void> push(std::string_view bytes, ZSTD_EndDirective how) {
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        while (true) {
            ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
            const std::size_t left = ZSTD_compressStream2(stream_.get(), &out, &in, how);
            if (ZSTD_isError(left) != 0) {
                return fail(
                    {fmt::format("the journal cannot be compressed: {}", ZSTD_getErrorName(left)),
                     path_,
                     "write it without .zst",
                     Exit::cannot_write});
            }
            Result<void> written = write_all(fd_.value(), {buffer_.data(), out.pos}, path_);
            if (!written || left == 0) {
                return written;
            }
        }
    }

    UniqueFd fd_;
    std::string path_;
    std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> stream_;
    std::vector<char> buffer_;
};

class MemoryOutput final : public ByteOutput {
public:
    explicit MemoryOutput(std::string& bytes) : bytes_{bytes} {}
    Result<void> write(std::string_view bytes) override {
        bytes_ += bytes;
        return {};
    }
    Result<void> close() override { return {}; }

private:
    std::string& bytes_;
};

}  // namespace

Result<std::unique_ptr<ByteOutput>> open_output(const std::string& path) {
    if (path == "-") {
        return std::make_unique<StandardOutput>();
    }
    constexpr int mode = 0644;
    UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)};
    if (!fd.valid()) {
        return fail(cannot_write(path, errno));
    }
    if (path.ends_with(".zst")) {
        return std::make_unique<ZstdOutput>(std::move(fd), path);
    }
    return std::make_unique<FileOutput>(std::move(fd), path);
}

std::unique_ptr<ByteOutput> memory_output(std::string& bytes) {
    return std::make_unique<MemoryOutput>(bytes);
}

}  // namespace forkyard::sim
