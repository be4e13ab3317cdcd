#include "tidewheel/engine/log_watch.hpp"

#include <map>

#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/clock.hpp"

using namespace tidewheel;
using namespace tidewheel::engine;

namespace {

// A log of times by offset, which is asked as a broker is.
class Log final : public RecordSource {
  public:
    std::map<std::int64_t, std::int64_t> times;
    int questions = 0;
    bool is_away = false;

    explicit Log(std::map<std::int64_t, std::int64_t> records) : times(std::move(records)) {}
    std::optional<std::int64_t> first_at(std::int64_t time) override {
        ++questions;
        if (is_away) throw Error(Error::Kind::unavailable, "no answer");
        for (const auto& [offset, each] : times)
            if (each >= time) return offset;
        return std::nullopt;
    }
    std::optional<Record> next(int) override { return {}; }
    std::int64_t end_offset() const override { return -1; }
    std::int64_t position() const override { return -1; }
    TopicPartition log() const override { return {"clicks", 0}; }
    LogState ask_log() override { return {}; }
};

// Reads a log, and asks as often as it may.
struct Reader {
    Log log;
    testing::FakeClock clock;
    LogWatch watch{log, clock};

    explicit Reader(std::map<std::int64_t, std::int64_t> records) : log(std::move(records)) {}

    void read(std::int64_t first, std::int64_t last) {
        for (auto each = log.times.lower_bound(first); each != log.times.upper_bound(last);
             ++each) {
            Record record;
            record.offset = each->first;
            record.timestamp = each->second;
            watch.see(record);
        }
    }
    bool is_same() {
        clock.time += LogWatch::interval;
        return watch.is_same();
    }
};

std::map<std::int64_t, std::int64_t> log_of(std::int64_t size, std::int64_t time) {
    std::map<std::int64_t, std::int64_t> records;
    for (std::int64_t offset = 0; offset < size; ++offset)
        records[offset] = time + offset;
    return records;
}

}  // namespace

TEST_CASE("a log that only grows, and loses its first records, is the same") {
    Reader reader(log_of(10, 100));
    CHECK(reader.is_same());  // nothing has been read
    CHECK(reader.log.questions == 0);
    reader.read(0, 4);
    CHECK(reader.is_same());
    reader.read(5, 9);
    CHECK(reader.is_same());
    reader.log.times = log_of(30, 100);
    reader.log.times.erase(reader.log.times.begin(), reader.log.times.find(20));
    CHECK(reader.is_same());
    reader.read(20, 29);
    CHECK(reader.is_same());
}

TEST_CASE("a log that was created again and outgrew what was read is another one") {
    Reader reader(log_of(10, 100));
    SECTION("of which all had one time") {
        for (auto& [offset, time] : reader.log.times)
            time = 100;
    }
    SECTION("of which each had its own time") {}
    reader.read(0, 9);
    REQUIRE(reader.is_same());
    reader.log.times = log_of(30, 500);
    SECTION("before anything of it was read") {}
    SECTION("after some of it was read") {
        reader.read(10, 19);
    }
    CHECK_FALSE(reader.is_same());
}

TEST_CASE("a log whose last record was lost and written again with another one is another one") {
    Reader reader(log_of(10, 100));
    reader.read(0, 9);
    REQUIRE(reader.is_same());
    reader.log.times[9] = 500;
    reader.log.times[10] = 501;
    reader.read(10, 10);
    CHECK_FALSE(reader.is_same());
}

TEST_CASE("a log whose times are in no order is recognized by one that is later") {
    Reader reader(log_of(10, 100));
    reader.log.times[4] = 1000;
    SECTION("which was there before the lane began") {
        reader.read(7, 9);
    }
    SECTION("which the lane doesn't see, as its transaction was aborted") {
        reader.read(0, 2);
        REQUIRE(reader.is_same());
        reader.read(5, 9);
    }
    REQUIRE(reader.is_same());
    reader.log.times.merge(log_of(20, 100));
    reader.read(10, 19);
    CHECK(reader.is_same());
    reader.log.times = log_of(40, 2000);
    reader.read(20, 39);
    CHECK_FALSE(reader.is_same());
}

TEST_CASE("records without a time, or with the last one, tell nothing") {
    for (const std::int64_t time : {no_time, std::numeric_limits<std::int64_t>::max()}) {
        Reader reader({{0, time}, {1, time}});
        reader.read(0, 1);
        CHECK(reader.is_same());
        CHECK(reader.log.questions == 0);
    }
}

TEST_CASE(
    "the source is asked each time, for a new mark only now and then, and again when it didn't "
    "answer") {
    Reader reader(log_of(10, 100));
    reader.read(0, 4);
    CHECK(reader.watch.is_due());
    CHECK(reader.is_same());
    CHECK(reader.log.questions == 1);
    CHECK_FALSE(reader.watch.is_due());
    reader.read(5, 9);
    CHECK_FALSE(reader.watch.is_due());
    CHECK(reader.watch.is_same());
    CHECK(reader.log.questions == 2);
    reader.log.is_away = true;
    CHECK_THROWS_AS(reader.is_same(), Error);
    CHECK_THROWS_AS(reader.watch.is_same(), Error);
    CHECK(reader.watch.is_due());
    reader.log.is_away = false;
    reader.log.questions = 0;
    CHECK(reader.watch.is_same());
    CHECK(reader.log.questions == 2);
}

TEST_CASE("a log that is another one a moment after it was the same is noticed at once") {
    Reader reader(log_of(10, 100));
    reader.read(0, 9);
    REQUIRE(reader.is_same());
    reader.log.times = log_of(30, 500);
    reader.read(10, 19);
    CHECK_FALSE(reader.watch.is_same());
}

TEST_CASE("a record without a time leaves the mark of the one before it") {
    Reader reader(log_of(10, 100));
    reader.read(0, 9);
    REQUIRE(reader.is_same());
    reader.log.times[10] = no_time;
    reader.read(10, 10);
    REQUIRE(reader.is_same());
    reader.log.times = log_of(30, 500);
    CHECK_FALSE(reader.is_same());
}

TEST_CASE("a log that ends before where it ended has become shorter") {
    Log log({});
    testing::FakeClock clock;
    LogWatch watch(log, clock);
    CHECK(watch.grows(10));
    CHECK(watch.grows(-1));  // not known
    CHECK(watch.grows(10));
    CHECK_FALSE(watch.grows(9));
}
