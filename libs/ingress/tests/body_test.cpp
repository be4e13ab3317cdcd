#include "body.hpp"

#include <zlib.h>

#include "gzip.hpp"
#include "request_body.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::ingress;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<std::string> texts(const Result<RawRecords, std::string>& records) {
    REQUIRE(records);
    std::vector<std::string> all;
    for (const RawRecord& each : *records)
        all.emplace_back(each.text);
    return all;
}

std::string gzip(std::string_view text) {
    z_stream stream{};
    REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string packed(text.size() + 100, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

http::Request request(const std::string& type, const std::string& coding, std::string body) {
    return {.method = "POST",
            .path = "/x",
            .query = {},
            .headers = {{"content-type", type}, {"content-encoding", coding}},
            .body = std::move(body)};
}

int status_of(const std::string& type, const std::string& coding = "", std::string body = "{}") {
    const auto read = read_body(request(type, coding, std::move(body)), 1000);
    return read ? 200 : read.failure().status;
}

}  // namespace

TEST_CASE("An object is one record, byte for byte, and an array one for each element") {
    using Texts = std::vector<std::string>;
    CHECK(texts(split_json(" {\"a\": [1, 2]} \n")) == Texts{"{\"a\": [1, 2]}"});
    CHECK(texts(split_json("[]")).empty());
    CHECK(texts(split_json(" [ ] ")).empty());
    CHECK(texts(split_json("[{\"a\":1} , {\"b\":[{}, {}]}]")) ==
          Texts{"{\"a\":1}", "{\"b\":[{}, {}]}"});
    CHECK(texts(split_json(R"([{"a":"],{\"\\"},{"b":"\\\\"}])")) ==
          Texts{R"({"a":"],{\"\\"})", R"({"b":"\\\\"})"});
}

TEST_CASE("What is no JSON is left to the decoder where it stands") {
    using Texts = std::vector<std::string>;
    CHECK(texts(split_json("nonsense")) == Texts{"nonsense"});
    CHECK(texts(split_json("[1,,x]")) == Texts{"1", "", "x"});
    CHECK(texts(split_json("[{\"a\":[1}}]")) == Texts{"{\"a\":[1}}"});
}

TEST_CASE("A body that does not end, or goes on, has no records") {
    for (const auto& [body, why] : std::vector<std::pair<std::string, std::string>>{
             {"", "empty"},
             {" \n ", "empty"},
             {"[", "does not end"},
             {"[{}", "does not end"},
             {"[{},", "does not end"},
             {"[\"a]", "does not end"},
             {"[\"a\\", "does not end"},
             {"[{}] {}", "follows the array"},
             {"[{}]]", "follows the array"},
             {"[{}}]", "unexpected '}' at byte 3"},
             {"[{\"a\":1]}]", "unexpected '}' at byte 8"}}) {
        INFO(body);
        const auto records = split_json(body);
        REQUIRE_FALSE(records);
        CHECK_THAT(records.failure(), ContainsSubstring(why));
    }
}

TEST_CASE("Lines are records with their numbers, and blank ones count, but are none") {
    const auto records = split_lines("{\"a\":1}\r\n\n  \n{\"b\":2}");
    CHECK(texts(records) == std::vector<std::string>{"{\"a\":1}", "{\"b\":2}"});
    CHECK((*records)[0].line == 1);
    CHECK((*records)[1].line == 4);
    CHECK_FALSE(split_lines("\n\n"));
    CHECK_FALSE(split_lines(""));
}

TEST_CASE("gzip is undone up to the limit, and never beyond it") {
    const std::string text(100'000, 'x');
    CHECK(*inflated(gzip(text), text.size()) == text);
    CHECK(inflated(gzip(text), text.size() - 1).failure() == GzipFault::too_large);
    CHECK(*inflated(gzip("ab") + gzip("cd"), 100) == "abcd");
    CHECK(inflated(gzip(""), 100)->empty());
    CHECK(inflated("", 100).failure() == GzipFault::damaged);
    CHECK(inflated("not gzip", 100).failure() == GzipFault::damaged);
    std::string cut = gzip(text);
    cut.resize(cut.size() - 9);
    CHECK(inflated(cut, text.size()).failure() == GzipFault::damaged);
    CHECK(inflated(gzip("ab") + "rest", 100).failure() == GzipFault::damaged);
}

TEST_CASE("The Content-Type and the Content-Encoding decide how a body is read") {
    CHECK(status_of("application/json") == 200);
    CHECK(status_of("Application/JSON; charset=UTF-8") == 200);
    CHECK(status_of("application/x-ndjson") == 200);
    CHECK(status_of("application/json", "identity") == 200);
    CHECK(status_of("application/json", "gzip", gzip("{}")) == 200);
    CHECK(status_of("") == 415);
    CHECK(status_of("text/plain") == 415);
    CHECK(status_of("application/json; charset=latin1") == 415);
    CHECK(status_of("application/jsonx") == 415);
    CHECK(status_of("application/json", "br") == 415);
    CHECK(status_of("application/json", "gzip", "{}") == 400);
    CHECK(status_of("application/json", "gzip", gzip(std::string(1001, ' '))) == 413);
}
