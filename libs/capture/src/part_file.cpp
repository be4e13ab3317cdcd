#include "part_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <random>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/failpoint.hpp"

namespace tidewheel::capture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t block_size = 64 << 10;  // before it is compressed

// Names of directories are on disk when the directory above them is.
void sync_directory(const fs::path& directory) {
    const int opened = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) throw_errno("can't open", directory);
    const int failed = fsync(opened) == 0 ? 0 : errno;
    close(opened);
    errno = failed;
    if (failed) throw_errno("can't sync", directory);
}

// Those that are there may have been made by a process that died before they were on disk.
void make_directories(const fs::path& root, const fs::path& directory) {
    if (directory == root) return;
    make_directories(root, directory.parent_path());
    if (mkdir(directory.c_str(), 0750) != 0 && errno != EEXIST)
        throw_errno("can't make the directory", directory);
    sync_directory(directory.parent_path());
}

std::string part_prefix(const fs::path& path) {
    return "." + path.filename().string() + ".";
}

// Each process has parts of its own: one that was taken for dead must not write into another's.
fs::path new_part(const fs::path& path) {
    std::random_device random;
    return path.parent_path() / (part_prefix(path) + std::to_string(random()) + ".part");
}

void remove_parts(const fs::path& path) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(path.parent_path(), error)) {
        const std::string name = entry.path().filename();
        if (name.starts_with(part_prefix(path)) && name.ends_with(".part"))
            fs::remove(entry.path(), error);
    }
}

}  // namespace

void throw_errno(const std::string& what, const fs::path& path) {
    const int reason = errno;
    throw Error(Error::Kind::unavailable,
                what + " " + path.string() + ": " + std::generic_category().message(reason));
}

bool is_published(const fs::path& path) {
    remove_parts(path);
    if (access(path.c_str(), F_OK) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) return false;
        throw_errno("can't look at", path);
    }
    // Whoever has made it may have died before its name was on disk.
    sync_directory(path.parent_path());
    return true;
}

PartFile::PartFile(FileEncoder& encoder, const fs::path& root, fs::path path, std::int64_t first)
    : encoder_(encoder), path_(std::move(path)), part_(new_part(path_)) {
    range_.first = range_.last = first;
    make_directories(root, path_.parent_path());
    file_ = open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (file_ < 0) throw_errno("can't create", part_);
    try {
        write(encoder_.header(range_));
        failpoint("file_begun");
    } catch (...) {
        close(file_);
        unlink(part_.c_str());
        throw;
    }
}

PartFile::~PartFile() {
    if (file_ < 0) return;
    close(file_);
    unlink(part_.c_str());
}

void PartFile::add(const std::string& row, std::int64_t seq) {
    block_ += row;
    ++block_rows_;
    ++range_.rows;
    range_.last = seq;
    if (block_.size() >= block_size) write_block();
}

void PartFile::write_block() {
    if (block_rows_ == 0) return;
    write(encoder_.block(block_, block_rows_, range_.first));
    block_.clear();
    block_rows_ = 0;
}

void PartFile::write(const std::string& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t written = ::write(file_, bytes.data() + done, bytes.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw_errno("can't write", path_);
        done += static_cast<std::size_t>(written);
    }
    written_ += bytes.size();
}

// link, and not rename: it fails if there is such a file. A process that was taken for dead finds
// its part removed, or the name in use.
void PartFile::publish() {
    write_block();
    failpoint("before_sync");
    const std::string header = encoder_.header(range_);
    if (pwrite(file_, header.data(), header.size(), 0) != static_cast<ssize_t>(header.size()))
        throw_errno("can't write", path_);
    if (fsync(file_) != 0) throw_errno("can't sync", path_);
    failpoint("before_link");
    if (link(part_.c_str(), path_.c_str()) != 0) {
        if (errno == EEXIST || errno == ENOENT)
            throw Error(Error::Kind::fenced, "another process has made " + path_.string());
        throw_errno("can't name", path_);
    }
    failpoint("after_link");
    sync_directory(path_.parent_path());
    close(file_);
    file_ = -1;
    unlink(part_.c_str());
    failpoint("after_publish");
}

}  // namespace tidewheel::capture
