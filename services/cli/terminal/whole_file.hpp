#pragma once
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>

namespace tidewheel::cli {

// A file that exists whole or not at all: written under another name, then renamed. Throws Error
// (setting).
class WholeFile {
  public:
    explicit WholeFile(std::filesystem::path path);
    ~WholeFile();
    WholeFile(const WholeFile&) = delete;
    WholeFile& operator=(const WholeFile&) = delete;

    std::ostream& out() { return out_; }
    void finish();

  private:
    [[noreturn]] void fail(const std::string& verb) const;

    std::filesystem::path path_, beside_;
    std::ofstream out_;
    bool done_ = false;
};

}  // namespace tidewheel::cli
