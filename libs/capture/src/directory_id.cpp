#include "directory_id.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <random>

#include "part_file.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::capture {
namespace {

namespace fs = std::filesystem;

constexpr const char* id_file = ".tidewheel-files";

std::string read_id(const fs::path& file) {
    std::string id;
    std::ifstream(file) >> id;
    return id;
}

// Whole or not at all, and once: of several processes, one names the directory.
void write_id(const fs::path& root, const fs::path& file) {
    std::random_device random;
    const fs::path part = root / (id_file + ("." + std::to_string(random())));
    const int opened = open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (opened < 0) throw_errno("can't create", part);
    const std::string id = std::to_string(random()) + std::to_string(random()) + "\n";
    const bool written = write(opened, id.data(), id.size()) == static_cast<ssize_t>(id.size()) &&
                         fsync(opened) == 0;
    const bool named = written && (link(part.c_str(), file.c_str()) == 0 || errno == EEXIST);
    const int reason = errno;
    close(opened);
    unlink(part.c_str());
    errno = reason;
    if (!named) throw_errno("can't write", file);
}

}  // namespace

std::string directory_id(const fs::path& root, const std::string& known) {
    if (access(root.c_str(), R_OK | W_OK | X_OK) != 0) throw_errno("can't use the directory", root);
    const fs::path file = root / id_file;
    if (known.empty() && access(file.c_str(), F_OK) != 0) write_id(root, file);
    const std::string id = read_id(file);
    if (id.empty() || (!known.empty() && id != known))
        throw Error(Error::Kind::unavailable,
                    root.string() + " is not the directory of this sink's files: " + id_file +
                        (id.empty() ? " is missing" : " says " + id) +
                        (known.empty() ? "" : ", not " + known));
    return id;
}

}  // namespace tidewheel::capture
