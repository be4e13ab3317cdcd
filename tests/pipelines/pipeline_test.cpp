// Plays one *.test file (see README.md) against real servers. Exit status 0: everything was as
// expected.
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/testing/process.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;

namespace {

struct Section {
    std::string word, arguments, body;
};

std::vector<Section> read_sections(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("can't read " + path);
    std::vector<Section> sections;
    for (std::string line; std::getline(file, line);) {
        if (line.rfind("--- ", 0) == 0) {
            std::istringstream head(line.substr(4));
            Section section;
            head >> section.word;
            std::getline(head >> std::ws, section.arguments);
            sections.push_back(section);
        } else if (!sections.empty()) {
            sections.back().body += line + "\n";
        }
    }
    return sections;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        if (!line.empty()) lines.push_back(line);
    return lines;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

std::string from_hex(const std::string& digits) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    return bytes;
}

// One run of a file: a database, a topic and a consumer group of its own.
class Play {
  public:
    explicit Play(std::size_t batch_rows)
        : topic_(testing::unique("topic")),
          environment_{"TIDEWHEEL_DATABASE=" + database_.url(),
                       "TIDEWHEEL_KAFKA=" + testing::kafka().brokers, "TIDEWHEEL_GROUP=" + topic_,
                       "TIDEWHEEL_BATCH_ROWS=" + std::to_string(batch_rows)} {
        must_succeed({"init"});
    }

    void perform(const Section& section) {
        const std::string body = replaced(section.body, "{topic}", topic_);
        if (section.word == "pipeline" || section.word == "apply") return apply(body);
        if (section.word == "refused") return expect_refusal(body);
        if (section.word == "records")
            return send(replaced(section.arguments, "{topic}", topic_), section.body);
        if (section.word == "query") query_ = body;
        if (section.word == "expect") return compare(section.body);
    }

    void finish() {
        if (refused_) return;
        arrive();
        must_succeed({"verify"});
        for (auto& service : services_) {
            service->signal(SIGTERM);
            if (const int status = service->wait(std::chrono::seconds(15)); status != 0)
                throw std::runtime_error("a service ended with " + std::to_string(status) + "\n" +
                                         service->errors());
        }
    }

  private:
    void apply(const std::string& sql) {
        const std::string file = "/tmp/" + topic_ + ".sql";
        std::ofstream(file) << sql;
        applied_ = testing::run({testing::program("tidewheel"), "apply", file}, environment_);
        std::remove(file.c_str());
    }

    void expect_refusal(const std::string& body) {
        refused_ = true;
        if (applied_.status != 3)
            throw std::runtime_error("apply ended with " + std::to_string(applied_.status) +
                                     ", not with 3:\n" + applied_.output + applied_.errors);
        for (const std::string& line : lines_of(body))
            if (applied_.errors.find(line) == std::string::npos)
                throw std::runtime_error("apply does not say: " + line + "\nbut:\n" +
                                         applied_.errors);
    }

    void must_be_applied() {
        if (applied_.status != 0)
            throw std::runtime_error("apply failed:\n" + applied_.output + applied_.errors);
    }

    void send(const std::string& where, const std::string& body) {
        must_be_applied();
        std::istringstream words(where);
        std::string topic;
        int partition = 0;
        words >> topic >> partition;
        kafka::Producer producer(testing::kafka());
        for (const std::string& line : lines_of(body))
            send_line(producer, topic, partition, line);
        if (!producer.flush(std::chrono::seconds(20)) || producer.deliveries().failed > 0)
            throw std::runtime_error("not delivered: " + producer.deliveries().first_failure);
        settled_ = false;
    }

    static void send_line(kafka::Producer& producer, const std::string& topic, int partition,
                          const std::string& line) {
        const std::pair<std::string_view, std::string_view> header{"origin", "test"};
        kafka::Outgoing record{
            partition, {}, line, {&header, 1}, 1767225600000};  // 2026-01-01 00:00 UTC
        std::string bytes;
        if (line == "@tombstone") record.value.reset();
        if (line == "@empty") record.value = "";
        if (line.rfind("@hex ", 0) == 0) record.value = bytes = from_hex(line.substr(5));
        if (line.rfind("@key ", 0) == 0) {
            const auto bar = line.find('|');
            record.key = std::string_view(line).substr(5, bar - 5);
            record.value = std::string_view(line).substr(bar + 1);
        }
        producer.send(topic, record);
    }

    // Everything that was sent has been applied.
    void arrive() {
        must_be_applied();
        if (settled_) return;
        if (services_.empty())
            for (const char* name : {"tidewheel-worker", "tidewheel-aggregator"})
                services_.push_back(std::make_unique<testing::Process>(
                    std::vector<std::string>{testing::program(name)}, environment_));
        const auto waited =
            testing::run({testing::program("tidewheel"), "status", "--wait", "--timeout", "60"},
                         environment_, std::chrono::seconds(90));
        if (waited.status != 0) {
            std::string said = waited.output + waited.errors;
            for (auto& service : services_)
                said += service->errors();
            throw std::runtime_error("the records did not arrive:\n" + said);
        }
        settled_ = true;
    }

    void compare(const std::string& expected) {
        arrive();
        std::vector<std::string> found;
        postgres::Connection connection(database_.url());
        for (const postgres::Row& row : connection.query(query_)) {
            std::string line;
            for (std::size_t i = 0; i < row.size(); ++i)
                line += (i ? "|" : "") + row.text_or(i, "\\N");
            found.push_back(line);
        }
        if (found == lines_of(expected)) return;
        std::string all;
        for (const std::string& line : found)
            all += line + "\n";
        throw std::runtime_error("the query\n" + query_ + "gives\n" + all + "and not\n" + expected);
    }

    void must_succeed(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), testing::program("tidewheel"));
        const auto finished = testing::run(arguments, environment_, std::chrono::seconds(60));
        if (finished.status != 0)
            throw std::runtime_error("tidewheel " + arguments[1] + " ended with " +
                                     std::to_string(finished.status) + ":\n" + finished.output +
                                     finished.errors);
    }

    testing::TemporaryDatabase database_;
    std::string topic_;
    std::vector<std::string> environment_;
    std::vector<std::unique_ptr<testing::Process>> services_;
    testing::Finished applied_{};
    std::string query_;
    bool refused_ = false;
    bool settled_ = false;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return std::cerr << "usage: pipeline_test FILE\n", 2;
    for (const std::size_t batch_rows : {std::size_t{1}, std::size_t{10000}}) {
        try {
            Play play(batch_rows);
            for (const Section& section : read_sections(argv[1]))
                play.perform(section);
            play.finish();
        } catch (const std::exception& error) {
            std::cerr << argv[1] << ", batches of " << batch_rows << ": " << error.what() << "\n";
            return 1;
        }
    }
    return 0;
}
