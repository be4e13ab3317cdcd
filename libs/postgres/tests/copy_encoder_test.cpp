#include "tidewheel/postgres/copy_encoder.hpp"

#include "tidewheel/testing/catch.hpp"

using tidewheel::engine::Kind;
using tidewheel::engine::Numeric;
using tidewheel::engine::Vector;
using tidewheel::postgres::CopyEncoder;
using namespace std::string_literals;

namespace {

const std::string header = "PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0"s;
const std::string trailer = "\xff\xff"s;

// What `write` adds to an empty payload.
template <class Write>
std::string written(Write&& write) {
    CopyEncoder out;
    write(out);
    return std::string(out.payload());
}

template <class T>
std::string encoded(Kind kind, const T& value) {
    Vector column(kind);
    column.resize(1);
    column.set(0, value);
    return written([&](CopyEncoder& out) { encode(out, column, 0); });
}

}  // namespace

TEST_CASE("an empty file is a header and a trailer") {
    CHECK(header.size() == 19);
    CHECK(written([](CopyEncoder& out) {
              out.begin();
              out.finish();
          }) == header + trailer);
}

TEST_CASE("values are a length and big-endian bytes") {
    CHECK(written([](auto& out) { out.row(258); }) == "\1\2"s);
    CHECK(written([](auto& out) { out.null(); }) == "\xff\xff\xff\xff"s);
    CHECK(written([](auto& out) { out.boolean(true); }) == "\0\0\0\1\1"s);
    CHECK(written([](auto& out) { out.boolean(false); }) == "\0\0\0\1\0"s);
    CHECK(written([](auto& out) { out.int16(-2); }) == "\0\0\0\2\xff\xfe"s);
    CHECK(written([](auto& out) { out.int32(0x01020304); }) == "\0\0\0\4\1\2\3\4"s);
    CHECK(written([](auto& out) { out.int64(0x0102030405060708); }) ==
          "\0\0\0\10\1\2\3\4\5\6\7\10"s);
    CHECK(written([](auto& out) { out.float32(1.0F); }) == "\0\0\0\4\x3f\x80\0\0"s);
    CHECK(written([](auto& out) { out.float64(-2.0); }) == "\0\0\0\10\xc0\0\0\0\0\0\0\0"s);
    CHECK(written([](auto& out) { out.bytes("ab"); }) == "\0\0\0\2ab"s);
    CHECK(written([](auto& out) { out.bytes(""); }) == "\0\0\0\0"s);
    CHECK(written([](auto& out) { out.jsonb("{}"); }) == "\0\0\0\3\1{}"s);
}

TEST_CASE("each kind of column goes in the wire form of its type") {
    CHECK(encoded(Kind::boolean, std::uint8_t{1}) == "\0\0\0\1\1"s);
    CHECK(encoded(Kind::int16, std::int32_t{-2}) == "\0\0\0\2\xff\xfe"s);
    CHECK(encoded(Kind::int32, std::int32_t{7}) == "\0\0\0\4\0\0\0\7"s);
    CHECK(encoded(Kind::date, std::int32_t{-1}) == "\0\0\0\4\xff\xff\xff\xff"s);
    for (const Kind kind : {Kind::int64, Kind::time, Kind::timestamp, Kind::timestamptz})
        CHECK(encoded(kind, std::int64_t{7}) == "\0\0\0\10\0\0\0\0\0\0\0\7"s);
    CHECK(encoded(Kind::float32, 1.0) == "\0\0\0\4\x3f\x80\0\0"s);
    CHECK(encoded(Kind::float64, 1.0) == "\0\0\0\10\x3f\xf0\0\0\0\0\0\0"s);
    CHECK(encoded(Kind::uuid, tidewheel::engine::Uuid{{1, 2, 3}}) ==
          "\0\0\0\20\1\2\3\0\0\0\0\0\0\0\0\0\0\0\0\0"s);
    CHECK(encoded(Kind::numeric, Numeric::of(-125, 1, 1)) ==
          "\0\0\0\14\0\2\0\0\100\0\0\1\0\14\23\210"s);
    CHECK(encoded(Kind::numeric, Numeric::of_wire("ab")) == "\0\0\0\2ab"s);
    for (const Kind kind : {Kind::text, Kind::varchar, Kind::json})
        CHECK(encoded(kind, std::string_view("ab")) == "\0\0\0\2ab"s);
    for (const Kind kind : {Kind::jsonb, Kind::other})
        CHECK(encoded(kind, std::string_view("1")) == "\0\0\0\2\0011"s);
}

TEST_CASE("a null is a null whatever its kind") {
    for (int kind = 0; kind <= static_cast<int>(Kind::other); ++kind) {
        Vector column(static_cast<Kind>(kind));
        column.resize(1);
        CHECK(written([&](CopyEncoder& out) { encode(out, column, 0); }) == "\xff\xff\xff\xff"s);
    }
}

TEST_CASE("the payload grows past its first memory, and is empty when it is used again") {
    CopyEncoder out;
    const std::string large(1'000'000, 'x');
    out.begin();
    out.row(2);
    out.bytes("first");
    out.bytes(large);
    out.finish();
    CHECK(out.payload() == header + "\0\2\0\0\0\5first\0\x0f\x42\x40"s + large + trailer);
    out.begin();
    out.finish();
    CHECK(out.payload() == header + trailer);
}

TEST_CASE(
    "an encoder keeps the memory that it needs now and then, and gives back what it doesn't") {
    CopyEncoder out;
    const auto write = [&](std::size_t bytes) {
        out.begin();
        out.row(1);
        out.bytes(std::string(bytes, 'x'));
        out.finish();
    };
    for (int i = 0; i < 2000; ++i) {
        write(i % 100 == 0 ? 1'000'000 : 10);
        if (i > 300) CHECK(out.memory() >= 1'000'000);
    }
    for (int i = 0; i < 2000; ++i)
        write(10);
    CHECK(out.memory() < 100'000);
    CHECK(out.payload().size() == header.size() + 2 + 4 + 10 + trailer.size());
}
