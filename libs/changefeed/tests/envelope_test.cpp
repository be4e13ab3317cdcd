#include "envelope.hpp"

#include <vector>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/version.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::changefeed;
using codec::Json;

namespace {

struct FixedClock : Clock {
    Monotonic now() const override { return {}; }
    std::chrono::system_clock::time_point wall() const override {
        return std::chrono::system_clock::time_point(std::chrono::milliseconds(1'769'860'800'007));
    }
};

Cell cell(std::string_view text) {
    return {Cell::State::text, text};
}
const Cell null{}, unchanged{Cell::State::unchanged};

const TableShape products{"public",
                          "products",
                          {{"id", "\"id\":", ValueForm::number, true},
                           {"name", "\"name\":", ValueForm::text, false},
                           {"photo", "\"photo\":", ValueForm::base64, false}}};

struct Sent {
    std::vector<std::pair<std::string, std::string>> records;  // "-": none
    FixedClock clock;
    EnvelopeWriter envelope{"changes", "shop",
                            [this](auto key, auto value) {
                                records.emplace_back(key.value_or("-"), value.value_or("-"));
                            },
                            clock};
    Sent() { envelope.begin({0x100, 1'769'860'800'000'123, 745}); }

    Json value(std::size_t i) const { return Json::parse(records.at(i).second).value(); }
    Json part(std::size_t i, const char* member) const { return *value(i).find(member); }
};

Json json(const char* text) {
    return Json::parse(text).value();
}

}  // namespace

TEST_CASE("An insert has the new row, and where it comes from") {
    Sent sent;
    sent.envelope.insert(products, {1, {cell("1"), cell("tea"), null}}, 0xF0);
    REQUIRE(sent.records.size() == 1);
    CHECK(sent.records[0].first == R"({"id":1})");
    CHECK(sent.records[0].second ==
          R"({"before":null,"after":{"id":1,"name":"tea","photo":null},"source":{"version":")" +
              std::string(version()) +
              R"(","connector":"postgresql","name":"changes","ts_ms":1769860800000,)"
              R"("snapshot":"false","db":"shop","sequence":"[\"256\",\"240\"]",)"
              R"("schema":"public","table":"products","txId":745,"lsn":240,"xmin":null},)"
              R"("op":"c","ts_ms":1769860800007,"transaction":null})");
}

TEST_CASE("An update has the old row where the table logs it, and what was not sent again") {
    Sent sent;
    sent.envelope.update(products, {1, {}, {cell("1"), unchanged, unchanged}}, 1);
    CHECK(sent.part(0, "before") == Json());
    CHECK(sent.part(0, "after") == json(R"({"id":1,"name":"__debezium_unavailable_value",)"
                                        R"("photo":"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="})"));
    CHECK(sent.part(0, "op") == "u");
    sent.envelope.update(
        products,
        {1, OldRow{true, {cell("1"), cell("long"), null}}, {cell("1"), unchanged, cell("\\x00")}},
        1);
    REQUIRE(sent.records.size() == 2);
    CHECK(sent.part(1, "before") == json(R"({"id":1,"name":"long","photo":null})"));
    CHECK(sent.part(1, "after") == json(R"({"id":1,"name":"long","photo":"AA=="})"));
}

TEST_CASE("A row that gets another key is deleted and inserted") {
    Sent sent;
    sent.envelope.update(
        products, {1, OldRow{false, {cell("1"), null, null}}, {cell("2"), cell("tea"), null}}, 1);
    REQUIRE(sent.records.size() == 3);
    CHECK(sent.records[0].first == R"({"id":1})");
    CHECK(sent.part(0, "op") == "d");
    CHECK(sent.part(0, "before") == json(R"({"id":1,"name":null,"photo":null})"));
    CHECK(sent.part(0, "after") == Json());
    CHECK(sent.records[1] == std::pair<std::string, std::string>(R"({"id":1})", "-"));
    CHECK(sent.records[2].first == R"({"id":2})");
    CHECK(sent.part(2, "op") == "c");
    CHECK(sent.part(2, "before") == Json());
}

TEST_CASE("A deleted row is followed by a tombstone, and a truncation has no key") {
    Sent sent;
    sent.envelope.remove(products, {1, {false, {cell("7"), null, null}}}, 1);
    sent.envelope.truncate(products, 1);
    REQUIRE(sent.records.size() == 3);
    CHECK(sent.part(0, "op") == "d");
    CHECK(sent.records[1] == std::pair<std::string, std::string>(R"({"id":7})", "-"));
    CHECK(sent.records[2].first == "-");
    CHECK(sent.part(2, "op") == "t");
    CHECK(sent.part(2, "after") == Json());
}

TEST_CASE("A row of the snapshot says that it was read") {
    Sent sent;
    sent.envelope.snapshot(products, {cell("1"), cell("tea"), null}, 0x50, InSnapshot::last);
    CHECK(sent.part(0, "op") == "r");
    const Json value = sent.value(0);
    CHECK(value.find("source")->find("snapshot")->string() == "last");
    CHECK(value.find("source")->find("lsn")->integer() == 0x50);
    CHECK(value.find("source")->find("txId")->is_null());
}

TEST_CASE("A table without a key has records without one, and all of the old row") {
    TableShape keyless = products;
    keyless.columns[0].is_key = false;
    Sent sent;
    sent.envelope.update(
        keyless, {1, OldRow{true, {cell("1"), cell("a"), null}}, {cell("2"), cell("a"), null}}, 1);
    sent.envelope.remove(keyless, {1, {true, {cell("2"), cell("a"), null}}}, 1);
    REQUIRE(sent.records.size() == 2);
    CHECK(sent.records[0].first == "-");
    CHECK(sent.part(0, "op") == "u");
    CHECK(sent.part(1, "op") == "d");
}
