#pragma once
#include <filesystem>

#include "file_encoder.hpp"

namespace tidewheel::capture {

// A file that is being written. It stands beside its place, under a hidden name, until it is
// complete and on disk; only then has it its own name. A file that has its name never changes.
// Every function throws Error (unavailable) for what the file system refuses.
class PartFile {
  public:
    // path: the file's place. Makes its directories below `root`, which is there, and removes what
    // a process that died has left of the same file.
    PartFile(FileEncoder& encoder, const std::filesystem::path& root, std::filesystem::path path,
             std::int64_t first);
    ~PartFile();  // removes the part, if it was not published
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    std::int64_t first() const { return range_.first; }
    std::int64_t last() const { return range_.last; }
    std::size_t rows() const { return range_.rows; }
    std::size_t size() const { return written_; }  // of what is written
    // At most so large, with this row.
    std::size_t size_with(const std::string& row) const {
        return written_ + block_.size() + row.size() + encoder_.block_overhead();
    }
    const std::filesystem::path& path() const { return path_; }

    void add(const std::string& row, std::int64_t seq);
    // Now it has its name, for good. Throws Error (fenced) if another process has made the file.
    void publish();

  private:
    void write_block();
    void write(const std::string& bytes);

    FileEncoder& encoder_;
    std::filesystem::path path_, part_;
    RowRange range_;
    std::string block_;  // rows that are not written yet
    std::size_t block_rows_ = 0;
    std::size_t written_ = 0;
    int file_ = -1;
};

// Whether the file has its name: complete and on disk. What is left of its parts is removed.
bool is_published(const std::filesystem::path& path);

// Error (unavailable): what could not be done, and why (errno).
[[noreturn]] void throw_errno(const std::string& what, const std::filesystem::path& path);

}  // namespace tidewheel::capture
