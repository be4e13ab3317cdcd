#include "pgoutput.hpp"

#include <deque>

#include "tidewheel/testing/catch.hpp"
#include "wire.hpp"

using namespace tidewheel::changefeed;

namespace {

constexpr std::uint32_t table = 16385;

// What is parsed looks into the bytes.
template <class Kind>
Kind parsed(std::string text) {
    static std::deque<std::string> kept;
    const std::string& bytes = kept.emplace_back(std::move(text));
    const auto message = parse_message(bytes);
    INFO(bytes);
    REQUIRE(message);
    REQUIRE(std::holds_alternative<Kind>(*message));
    return std::get<Kind>(*message);
}

}  // namespace

TEST_CASE("A transaction begins with where and when it was committed") {
    const auto begin =
        parsed<Begin>("B" + wire::integer(std::uint64_t{0x16B374D848}) +
                      wire::integer(std::int64_t{1'000'000}) + wire::integer(std::uint32_t{745}));
    CHECK(begin.commit == 0x16B374D848);
    CHECK(begin.committed_at == 946'684'801'000'000);  // 2000-01-01 00:00:01
    CHECK(begin.transaction == 745);
    const std::string zero(1, '\0');
    const auto commit =
        parsed<Commit>("C" + zero + wire::integer(std::uint64_t{5}) +
                       wire::integer(std::uint64_t{9}) + wire::integer(std::uint64_t{0}));
    CHECK(commit.commit == 5);
    CHECK(commit.end == 9);
}

TEST_CASE("A table is described with its columns and their types") {
    const auto relation =
        parsed<Relation>("R" + wire::integer(table) + wire::text("shop") + wire::text("products") +
                         "d" + wire::integer(std::uint16_t{2}) + "\1" + wire::text("id") +
                         wire::integer(std::uint32_t{20}) + wire::integer(std::int32_t{-1}) +
                         std::string(1, '\0') + wire::text("price") +
                         wire::integer(std::uint32_t{1700}) + wire::integer(std::int32_t{655366}));
    CHECK(relation.id == table);
    CHECK(relation.schema == "shop");
    CHECK(relation.name == "products");
    CHECK(relation.identity == 'd');
    REQUIRE(relation.columns.size() == 2);
    CHECK(relation.columns[0].in_identity);
    CHECK(relation.columns[0].name == "id");
    CHECK(relation.columns[0].modifier == -1);
    CHECK_FALSE(relation.columns[1].in_identity);
    CHECK(relation.columns[1].type == 1700);
    CHECK(relation.columns[1].modifier == 655366);
}

TEST_CASE("Rows have texts, nulls and values that were not sent") {
    const auto insert =
        parsed<Insert>("I" + wire::integer(table) + "N" + wire::tuple({"1", "", std::nullopt}));
    CHECK(insert.relation == table);
    REQUIRE(insert.after.size() == 3);
    CHECK(insert.after[0].text == "1");
    CHECK(insert.after[1].state == Cell::State::text);
    CHECK(insert.after[2].state == Cell::State::null);

    const auto update =
        parsed<Update>("U" + wire::integer(table) + "N" + wire::tuple({"1", "unchanged"}));
    CHECK_FALSE(update.before);
    CHECK(update.after[1].state == Cell::State::unchanged);

    const auto moved =
        parsed<Update>("U" + wire::integer(table) + "K" + wire::tuple({"1", std::nullopt}) + "N" +
                       wire::tuple({"2", "x"}));
    REQUIRE(moved.before);
    CHECK_FALSE(moved.before->is_whole);
    CHECK(moved.before->row[0].text == "1");
    CHECK(moved.after[0].text == "2");

    const auto removed = parsed<Delete>("D" + wire::integer(table) + "O" + wire::tuple({"1", "x"}));
    CHECK(removed.before.is_whole);
    CHECK(removed.before.row[1].text == "x");

    const auto truncated =
        parsed<Truncate>("T" + wire::integer(std::uint32_t{2}) + std::string(1, '\0') +
                         wire::integer(table) + wire::integer(table + 1));
    CHECK(truncated.relations == std::vector{table, table + 1});
}

TEST_CASE("What is no message, ends too early or goes on is refused") {
    const std::string insert = "I" + wire::integer(table) + "N" + wire::tuple({"1", "xyz"});
    for (std::size_t size = 0; size < insert.size(); ++size)
        CHECK_FALSE(parse_message(std::string_view(insert).substr(0, size)));
    CHECK_FALSE(parse_message(insert + "x"));
    CHECK_FALSE(parse_message("?"));
    CHECK_FALSE(parse_message("I" + wire::integer(table) + "O" + wire::tuple({"1"})));
    CHECK_FALSE(parse_message("D" + wire::integer(table) + "N" + wire::tuple({"1"})));
    CHECK(parse_message("M anything"));  // a logical message, which is not ours
}
