// What comes from records, files and other programs never reaches a terminal as a command to it.
#include <algorithm>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/printable.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

// Sets the title, clears, colours by C1, turns the direction.
constexpr const char* in_json = R"(\u001b]0;owned\u0007\u009b2J\u202e\u007f)";
const std::string raw = "\x1b]0;owned\x07\u202E\x7f";

constexpr const char* pipeline =
    "CREATE FOREIGN TABLE s (n integer NOT NULL, x xml) SERVER kafka OPTIONS (topic '{topic}');\n"
    "CREATE TABLE t (n integer, x text);\nINSERT INTO t SELECT n, x::text FROM s;\n";

bool harmless(std::string_view text) {
    while (!text.empty()) {
        const Character character = first_character(text);
        if (character.bytes == 0) return false;
        if (character.code != '\n' && is_control(character.code)) return false;
        text.remove_prefix(character.bytes);
    }
    return true;
}

// Three dead letters, a row that was not sent, and an owner with an odd name.
struct Hostile : Deployment {
    Hostile() : Deployment({"TIDEWHEEL_INSTANCE=w1" + raw}) {
        REQUIRE(apply(pipeline).status == 0);
        send(0, {std::string(R"({"n": ")") + in_json + "\"}", R"({"n": 1, "x": "<a>\n<b>\n</a>"})",
                 "@key k" + raw + "|{\"n\": " + raw, R"({"n": 2})"});
        worker = start("tidewheel-worker");
        arrive();
        query("INSERT INTO t VALUES (9, U&'\\009B2J\\202E\\007F')");
    }
    std::string id_of(int offset) const {
        return value("SELECT id FROM tidewheel.dead_letters WHERE \"offset\" = " +
                     std::to_string(offset));
    }
    Finished shown(std::vector<std::string> arguments) const {
        Finished finished = tidewheel(std::move(arguments));
        INFO(finished.output << finished.errors);
        CHECK(harmless(finished.output));
        CHECK(harmless(finished.errors));
        return finished;
    }
    std::unique_ptr<Process> worker;
};

}  // namespace

TEST_CASE("no command shows what a terminal would obey") {
    const Hostile site;
    const Finished list = site.shown({"dlq", "list"});
    CHECK(lines_of(list.output).size() == 4);  // a detail of several lines is one line, too
    CHECK_THAT(list.output, ContainsSubstring("\\u001b]0;owned"));
    CHECK_THAT(site.shown({"dlq", "show", site.id_of(0)}).output,
               ContainsSubstring("u001b]0;owned"));
    CHECK_THAT(site.shown({"dlq", "show", site.id_of(2)}).output,
               ContainsSubstring("k\\u001b]0;owned\\u0007\\u202e\\u007f"));
    site.shown({"dlq", "list", "--by", "reason"});
    site.shown({"dlq", "list", "--json"});
    site.shown({"dlq", "export"});
    CHECK_THAT(site.shown({"status", "--partitions", "--explain"}).output,
               ContainsSubstring("w1\\u001b]0;owned"));
    const Finished verified = site.shown({"verify"});
    CHECK(verified.status == 1);
    CHECK_THAT(verified.output, ContainsSubstring("\\u009b2J\\u202e\\u007f"));
    site.shown({"dlq", "redrive", "--yes"});
    site.shown({"dlq", "discard", "--yes", "--reason", "wrong_type"});

    site.shown({"verify", "x" + raw});
    site.shown({"status", "x" + raw});
    site.shown({"dlq", "list", "--stream", raw});
    site.shown({"x" + raw});
    const std::string file =
        site.file("SELECT \"" + raw + "\" FROM nowhere;\nCREATE TABLE x (" + raw + ");\n");
    CHECK(site.shown({"plan", file}).status == 3);
    CHECK(site.shown({"apply", file}).status == 3);
}

TEST_CASE("a value of several lines can't pass for the lines that follow it") {
    const Hostile site;
    const auto lines = lines_of(site.shown({"dlq", "show", site.id_of(1)}).output);
    const auto fields = std::ranges::count_if(
        lines, [](const std::string& line) { return !line.starts_with(' '); });
    CHECK(fields == 18);  // the columns of `show`, each once
}

TEST_CASE("programs get the bytes as they are") {
    const Hostile site;
    const auto letters =
        codec::Json::parse(site.tidewheel({"dlq", "list", "--json"}).output).value();
    bool found = false;
    for (const codec::Json& letter : letters.find("dead_letters")->items())
        found =
            found || letter.find("detail")->string().find("\x1b]0;owned\x07") != std::string::npos;
    CHECK(found);
    const std::string line = lines_of(site.tidewheel({"dlq", "export", "--json"}).output).front();
    CHECK_THAT(site.tidewheel({"dlq", "export"}).output, ContainsSubstring("\"payload\""));
    CHECK_FALSE(line.empty());
}
