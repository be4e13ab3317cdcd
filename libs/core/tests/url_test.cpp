#include "tidewheel/core/url.hpp"

#include "tidewheel/testing/catch.hpp"

using tidewheel::parse_url;
using tidewheel::resolve_reference;
using tidewheel::Url;

TEST_CASE("A URL is taken apart into what a client needs") {
    CHECK(parse_url("wss://ws.example.com/trades/all?fast=1#top") ==
          Url{"wss", "", "ws.example.com", "443", "/trades/all?fast=1"});
    CHECK(parse_url("HTTP://localhost:8080") == Url{"http", "", "localhost", "8080", "/"});
    CHECK(parse_url("https://x?a=b") == Url{"https", "", "x", "443", "/?a=b"});
    CHECK(parse_url("ws://[::1]:9/a") == Url{"ws", "", "::1", "9", "/a"});
    CHECK(parse_url("http://u:p@w@host/") == Url{"http", "u:p@w", "host", "80", "/"});
}

TEST_CASE("What is no URL of http or a websocket is refused") {
    for (const char* bad : {"",
                            "x",
                            "localhost:80",
                            "ftp://x/",
                            "http://",
                            "http:///x",
                            "http://:80/",
                            "http://x:y/",
                            "http://x:0/",
                            "http://x:65536/",
                            "http://x:/",
                            "http://a b/",
                            "http://x/a b",
                            "http://x/\r\nEvil: 1",
                            "http://x/\xc3\xa9",
                            "http://[::1",
                            "http://[x]/",
                            "http://a:b:c/",
                            "http://[::1]x/",
                            "http://ex!ample/"}) {
        INFO(bad);
        CHECK(!parse_url(bad));
    }
}

TEST_CASE("A URL's text leaves out the user, and the port that goes without saying") {
    CHECK(parse_url("https://u:secret@x:443/a")->text() == "https://x/a");
    CHECK(parse_url("https://x:80/a")->text() == "https://x:80/a");
    CHECK(parse_url("ws://[::1]:80/")->text() == "ws://[::1]/");
}

TEST_CASE("A redirect may name a whole URL, a path or a relative one") {
    const Url base = *parse_url("https://x/v1/assets?page=2");
    const auto to = [&](const char* reference) {
        const auto url = resolve_reference(base, reference);
        return url ? url->text() : "none";
    };
    CHECK(to("http://y/z") == "http://y/z");
    CHECK(to("//y/z") == "https://y/z");
    CHECK(to("/v2?a=://b") == "https://x/v2?a=://b");
    CHECK(to("items#top") == "https://x/v1/items");
    CHECK(to("?page=3") == "https://x/v1/assets?page=3");
    CHECK(to("") == "https://x/v1/assets?page=2");
    CHECK(to("ftp://y/") == "none");
    CHECK(to("/a b") == "none");
}
