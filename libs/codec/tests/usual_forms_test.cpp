// The usual forms of values have a short way to be read. It may leave a text to the general way, but
// where it reads one, both must agree: shown over many generated texts.
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "number_text.hpp"
#include "tidewheel/testing/catch.hpp"
#include "timestamp_text.hpp"
#include "uuid_text.hpp"

using namespace tidewheel::codec;
using tidewheel::engine::Uuid;

namespace {

class Texts {
  public:
    int pick(int least, int most) { return std::uniform_int_distribution(least, most)(random_); }
    bool rarely() { return pick(0, 19) == 0; }
    char one_of(std::string_view characters) {
        return characters[static_cast<std::size_t>(
            pick(0, static_cast<int>(characters.size()) - 1))];
    }
    std::string several(int count, std::string_view characters) {
        std::string text;
        while (count-- > 0)
            text += one_of(characters);
        return text;
    }
    std::string two_digits(int least, int most) {
        const int number = rarely() ? pick(0, 99) : pick(least, most);
        return {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
    }
    // With, now and then, another character in one place, or one less or more.
    std::string damaged(std::string text) {
        if (text.empty() || pick(0, 4) > 0) return text;
        const auto at = static_cast<std::size_t>(pick(0, static_cast<int>(text.size()) - 1));
        const char other = static_cast<char>(pick(0, 255));
        switch (pick(0, 3)) {
            case 0:
                return text.erase(at, 1);
            case 1:
                return text.insert(at, 1, other);
            case 2:
                text[at] = one_of("0123456789+-:.TZ {}aAfFgG/:@`");
                return text;
            default:
                text[at] = other;
                return text;
        }
    }

  private:
    std::mt19937 random_{1};
};

std::string moment_of(Texts& texts) {
    std::string text = texts.two_digits(19, 20) + texts.two_digits(0, 99) + '-' +
                       texts.two_digits(1, 12) + '-' + texts.two_digits(1, 31) +
                       texts.one_of("TTT t") + texts.two_digits(0, 23) + ':' +
                       texts.two_digits(0, 59) + ':' + texts.two_digits(0, 59);
    if (texts.pick(0, 2) > 0) text += '.' + texts.several(texts.pick(0, 8), "0123456789");
    switch (texts.pick(0, 4)) {
        case 0:
            return text + texts.one_of("ZZz");
        case 1:
            return text + texts.one_of("+-") + texts.two_digits(0, 15) + ':' +
                   texts.two_digits(0, 59);
        case 2:
            return text + texts.one_of("+-") + texts.two_digits(0, 15);
        default:
            return text;
    }
}

std::string uuid_of(Texts& texts) {
    const std::string_view digits = "0123456789abcdefABCDEF";
    std::string text = texts.several(8, digits);
    for (const int length : {4, 4, 4, 12})
        text += '-' + texts.several(length, digits);
    return text;
}

constexpr int many = 200'000;

}  // namespace

TEST_CASE("a usual moment means the same by both ways") {
    Texts texts;
    int usual = 0;
    for (int i = 0; i < many; ++i) {
        const std::string text = texts.damaged(moment_of(texts));
        Moment fast, any;
        if (!read_usual_moment(text, fast)) continue;
        ++usual;
        CAPTURE(text);
        REQUIRE(read_any_moment(text, any) == ParseResult::ok);
        REQUIRE(fast.days == any.days);
        REQUIRE(fast.microseconds == any.microseconds);
        REQUIRE(fast.zone == any.zone);
    }
    CHECK(usual > many / 5);
}

TEST_CASE("what the usual way to read a moment leaves half read is read as if it were new") {
    std::int64_t value = -1;
    REQUIRE(read_timestamp("2000-01-01T00:00:01.1234567+01", -1, value) == ParseResult::ok);
    CHECK(value == 1'123'457);
    REQUIRE(read_timestamptz("2000-01-01T00:00:01.5+01:00:01", -1, value) == ParseResult::ok);
    CHECK(value == -3'599'500'000);
    CHECK(read_timestamptz("2001-02-29T00:00:01Z", -1, value) == ParseResult::out_of_range);
    CHECK(read_timestamptz("0000-01-01T00:00:01Z", -1, value) == ParseResult::out_of_range);
}

TEST_CASE("a usual UUID means the same by both ways") {
    Texts texts;
    int usual = 0;
    for (int i = 0; i < many; ++i) {
        const std::string text = texts.damaged(uuid_of(texts));
        Uuid fast{}, any{};
        const ParseResult verdict = read_any_uuid(text, any);
        CAPTURE(text);
        if (read_usual_uuid(text, fast)) {
            ++usual;
            REQUIRE(verdict == ParseResult::ok);
            REQUIRE(std::memcmp(fast.bytes, any.bytes, sizeof any.bytes) == 0);
        } else {
            REQUIRE((verdict != ParseResult::ok || text.size() != 36));
        }
    }
    CHECK(usual > many / 2);
}

TEST_CASE("a usual UUID has a digit or a hyphen in every place, of all bytes") {
    const std::string good = "0189aAfF-b1C2-d3E4-e5D6-c7B89aAfF018";
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string text = good;
            text[at] = static_cast<char>(byte);
            Uuid fast{}, any{};
            CAPTURE(text, at, byte);
            const bool usual = read_usual_uuid(text, fast);
            REQUIRE(usual == (read_any_uuid(text, any) == ParseResult::ok));
            REQUIRE((!usual || std::memcmp(fast.bytes, any.bytes, sizeof any.bytes) == 0));
        }
    }
}

TEST_CASE("a short integer means the same by both ways") {
    Texts texts;
    constexpr auto least = std::numeric_limits<std::int64_t>::min(),
                   most = std::numeric_limits<std::int64_t>::max();
    int read = 0;
    for (int i = 0; i < many; ++i) {
        const std::string digits = texts.several(texts.pick(0, 20), "0123456789");
        const std::string text = texts.damaged(texts.pick(0, 1) == 0 ? digits : '-' + digits);
        std::int64_t fast = 0, any = 0;
        if (!read_short_integer(text, fast)) continue;
        ++read;
        CAPTURE(text);
        REQUIRE(read_integer(' ' + text, least, most, any) == ParseResult::ok);
        REQUIRE(fast == any);
    }
    CHECK(read > many / 2);
}
