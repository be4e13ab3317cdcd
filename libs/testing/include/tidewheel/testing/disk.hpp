#pragma once
#include <string>

namespace tidewheel::testing {

// A file system of one test's own (tmpfs), which can be filled to the last page. Mounting one
// takes a root's rights.
class Disk {
  public:
    static bool may_be_had();  // by this process

    // size: as tmpfs takes it, "64m". owner: a user's name; empty: whoever runs this.
    explicit Disk(const std::string& size, const std::string& owner = "");
    ~Disk();
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    const std::string& path() const { return path_; }
    void resize(const std::string& size) const;
    void leave_no_room() const;  // for a byte beyond what it holds; resize() makes room again

  private:
    std::string path_;
};

}  // namespace tidewheel::testing
