#include "tidewheel/telemetry/log.hpp"

#include <unistd.h>

#include <cstdio>
#include <sstream>
#include <thread>
#include <vector>

#include "log_line.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::telemetry;
using Catch::Matchers::ContainsSubstring;
using std::chrono::milliseconds;

namespace {

// What the process writes to standard error for as long as this lives.
class StandardError {
  public:
    StandardError() : file_(std::tmpfile()), saved_(dup(STDERR_FILENO)) {
        dup2(fileno(file_), STDERR_FILENO);
    }
    ~StandardError() {
        dup2(saved_, STDERR_FILENO);
        close(saved_);
        std::fclose(file_);
    }
    StandardError(const StandardError&) = delete;
    StandardError& operator=(const StandardError&) = delete;

    std::vector<std::string> lines() const {
        std::rewind(file_);
        std::string text;
        for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_))
            text += static_cast<char>(c);
        std::istringstream stream(text);
        std::vector<std::string> found;
        for (std::string line; std::getline(stream, line);)
            found.push_back(line);
        return found;
    }

  private:
    std::FILE* file_;
    int saved_;
};

const auto moment = std::chrono::system_clock::time_point(milliseconds(1795269731125));

LogLine line(std::string_view event, std::initializer_list<Field> fields) {
    return {moment, Level::info, "worker", event, fields};
}

}  // namespace

TEST_CASE("A line of text is time, level, service, event and fields") {
    CHECK(as_text(line("batch committed", {{"topic", "store-events"}, {"partition", 3}})) ==
          "2026-11-21T14:02:11.125Z info  worker  batch committed  topic=store-events partition=3");
    CHECK(as_text({moment, Level::error, "worker", "stopped", {}}) ==
          "2026-11-21T14:02:11.125Z error worker  stopped");
}

TEST_CASE("Text quotes what would blur into its neighbours") {
    CHECK_THAT(as_text(line("e", {{"why", "no such table"}})),
               ContainsSubstring(R"(why="no such table")"));
    CHECK_THAT(as_text(line("e", {{"k", ""}})), ContainsSubstring(R"(k="")"));
    CHECK_THAT(as_text(line("e", {{"k", "a=b"}})), ContainsSubstring(R"(k="a=b")"));
    CHECK_THAT(as_text(line("e", {{"k", "say \"x\""}})), ContainsSubstring(R"(k="say \"x\"")"));
}

TEST_CASE("A field cannot forge a second line") {
    const std::initializer_list<Field> fields = {
        {"k",
         "x\n2026-11-21T14:02:11.125Z error worker  y\r\x1b[2J\xC2\x9B"
         "2J\u202E"}};
    const LogLine forged = line("a\nb", fields);
    for (const std::string& text : {as_text(forged), as_json(forged)}) {
        CHECK(text.find_first_of("\n\r\x1b") == std::string::npos);
        CHECK_THAT(text, ContainsSubstring("\\u009b2J\\u202e"));
    }
}

TEST_CASE("A line of JSON is one object") {
    CHECK(as_json(line("batch committed", {{"topic", "a\"b\\c"}, {"rows", 5000}})) ==
          R"({"time":"2026-11-21T14:02:11.125Z","level":"info","service":"worker",)"
          R"("event":"batch committed","topic":"a\"b\\c","rows":"5000"})");
    CHECK_THAT(as_json(line("e", {{"k", std::string("\0\x01\n\t", 4)}})),
               ContainsSubstring(R"("k":"\u0000\u0001\n\u0009")"));
}

TEST_CASE("Valid UTF-8 stays, and bytes that are none become the replacement character") {
    CHECK_THAT(as_json(line("e", {{"k", "Zürich 東京 🌊"}})), ContainsSubstring("Zürich 東京 🌊"));
    for (const char* bad : {"\xff", "\xc0", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
        CHECK_THAT(as_json(line("e", {{"k", bad}})), ContainsSubstring("\"k\":\"\xEF\xBF\xBD"));
    }
    CHECK_THAT(as_json(line("e", {{"k", "a\xff z"}})), ContainsSubstring("a\xEF\xBF\xBD z"));
}

TEST_CASE("The log writes to standard error, and nothing under its level") {
    const StandardError captured;
    open_log("worker", "warning", "json");
    log(Level::info, "not wanted");
    log(Level::warning, "database away", {{"attempt", 2}});
    const auto lines = captured.lines();
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0],
               ContainsSubstring(R"("level":"warn","service":"worker","event":"database away")"));
}

TEST_CASE("Threads write whole lines") {
    const StandardError captured;
    open_log("worker", "info", "text");
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([] {
                for (int n = 0; n < 250; ++n)
                    log(Level::info, "batch committed", {{"rows", n}});
            });
        }
    }
    const auto lines = captured.lines();
    CHECK(lines.size() == 1000);
    for (const std::string& text : lines) {
        REQUIRE(text.find("  worker  batch committed  rows=") == 29);
    }
}

TEST_CASE("An unknown level or format is a wrong setting") {
    CHECK_THROWS_AS(open_log("worker", "loud", "text"), tidewheel::Error);
    CHECK_THROWS_AS(open_log("worker", "info", "xml"), tidewheel::Error);
}
