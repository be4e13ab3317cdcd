#include "tidewheel/engine/batch.hpp"

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::engine;

namespace {

Schema one_column(Kind kind) {
    Schema schema;
    schema.columns.push_back(
        {.name = "ts", .type = {kind, -1, ""}, .path = {"ts"}, .header = {}, .fallback = {}});
    schema.event_time = 0;
    return schema;
}

Record record_at(std::int64_t offset, std::string_view value = "{}") {
    Record record;
    record.offset = offset;
    record.value = value;
    return record;
}

auto writing(std::int64_t moment) {
    return [moment](const Record&, Batch& batch) -> std::optional<Reject> {
        batch.column(0).set(batch.row(), moment);
        return std::nullopt;
    };
}

auto refusing_after_writing(std::int64_t moment) {
    return [moment](const Record&, Batch& batch) -> std::optional<Reject> {
        batch.column(0).set(batch.row(), moment);
        return Reject{Reason::wrong_type, "because", "ts"};
    };
}

std::optional<Reject> write_nothing(const Record&, Batch&) {
    return std::nullopt;
}

}  // namespace

TEST_CASE("a refused record keeps its reason and leaves nothing behind in its row") {
    const Schema schema = one_column(Kind::timestamptz);
    Batch batch(schema);
    batch.add(record_at(7), writing(70));
    batch.add(record_at(8), refusing_after_writing(80));
    batch.add(record_at(9), write_nothing);

    REQUIRE(batch.rows() == 2);
    CHECK(batch.records().size() == 3);
    CHECK(batch.column(0).at<std::int64_t>(0) == 70);
    CHECK(batch.column(0).is_null(1));
    CHECK(batch.record_of(1).offset == 9);
    REQUIRE(batch.rejected().size() == 1);
    CHECK(batch.rejected()[0].record == 1);
    CHECK(batch.rejected()[0].reject.reason == Reason::wrong_type);
    CHECK(batch.watermark() == 70);
    CHECK(batch.bytes() == 6);
}

TEST_CASE(
    "a record whose decoder throws stays the caller's and leaves nothing behind in the batch") {
    const Schema schema = one_column(Kind::timestamptz);
    Batch batch(schema);
    batch.add(record_at(7), writing(70));
    Record record = record_at(8, "later");
    CHECK_THROWS_AS(batch.add(std::move(record),
                              [](const Record&, Batch& into) -> std::optional<Reject> {
                                  into.column(0).set(into.row(), std::int64_t{80});
                                  throw tidewheel::Error(tidewheel::Error::Kind::unavailable, "");
                              }),
                    tidewheel::Error);
    CHECK(batch.records().size() == 1);
    CHECK(batch.bytes() == 2);
    CHECK(batch.column(0).is_null(1));
    CHECK(record.value == "later");
    batch.add(std::move(record), writing(90));
    CHECK(batch.record_of(1).offset == 8);
    CHECK(batch.column(0).at<std::int64_t>(1) == 90);
}

namespace {

// What a record may come in, as long as it lives.
struct Message {
    std::string key = "key", value = "value", name = "name", header = "header";
    int* lives;

    static void read_headers(const void* owner, std::vector<Header>& to) {
        const auto* message = static_cast<const Message*>(owner);
        to.push_back({message->name, message->header});
        to.push_back({message->name, ""});
        to.push_back({"", std::nullopt});
    }
    static void destroy(void* owner) {
        auto* message = static_cast<Message*>(owner);
        --*message->lives;
        for (std::string* text : {&message->key, &message->value, &message->name, &message->header})
            text->assign(text->size(), '?');
        delete message;
    }
};

Record record_in_message(std::int64_t offset, int& lives) {
    ++lives;
    auto* message = new Message{.lives = &lives};
    Record record = record_at(offset, message->value);
    record.key = message->key;
    record.timestamp = 12;
    record.partition = 3;
    record.read_headers = Message::read_headers;
    record.owner = {message, Message::destroy};
    return record;
}

void require_whole(const Record& record) {
    REQUIRE(record.value == "value");
    REQUIRE(record.key == "key");
    const std::vector<Header> headers = record.headers();
    REQUIRE(headers.size() == 3);
    REQUIRE((headers[0].name == "name" && headers[0].value == "header"));
    REQUIRE((headers[1].name == "name" && headers[1].value == ""));
    REQUIRE((headers[2].name.empty() && !headers[2].value));
}

}  // namespace

