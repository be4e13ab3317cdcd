#include "tidewheel/testing/deployment.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tidewheel/core/text.hpp"
#include "tidewheel/kafka/producer.hpp"

namespace tidewheel::testing {
namespace {

void send_value(kafka::Producer& producer, const std::string& topic, int partition,
                const std::string& value, std::int64_t time) {
    const std::pair<std::string_view, std::string_view> header{"origin", "test"};
    kafka::Outgoing record{partition, {}, value, {&header, 1}, time};
    std::string bytes;
    if (value == "@tombstone") record.value.reset();
    if (value == "@empty") record.value = "";
    if (value.starts_with("@hex ")) record.value = bytes = from_hex(value.substr(5));
    if (value.starts_with("@deep ")) {
        const auto levels = static_cast<std::size_t>(std::stoi(value.substr(6)));
        bytes = std::string(levels, '[') + std::string(levels, ']');
        record.value = bytes = R"({"n": 1, "deep": )" + bytes + "}";
    }
    if (value.starts_with("@key ")) {
        const auto bar = value.find('|');
        record.key = std::string_view(value).substr(5, bar - 5);
        record.value = std::string_view(value).substr(bar + 1);
        if (record.value == "@tombstone") record.value.reset();
    }
    producer.send(topic, record);
}

std::string said(const Finished& finished) {
    return "exit status " + std::to_string(finished.status) + "\n" + finished.output +
           finished.errors;
}

}  // namespace

std::string admin_url(Process& service) {
    std::string url;
    eventually("the service says where it listens", [&] {
        const std::string log = service.errors();
        const auto at = log.find("admin=http://");
        if (at == std::string::npos) return false;
        url = log.substr(at + 6, log.find_first_of(" \n", at) - at - 6);
        return true;
    });
    return url;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        if (!line.empty()) lines.push_back(line);
    return lines;
}

Deployment::Deployment(std::vector<std::string> environment)
    : database_(std::make_unique<TemporaryDatabase>()),
      url_(database_->url()),
      kafka_(testing::kafka()),
      topic_(unique("topic")),
      environment_(std::move(environment)) {
    environment_.insert(environment_.end(),
                        {"TIDEWHEEL_DATABASE=" + url_, "TIDEWHEEL_KAFKA=" + kafka_.brokers,
                         "TIDEWHEEL_GROUP=" + topic_, "TIDEWHEEL_CONFIRM_TRUNCATION=1s"});
}

Deployment::Deployment(std::string url, kafka::ClientSettings kafka,
                       std::vector<std::string> environment)
    : url_(std::move(url)),
      kafka_(std::move(kafka)),
      topic_(unique("topic")),
      environment_(std::move(environment)) {
    environment_.insert(environment_.end(),
                        {"TIDEWHEEL_DATABASE=" + url_, "TIDEWHEEL_KAFKA=" + kafka_.brokers,
                         "TIDEWHEEL_GROUP=" + topic_, "TIDEWHEEL_CONFIRM_TRUNCATION=1s"});
}

std::string Deployment::text(std::string text) const {
    const std::string token = "{topic}";
    for (auto at = text.find(token); at != std::string::npos;
         at = text.find(token, at + topic_.size()))
        text.replace(at, token.size(), topic_);
    return text;
}

Finished Deployment::tidewheel(std::vector<std::string> arguments,
                               std::chrono::seconds deadline) const {
    arguments.insert(arguments.begin(), program("tidewheel"));
    return run(std::move(arguments), environment_, deadline);
}

void Deployment::must(std::vector<std::string> arguments) const {
    const std::string command = arguments.front();
    if (const Finished finished = tidewheel(std::move(arguments)); finished.status != 0)
        throw std::runtime_error("tidewheel " + command + ": " + said(finished));
}

Deployment::~Deployment() {
    std::error_code ignored;
    std::filesystem::remove(path(), ignored);
}

std::string Deployment::path() const {
    return std::filesystem::temp_directory_path() / (topic_ + ".sql");
}

std::string Deployment::file(const std::string& sql) const {
    std::ofstream(path()) << text(sql);
    return path();
}

Finished Deployment::apply(const std::string& sql, std::vector<std::string> options) const {
    must({"init"});
    options.insert(options.begin(), "apply");
    options.push_back(file(sql));
    return tidewheel(std::move(options));
}

void Deployment::send(int partition, const std::vector<std::string>& values,
                      std::int64_t time) const {
    kafka::ClientSettings settings = kafka_;
    settings.options.emplace_back("message.max.bytes=16777216");  // as the local broker's
    kafka::Producer producer(settings);
    for (const std::string& value : values)
        send_value(producer, topic_, partition, value, time);
    if (!producer.flush(std::chrono::seconds(30)) || producer.deliveries().failed > 0)
        throw std::runtime_error("not delivered: " + producer.deliveries().first_failure);
}

std::unique_ptr<Process> Deployment::start(const std::string& service,
                                           std::vector<std::string> environment) const {
    return start_program({program(service)}, std::move(environment));
}

std::unique_ptr<Process> Deployment::start_command(std::vector<std::string> arguments,
                                                   std::vector<std::string> environment) const {
    arguments.insert(arguments.begin(), program("tidewheel"));
    return start_program(std::move(arguments), std::move(environment));
}

std::unique_ptr<Process> Deployment::start_program(std::vector<std::string> arguments,
                                                   std::vector<std::string> environment) const {
    // The first of a name counts.
    environment.insert(environment.end(), environment_.begin(), environment_.end());
    return std::make_unique<Process>(std::move(arguments), std::move(environment));
}

void Deployment::arrive() const {
    const Finished waited =
        tidewheel({"status", "--wait", "--timeout", "120"}, std::chrono::minutes(3));
    if (waited.status != 0) throw std::runtime_error("tidewheel status: " + said(waited));
}

postgres::Rows Deployment::query(const std::string& sql,
                                 const std::vector<postgres::Parameter>& parameters) const {
    return postgres::Connection(url_).query(sql, parameters);
}

std::string Deployment::value(const std::string& sql) const {
    return query(sql).at(0).text_or(0, "\\N");
}

}  // namespace tidewheel::testing
