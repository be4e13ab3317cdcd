#include "cli/terminal/whole_file.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "tidewheel/core/error.hpp"

namespace tidewheel::cli {

WholeFile::WholeFile(std::filesystem::path path)
    : path_(std::move(path)),
      beside_(path_.string() + ".part"),
      out_(beside_, std::ios::binary | std::ios::trunc) {
    if (!out_) fail("open");
}

WholeFile::~WholeFile() {
    std::error_code ignored;
    if (!done_) std::filesystem::remove(beside_, ignored);
}

void WholeFile::finish() {
    out_.close();
    if (!out_) fail("write");
    std::error_code failed;
    std::filesystem::rename(beside_, path_, failed);
    if (failed)
        throw Error(Error::Kind::setting,
                    "can't write " + path_.string() + ": " + failed.message());
    done_ = true;
}

void WholeFile::fail(const std::string& verb) const {
    throw Error(Error::Kind::setting,
                "can't " + verb + " " + beside_.string() + ": " + std::strerror(errno));
}

}  // namespace tidewheel::cli
