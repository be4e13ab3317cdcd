// Plays one *.test file (see README.md) against real servers. Exit status 0: everything was as
// expected.
#include <algorithm>
#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;

namespace {

struct Section {
    std::string word;
    int partition = 0;
    std::string body;
};

Section read_head(const std::string& line) {
    Section section;
    std::string topic;
    std::istringstream(line) >> section.word >> topic >> section.partition;
    return section;
}

std::vector<Section> read_sections(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("can't read " + path);
    std::vector<Section> sections;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("--- "))
            sections.push_back(read_head(line.substr(4)));
        else if (!sections.empty())
            sections.back().body += line + "\n";
    }
    return sections;
}

std::string joined(const postgres::Rows& rows) {
    std::string all;
    for (const postgres::Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            all += (i ? "|" : "") + row.text_or(i, "\\N");
        all += "\n";
    }
    return all;
}

// How a file is run: with batches of at most so many records, and by what.
struct Manner {
    std::string batch_rows, executor;
};
const Manner manners[] = {{"1", "native"}, {"10000", "native"}, {"10000", "pushdown"}};

// One run of a file.
class Play {
  public:
    explicit Play(const Manner& manner)
        : deployment_({"TIDEWHEEL_BATCH_ROWS=" + manner.batch_rows,
                       "TIDEWHEEL_EXECUTOR=" + manner.executor}) {}

    void perform(const Section& section) {
        if (section.word == "pipeline" || section.word == "apply") apply(section.body);
        if (section.word == "native") expect_native(section.body);
        if (section.word == "refused") expect_refusal(section.body);
        if (section.word == "records") send(section);
        if (section.word == "restart") restart();
        if (section.word == "query") query_ = deployment_.text(section.body);
        if (section.word == "expect") compare(section.body);
    }

    void finish() {
        if (refused_) return;
        arrive();
        deployment_.must({"verify"});
        stop();
    }

  private:
    void apply(const std::string& sql) {
        applied_ = deployment_.apply(sql);
        settled_ = false;
    }

    void expect_refusal(const std::string& body) {
        refused_ = true;
        if (applied_.status != 3)
            throw std::runtime_error("apply ended with " + std::to_string(applied_.status) +
                                     ", not with 3:\n" + applied_.output + applied_.errors);
        for (const std::string& line : testing::lines_of(deployment_.text(body)))
            if (applied_.errors.find(line) == std::string::npos)
                throw std::runtime_error("apply does not say: " + line + "\nbut:\n" +
                                         applied_.errors);
    }

    // Names of statements: services compute them, whatever the manner.
    void expect_native(const std::string& body) {
        must_be_applied();
        const auto planned = deployment_.tidewheel({"plan"});
        const std::string plan = planned.output + planned.errors;
        for (const std::string& name : testing::lines_of(body)) {
            const std::size_t start =
                std::min(plan.find("rows " + name + "\n"), plan.find("view " + name + "\n"));
            const std::size_t at = plan.find("executor ", start);
            if (start == plan.npos ||
                !plan.substr(at, plan.find('\n', at) - at).ends_with(" native"))
                throw std::runtime_error(name + " is not native:\n" + plan);
        }
    }

    void send(const Section& section) {
        must_be_applied();
        deployment_.send(section.partition, testing::lines_of(section.body));
        settled_ = false;
    }

    void stop() {
        for (auto& service : services_)
            service->signal(SIGTERM);
        for (auto& service : services_)
            if (const int status = service->wait(std::chrono::seconds(15)); status != 0)
                throw std::runtime_error("a service ended with " + std::to_string(status) + "\n" +
                                         service->errors());
        services_.clear();
    }

    // What arrives from here on is applied by new processes.
    void restart() {
        arrive();
        stop();
    }

    void must_be_applied() const {
        if (applied_.status != 0)
            throw std::runtime_error("apply failed:\n" + applied_.output + applied_.errors);
    }

    // Everything that was sent has been applied.
    void arrive() {
        must_be_applied();
        if (settled_) return;
        if (services_.empty())
            for (const char* name : {"tidewheel-worker", "tidewheel-aggregator"})
                services_.push_back(deployment_.start(name));
        try {
            deployment_.arrive();
        } catch (const std::exception& error) {
            std::string said = error.what();
            for (auto& service : services_)
                said += service->errors();
            throw std::runtime_error(said);
        }
        settled_ = true;
    }

    void compare(const std::string& expected) {
        arrive();
        std::string wanted;
        for (const std::string& line : testing::lines_of(expected))
            wanted += line + "\n";
        const std::string found = joined(deployment_.query(query_));
        if (found != wanted)
            throw std::runtime_error("the query\n" + query_ + "gives\n" + found + "and not\n" +
                                     wanted);
    }

    testing::Deployment deployment_;
    std::vector<std::unique_ptr<testing::Process>> services_;
    testing::Finished applied_{};
    std::string query_;
    bool refused_ = false;
    bool settled_ = false;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return std::cerr << "usage: pipeline_test FILE\n", 2;
    for (const Manner& manner : manners) {
        try {
            Play play(manner);
            for (const Section& section : read_sections(argv[1]))
                play.perform(section);
            play.finish();
        } catch (const std::exception& error) {
            std::cerr << argv[1] << ", batches of " << manner.batch_rows << ", " << manner.executor
                      << ": " << error.what() << "\n";
            return 1;
        }
    }
    return 0;
}
