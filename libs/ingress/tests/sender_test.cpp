#include "../src/sender.hpp"

#include <filesystem>

#include "tidewheel/core/error.hpp"
#include "tidewheel/http/digest.hpp"
#include "tidewheel/http/webhook_signature.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/surroundings.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::int64_t now = 1'700'000'000;
const std::string body = R"({"id":1})";

std::string signed_with(const std::string& key, std::int64_t time, const std::string& text = body) {
    return http::webhook_signature("msg_1", time, text, key);
}

http::Request request(const std::string& signature, std::int64_t time = now) {
    http::Request request{"POST", "/s", {}, {}, body};
    request.headers = {{"webhook-id", "msg_1"},
                       {"webhook-timestamp", std::to_string(time)},
                       {"webhook-signature", signature}};
    return request;
}

// The files of two secrets, and their names.
class Secrets {
  private:
    static std::string name_of(const testing::TemporaryFile& file) {
        return std::filesystem::path(file.path()).filename().string();
    }
    const testing::TemporaryFile one_{"one\n"}, two_{"whsec_" + http::to_base64("two") + "\n"};

  public:
    const std::string one = name_of(one_), two = name_of(two_);

    std::string why(const http::Request& request, const sql::Stream& stream) const {
        const std::string directory = std::filesystem::path(one_.path()).parent_path().string();
        const auto refused = ingress::refusal_of_sender(request, stream, directory, now);
        if (refused) CHECK(refused->status == 401);
        return refused ? refused->detail : "";
    }
};

sql::Stream stream_of(std::vector<std::string> secrets, std::vector<std::string> tokens = {}) {
    sql::Stream stream;
    stream.ingress_secrets = std::move(secrets);
    stream.ingress_tokens = std::move(tokens);
    return stream;
}

}  // namespace

TEST_CASE("Without tokens and secrets everybody may send") {
    CHECK_FALSE(ingress::refusal_of_sender(http::Request{}, {}, "", now));
}

TEST_CASE("A signature by one of the stream's secrets is enough, and any other is not") {
    const Secrets secrets;
    const sql::Stream both = stream_of({secrets.two, secrets.one}), one = stream_of({secrets.two});
    CHECK(secrets.why(request(signed_with("one", now)), both).empty());
    CHECK(secrets.why(request(signed_with("two", now)), both).empty());
    CHECK(secrets.why(request("v1,AAAA " + signed_with("two", now)), one).empty());
    CHECK(secrets.why(request(signed_with("two", now + 300), now + 300), one).empty());
    const std::string other = "webhook-signature is not that of the request";
    CHECK(secrets.why(request(signed_with("one", now)), one) == other);
    CHECK(secrets.why(request(signed_with("two", now, "{}")), one) == other);
    CHECK(secrets.why(request(signed_with("two", now - 1)), one) == other);
    CHECK(secrets.why(request(" "), one) == other);
}

TEST_CASE("A request without a signature, or with an old one, is refused") {
    const Secrets secrets;
    const sql::Stream stream = stream_of({secrets.one});
    CHECK_THAT(secrets.why({}, stream), ContainsSubstring("must be signed"));
    http::Request bad = request(signed_with("one", now));
    bad.headers["webhook-timestamp"] = "1700000000x";
    CHECK_THAT(secrets.why(bad, stream), ContainsSubstring("must be signed"));
    for (const std::int64_t time : {now - 301, now + 301})
        CHECK_THAT(secrets.why(request(signed_with("one", time), time), stream),
                   ContainsSubstring("more than 5 minutes"));
}

TEST_CASE("A stream with tokens and secrets wants both") {
    const Secrets secrets;
    const sql::Stream stream = stream_of({secrets.one}, {http::sha256("token")});
    http::Request good = request(signed_with("one", now));
    CHECK_THAT(secrets.why(good, stream), ContainsSubstring("must carry a token"));
    good.headers["authorization"] = "Bearer token";
    CHECK(secrets.why(good, stream).empty());
    good.headers.erase("webhook-signature");
    CHECK_THAT(secrets.why(good, stream), ContainsSubstring("must be signed"));
}

TEST_CASE("A secret that can't be read lets nobody in") {
    const auto refused = [](const std::string& directory) {
        ingress::refusal_of_sender(request(signed_with("", now)), stream_of({"none"}), directory,
                                   now);
    };
    CHECK_THROWS_AS(refused(""), Error);
    CHECK_THROWS_AS(refused("/nowhere"), Error);
}

TEST_CASE("A token is known by its SHA-256") {
    const auto is_let_in = [](const std::string& token, std::vector<std::string> hashes) {
        http::Request request;
        request.headers["authorization"] = "Bearer " + token;
        return !ingress::refusal_of_sender(request, stream_of({}, std::move(hashes)), "", now);
    };
    CHECK(is_let_in("abc", {http::sha256("x"), http::sha256("abc")}));
    CHECK_FALSE(is_let_in("abd", {http::sha256("x"), http::sha256("abc")}));
    CHECK_FALSE(is_let_in(http::sha256("abc"), {http::sha256("abc")}));
}
