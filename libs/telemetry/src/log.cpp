#include "tidewheel/telemetry/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <memory>
#include <mutex>

#include "log_line.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::telemetry {
namespace {

using Renderer = std::string (*)(const LogLine&);

struct Log {
    std::string service;
    Renderer render;
    std::shared_ptr<spdlog::logger> logger;
};

[[noreturn]] void refuse(const char* setting, const std::string& value, const char* choices) {
    throw Error(Error::Kind::setting, std::string(setting) + " is '" + value + "'",
                std::string("Use one of ") + choices + ".");
}

spdlog::level::level_enum level_of(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warning:
            return spdlog::level::warn;
        case Level::error:
            break;
    }
    return spdlog::level::err;
}

Level parse_level(const std::string& word) {
    if (word == "debug") return Level::debug;
    if (word == "info") return Level::info;
    if (word == "warning") return Level::warning;
    if (word == "error") return Level::error;
    refuse("log_level", word, "debug, info, warning, error");
}

Renderer parse_format(const std::string& word) {
    if (word == "text") return as_text;
    if (word == "json") return as_json;
    refuse("log_format", word, "text, json");
}

std::shared_ptr<const Log> make_log(const std::string& service, Level least, Renderer render) {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    auto logger = std::make_shared<spdlog::logger>(service, std::move(sink));
    logger->set_pattern("%v");  // the line is ready: spdlog filters, locks and writes it
    logger->set_level(level_of(least));
    return std::make_shared<const Log>(Log{service, render, std::move(logger)});
}

// The log of the process. A mutex, since open_log() may meet a library's thread that logs already.
class Current {
  public:
    std::shared_ptr<const Log> get() {
        const std::lock_guard lock(mutex_);
        return log_;
    }
    void set(std::shared_ptr<const Log> log) {
        const std::lock_guard lock(mutex_);
        log_ = std::move(log);
    }

  private:
    std::mutex mutex_;
    std::shared_ptr<const Log> log_ = make_log("tidewheel", Level::info, as_text);
};

Current& current() {
    static Current current;
    return current;
}

}  // namespace

void open_log(const std::string& service, const std::string& level, const std::string& format) {
    current().set(make_log(service, parse_level(level), parse_format(format)));
}

void log(Level level, std::string_view event, std::initializer_list<Field> fields) {
    const auto log = current().get();
    if (!log->logger->should_log(level_of(level))) return;
    const auto now = std::chrono::system_clock::now();
    const std::string line = log->render({now, level, log->service, event, fields});
    log->logger->log(level_of(level), spdlog::string_view_t(line.data(), line.size()));
}

void log_warnings(const std::vector<std::string>& settings) {
    for (const std::string& each : settings)
        log(Level::warning, "settings", {{"warning", each}});
}

}  // namespace tidewheel::telemetry
