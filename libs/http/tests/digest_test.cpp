#include "tidewheel/http/digest.hpp"

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/http/webhook_signature.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;

TEST_CASE("SHA-256 and HMAC are those of the standards") {
    CHECK(http::sha256("abc") ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 4231, section 4.3.
    CHECK(to_hex(http::hmac_sha256("Jefe", "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("Base64 is read strictly") {
    // RFC 4648, section 10.
    CHECK(http::to_base64("").empty());
    CHECK(http::to_base64("fo") == "Zm8=");
    CHECK(http::to_base64("foobar") == "Zm9vYmFy");
    CHECK(http::from_base64("Zg==") == "f");
    CHECK(http::from_base64("Zm9vYmFy") == "foobar");
    CHECK(http::from_base64("") == "");
    for (const char* bad :
         {"Zg", "Zg=", "Zg=====", "====", "Z===", "Zm=v", " Zm9v", "Zm9\n", "%%%%"})
        CHECK_FALSE(http::from_base64(bad));
}

// From the specification's own test vectors (standard-webhooks, libraries/python/tests).
TEST_CASE("The signature is that of Standard Webhooks") {
    const std::string key = http::signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    CHECK(http::webhook_signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                  R"({"test": 2432232314})",
                                  key) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("A secret is whsec_ with base64, or a text as it stands") {
    CHECK(http::signing_key("whsec_YWJjZA==") == "abcd");
    CHECK(http::signing_key("plain") == "plain");
    CHECK_THROWS_AS(http::signing_key("whsec_%%%%"), Error);
    CHECK_THROWS_AS(http::signing_key("whsec_"), Error);
}
