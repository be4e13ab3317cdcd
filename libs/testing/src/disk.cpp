#include "tidewheel/testing/disk.hpp"

#include <pwd.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "tidewheel/testing/stack.hpp"

namespace tidewheel::testing {
namespace {

void mount_tmpfs(const std::string& path, unsigned long flags, const std::string& options) {
    if (::mount("tmpfs", path.c_str(), "tmpfs", flags, options.c_str()) != 0)
        throw std::system_error(errno, std::generic_category(), "mount " + path);
}

std::string ownership(const std::string& owner) {
    if (owner.empty()) return "";
    const passwd* entry = ::getpwnam(owner.c_str());
    if (entry == nullptr) throw std::runtime_error("there is no user " + owner);
    return ",uid=" + std::to_string(entry->pw_uid);
}

}  // namespace

bool Disk::may_be_had() {
    try {
        Disk("64k");
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

Disk::Disk(const std::string& size, const std::string& owner)
    : path_(unique_path("disks", "disk")) {
    const std::string options = "size=" + size + ownership(owner);
    std::filesystem::create_directories(path_);
    try {
        mount_tmpfs(path_, 0, options);
    } catch (...) {
        std::filesystem::remove(path_);
        throw;
    }
}

Disk::~Disk() {
    ::umount2(path_.c_str(), MNT_DETACH);
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
}

void Disk::resize(const std::string& size) const {
    mount_tmpfs(path_, MS_REMOUNT, "size=" + size);
}

// Who writes meanwhile may need a page more than we have just counted: then the kernel refuses.
void Disk::leave_no_room() const {
    eventually("the disk " + path_ + " is full", [&] {
        struct statvfs now {};
        if (::statvfs(path_.c_str(), &now) != 0) return false;
        try {
            resize(std::to_string((now.f_blocks - now.f_bfree) * now.f_frsize));
        } catch (const std::system_error&) {
            return false;
        }
        return true;
    });
}

}  // namespace tidewheel::testing
