#pragma once
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

namespace tidewheel::testing {

// A deployment whose topic is shared by databases of the test's own, and the list of them.
class SeveralDatabases {
  public:
    explicit SeveralDatabases(std::size_t number) : more_(number - 1) {
        std::vector<std::string> all{first_.url()};
        for (const TemporaryDatabase& each : more_)
            all.push_back(each.url());
        list_ = list(all);
    }
    ~SeveralDatabases() {
        for (const std::string& path : files_)
            std::filesystem::remove(path);
    }
    SeveralDatabases(const SeveralDatabases&) = delete;
    SeveralDatabases& operator=(const SeveralDatabases&) = delete;

    const Deployment& first() const { return first_; }
    const std::string& url(std::size_t i) const {
        return i == 0 ? first_.url() : more_.at(i - 1).url();
    }
    // The file that --databases names.
    std::string list(const std::vector<std::string>& urls) {
        files_.push_back(std::filesystem::temp_directory_path() / unique("databases"));
        std::ofstream file(files_.back());
        file << "# of one test\n\n";
        for (const std::string& each : urls)
            file << each << '\n';
        return files_.back();
    }

    // On all of them; on others, if a list is given.
    Finished tidewheel(std::vector<std::string> arguments, const std::string& list = {}) const {
        arguments.insert(arguments.end(), {"--databases", list.empty() ? list_ : list});
        return first_.tidewheel(std::move(arguments));
    }
    void must(std::vector<std::string> arguments) const {
        const Finished finished = tidewheel(std::move(arguments));
        INFO(finished.output << finished.errors);
        REQUIRE(finished.status == 0);
    }
    // What --json says, by database.
    std::vector<codec::Json> json(std::vector<std::string> arguments) const {
        arguments.emplace_back("--json");
        const Finished finished = tidewheel(std::move(arguments));
        INFO(finished.output << finished.errors);
        return codec::Json::parse(finished.output).value().find("databases")->items();
    }

    std::string value(std::size_t i, const std::string& sql) const {
        return postgres::Connection(url(i)).query(sql).at(0).text_or(0, "NULL");
    }
    // "a | b": of each database, in their order.
    std::string values(const std::string& sql) const {
        std::string all;
        for (std::size_t i = 0; i <= more_.size(); ++i)
            all += (i > 0 ? " | " : "") + value(i, sql);
        return all;
    }
    void query(std::size_t i, const std::string& sql) const {
        postgres::Connection(url(i)).query(sql);
    }
    std::unique_ptr<Process> start(const std::string& program, std::size_t i) const {
        return first_.start(program, {"TIDEWHEEL_DATABASE=" + url(i)});
    }

  private:
    Deployment first_;
    std::vector<TemporaryDatabase> more_;
    std::vector<std::string> files_;
    std::string list_;
};

}  // namespace tidewheel::testing
