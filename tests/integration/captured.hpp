#pragma once
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel/testing/process.hpp"

namespace tidewheel::testing {

// The rows of an Avro file as fastavro, a public reader, has them: bytes are text in latin1, times
// and decimals are texts.
inline std::vector<codec::Json> read_avro(const std::string& path) {
    const Finished read =
        run({std::string(TIDEWHEEL_SOURCE_DIR) + "/tests/integration/read_avro", path});
    if (read.status != 0) throw std::runtime_error(path + ": " + read.output + read.errors);
    std::vector<codec::Json> rows;
    std::istringstream lines(read.output);
    for (std::string line; std::getline(lines, line);)
        rows.push_back(codec::Json::parse(line).value());
    return rows;
}

// A directory that tidewheel-capture writes to.
class Captured {
  public:
    explicit Captured(std::string directory = {}) : path_(std::move(directory)) {
        if (!path_.empty()) return;
        std::string name = std::filesystem::temp_directory_path() / "captured.XXXXXX";
        path_ = mkdtemp(name.data());
        own_ = true;
    }
    ~Captured() {
        if (own_) std::filesystem::remove_all(path_);
    }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;

    const std::string& path() const { return path_; }
    std::unique_ptr<Process> start(const Deployment& site,
                                   std::vector<std::string> environment = {}) const {
        environment.push_back("TIDEWHEEL_CAPTURE_DIRECTORY=" + path_);
        environment.emplace_back("TIDEWHEEL_RETRY_LONGEST=500ms");
        return site.start("tidewheel-capture", std::move(environment));
    }
    // Of the files that have their name, below the directory.
    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& each : std::filesystem::recursive_directory_iterator(path_))
            if (each.is_regular_file() && !is_hidden(each.path()))
                names.push_back(std::filesystem::relative(each.path(), path_));
        std::ranges::sort(names);
        return names;
    }
    std::size_t parts() const {
        std::size_t count = 0;
        for (const auto& each : std::filesystem::recursive_directory_iterator(path_))
            count += each.path().extension() == ".part" ? 1 : 0;
        return count;
    }
    // Of all files, in the order of their names.
    std::vector<codec::Json> rows() const {
        std::vector<codec::Json> rows;
        for (const std::string& name : names()) {
            const std::string file = path_ + "/" + name;
            if (name.ends_with(".avro")) {
                std::ranges::move(read_avro(file), std::back_inserter(rows));
                continue;
            }
            std::ifstream lines(file);
            for (std::string line; std::getline(lines, line);)
                rows.push_back(codec::Json::parse(line).value());
        }
        return rows;
    }

  private:
    static bool is_hidden(const std::filesystem::path& path) {
        return path.filename().string().front() == '.';
    }
    std::string path_;
    bool own_ = false;
};

}  // namespace tidewheel::testing