TEST_CASE("records that are taken out of a batch are whole, whatever it holds next") {
    const Schema schema = one_column(Kind::timestamptz);
    Batch batch(schema), other(schema);
    int lives = 0;
    for (std::int64_t offset = 0; offset < 2000; ++offset)
        batch.add(record_in_message(offset, lives), write_nothing);
    std::vector<Record> taken = batch.take_records();
    CHECK(batch.empty());
    for (int i = 0; i < 4000; ++i)
        batch.add(record_at(i, "another value"), write_nothing);
    REQUIRE(taken.size() == 2000);
    for (Record& record : taken) {
        require_whole(record);
        other.add(std::move(record), write_nothing);
    }
    taken.clear();
    for (const Record& record : other.records())
        require_whole(record);
}

TEST_CASE("a record's memory is given back when it is added, and the batch has all of it") {
    const Schema schema = one_column(Kind::timestamptz);
    Batch batch(schema);
    int lives = 0;
    for (std::int64_t offset = 0; offset < 2000; ++offset) {
        batch.add(record_in_message(offset, lives), [&](const Record& each, Batch&) {
            CHECK(each.headers().size() == 3);
            return std::optional<Reject>();
        });
        REQUIRE(lives == 0);
    }
    for (const Record& record : batch.records())
        require_whole(record);
    CHECK(batch.records()[1999].offset == 1999);
    CHECK(batch.records()[0].partition == 3);
    CHECK(batch.records()[0].timestamp == 12);
    CHECK(batch.bytes() == 2000 * 8);
}

TEST_CASE("tombstones, empty values and records without a key stay what they are in a batch") {
    const Schema schema = one_column(Kind::timestamptz);
    Batch batch(schema);
    Record tombstone = record_at(1);
    tombstone.value.reset();
    tombstone.key = "";
    batch.add(std::move(tombstone), write_nothing);
    batch.add(record_at(2, ""), write_nothing);
    CHECK_FALSE(batch.records()[0].value);
    CHECK(batch.records()[0].key == "");
    CHECK(batch.records()[1].value == "");
    CHECK_FALSE(batch.records()[1].key);
    CHECK(batch.records()[1].headers().empty());
}

TEST_CASE("an ignored tombstone is a record without a row, and no decoder sees it") {
    Schema schema = one_column(Kind::timestamptz);
    schema.ignores_tombstones = true;
    Batch batch(schema);
    batch.add(record_at(1, "one"), writing(10));
    Record tombstone = record_at(2);
    tombstone.value.reset();
    batch.add(std::move(tombstone), [](const Record&, Batch&) -> std::optional<Reject> {
        FAIL("asked about a tombstone");
        return Reject{Reason::tombstone, "", ""};
    });
    batch.add(record_at(3, ""), writing(30));
    CHECK(batch.records().size() == 3);
    CHECK(batch.records()[1].offset == 2);
    CHECK(batch.rejected().empty());
    REQUIRE(batch.rows() == 2);
    CHECK(batch.record_of(1).offset == 3);
    CHECK(batch.column(0).at<std::int64_t>(1) == 30);
}

TEST_CASE("zeros follow the value that a decoder gets") {
    const Schema schema = one_column(Kind::timestamptz);
    Batch batch(schema);
    batch.add(record_at(0, "12345"), [](const Record& each, Batch&) {
        const std::string_view behind(each.value->data() + each.value->size(), value_padding);
        CHECK(behind == std::string(value_padding, '\0'));
        return std::optional<Reject>();
    });
}

