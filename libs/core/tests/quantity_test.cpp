#include "quantity.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace std::chrono_literals;
using namespace tidewheel;

TEST_CASE("Sizes are read in powers of 1024, in any case, with or without a space") {
    CHECK(parse_bytes("512") == 512u);
    CHECK(parse_bytes("512k") == 512u * 1024);
    CHECK(parse_bytes("8MiB") == 8u << 20);
    CHECK(parse_bytes("8 mb") == 8u << 20);
    CHECK(parse_bytes("1G") == 1u << 30);
}

TEST_CASE("Times are read in milliseconds unless they say otherwise") {
    CHECK(parse_duration("20") == 20ms);
    CHECK(parse_duration("20ms") == 20ms);
    CHECK(parse_duration("5s") == 5000ms);
    CHECK(parse_duration("2m") == 120000ms);
    CHECK(parse_duration("1h") == 3600000ms);
}

TEST_CASE("What is not a quantity is refused") {
    for (const char* text : {"", "k", "-1", "+1", "1.5k", "8 MiB/s", "8xB", "0x10", " 8", "8  k"}) {
        INFO(text);
        CHECK_FALSE(parse_bytes(text));
        CHECK_FALSE(parse_duration(text));
    }
    CHECK_FALSE(parse_count("8k"));
}

TEST_CASE("A quantity that does not fit is refused, not wrapped") {
    CHECK_FALSE(parse_bytes("99999999999999999999"));
    CHECK_FALSE(parse_bytes("9223372036854775807k"));
    CHECK_FALSE(parse_duration("9223372036854775807h"));
    CHECK(parse_bytes("9223372036854775807"));
}

TEST_CASE("What is printed reads back as the same value") {
    for (const std::size_t bytes : {0u, 1u, 1000u, 1024u, 1536u * 1024, 8u << 20, 1u << 30}) {
        CHECK(parse_bytes(print_bytes(bytes)) == bytes);
    }
    for (const auto time : {0ms, 20ms, 1000ms, 1500ms, 30000ms, 7200000ms}) {
        CHECK(parse_duration(print_duration(time)) == time);
    }
    CHECK(print_bytes(8u << 20) == "8MiB");
    CHECK(print_duration(30000ms) == "30s");
}
