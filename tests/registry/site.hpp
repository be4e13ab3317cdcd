#pragma once
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tidewheel/testing/deployment.hpp"

namespace tidewheel::testing {

// A schema registry of the test's own, and the official serializers.
class RegistryServer {
  public:
    RegistryServer() : process_({TIDEWHEEL_SOURCE_DIR "/tests/registry/run"}) {
        eventually(
            "the registry answers",
            [this] {
                if (!process_.running()) throw std::runtime_error(process_.errors());
                return process_.output().ends_with("\n");
            },
            std::chrono::minutes(5));
        url_ = process_.output();
        url_.pop_back();
    }
    const std::string& url() const { return url_; }
    std::string address() const {
        const auto begin = url_.find("//") + 2;
        return url_.substr(begin, url_.find('/', begin) - begin);
    }
    // The same registry by another address.
    std::string url_at(const std::string& address) const {
        return "http://" + address + url_.substr(url_.find("/apis"));
    }

  private:
    Process process_;
    std::string url_;
};

// Sends what the lines say (tests/registry/produce.py). `registry`: its URL, or none.
inline void produce(const Deployment& site, const std::string& registry,
                    const std::vector<std::string>& lines) {
    const std::string path = unique_path("private", "records");
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream file(path);
    for (const std::string& line : lines)
        file << line << '\n';
    file.close();
    const Finished done = run({"bash", "-c", "exec \"$0\" \"$1\" \"$2\" \"$3\" <\"$4\"",
                               TIDEWHEEL_SOURCE_DIR "/tests/registry/produce", registry,
                               site.kafka().brokers, site.topic(), path},
                              {}, std::chrono::minutes(5));
    if (done.status != 0) throw std::runtime_error(done.output + done.errors);
}

}  // namespace tidewheel::testing