TEST_CASE("trying to add a record again and again takes no more memory") {
    const Schema schema = one_column(Kind::timestamptz);
    Batch batch(schema);
    batch.add(record_at(7), writing(70));
    const std::size_t before = batch.footprint();
    int lives = 0;
    Record record = record_in_message(8, lives);
    for (int i = 0; i < 1000; ++i)
        CHECK_THROWS_AS(batch.add(std::move(record),
                                  [](const Record&, Batch& into) -> std::optional<Reject> {
                                      into.arena().allocate(1'000'000);
                                      throw tidewheel::Error(tidewheel::Error::Kind::unavailable,
                                                             "");
                                  }),
                        tidewheel::Error);
    CHECK(batch.footprint() == before);
    CHECK(lives == 1);
    batch.add(std::move(record), writing(80));
    CHECK(lives == 0);
    CHECK(batch.record_of(1).value == "value");
}

TEST_CASE("a text of a record's value becomes a column as it is, and any other is copied") {
    const Schema schema = one_column(Kind::text);
    Batch batch(schema);
    const std::string elsewhere = "elsewhere";
    batch.add(record_at(0, "a text"), [&](const Record& each, Batch& into) {
        const std::string_view own = each.value->substr(2);
        CHECK(into.keep(own).data() == own.data());
        CHECK(into.keep(elsewhere).data() != elsewhere.data());
        CHECK(into.keep(elsewhere) == elsewhere);
        CHECK(into.keep({}).empty());
        return std::optional<Reject>();
    });
}

TEST_CASE("a batch that is used again starts with nulls only") {
    const Schema schema = one_column(Kind::timestamptz);
    Batch batch(schema);
    for (int i = 0; i < 3000; ++i)
        batch.add(record_at(i), writing(i));
    CHECK(batch.watermark() == 2999);
    batch.clear();
    CHECK(batch.empty());
    CHECK(batch.bytes() == 0);
    CHECK(batch.watermark() == std::nullopt);
    for (int i = 0; i < 3000; ++i)
        batch.add(record_at(i), write_nothing);
    for (std::size_t row = 0; row < 3000; ++row)
        REQUIRE(batch.column(0).is_null(row));
}

TEST_CASE("the watermark of dates is in microseconds, too") {
    const Schema schema = one_column(Kind::date);
    Batch batch(schema);
    batch.add(record_at(0), [](const Record&, Batch& target) -> std::optional<Reject> {
        target.column(0).set(target.row(), std::int32_t{2});
        return std::nullopt;
    });
    CHECK(batch.watermark() == 172'800'000'000);
}

TEST_CASE("a vector grows row by row without losing values or nulls") {
    Vector vector(Kind::int32);
    for (std::int32_t row = 0; row < 200; ++row) {
        vector.resize(static_cast<std::size_t>(row) + 1);
        REQUIRE(vector.is_null(static_cast<std::size_t>(row)));
        if (row % 3 == 0) vector.set(static_cast<std::size_t>(row), row);
    }
    for (std::int32_t row = 0; row < 200; ++row) {
        const auto at = static_cast<std::size_t>(row);
        REQUIRE(vector.is_null(at) == (row % 3 != 0));
        if (row % 3 == 0) REQUIRE(vector.at<std::int32_t>(at) == row);
    }
    vector.resize(63);
    vector.resize(200);
    CHECK(vector.is_null(63));
    CHECK(vector.at<std::int32_t>(60) == 60);
}

TEST_CASE("an arena keeps what it holds until it is emptied, and huge blocks not beyond that") {
    Arena arena;
    std::vector<std::string_view> copies;
    for (int i = 0; i < 100; ++i)
        copies.push_back(arena.copy(std::string(10'000, static_cast<char>('a' + i % 26))));
    for (int i = 0; i < 100; ++i)
        REQUIRE(copies[static_cast<std::size_t>(i)] ==
                std::string(10'000, static_cast<char>('a' + i % 26)));
    CHECK(arena.used() == 1'000'000 + 3 * (256 * 1024 - 260'000));  // the ends of three blocks
    const char* first = copies.front().data();
    arena.allocate(5'000'000);
    arena.clear();
    CHECK(arena.used() == 0);
    CHECK(arena.allocate(100) == first);
    CHECK(arena.copy("").empty());
}
