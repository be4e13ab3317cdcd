#include "tidewheel/operate/offset_move.hpp"

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::operate;
using Catch::Matchers::ContainsSubstring;

namespace {

// Statements 1 (INSERT into a), 2 (INSERT into b) and 3 (view v) over stream 1, two partitions.
catalogue::Catalogue catalogue_of_three() {
    const sql::Pipeline pipeline = sql::parse_pipeline(
        "CREATE FOREIGN TABLE events (id int, ts timestamptz) SERVER kafka OPTIONS (topic "
        "'events', partitions '2', event_time 'ts');\n"
        "INSERT INTO a SELECT id FROM events;\n"
        "INSERT INTO b SELECT id FROM events;\n"
        "CREATE MATERIALIZED VIEW v AS SELECT count(*) FROM events;\n",
        "p.sql");
    catalogue::Catalogue catalogue;
    catalogue::StoredStream stream;
    stream.id = 1;
    stream.stream = std::get<sql::Stream>(pipeline.statements[0].body);
    catalogue.streams = {stream};
    for (int id = 1; id <= 3; ++id) {
        catalogue::StoredStatement stored;
        stored.id = id;
        stored.stream_id = stream.id;
        stored.statement = pipeline.statements[static_cast<std::size_t>(id)];
        catalogue.statements.push_back(stored);
    }
    return catalogue;
}

ProgressRow at(int statement, std::optional<std::int64_t> next, bool stopped = false) {
    return {statement, "events", 0, next, stopped};
}

Goals go_to(std::int64_t to, std::int64_t first = 0, std::int64_t end = 100) {
    return {{{"events", 0}, {first, end, to}}};
}

Move move_of(const ProgressRow& row, const Goals& goals) {
    const auto moves = moves_of({row}, catalogue_of_three(), goals);
    REQUIRE(moves.size() == 1);
    return moves[0];
}

std::string no_reason(const catalogue::StoredStatement&) {
    return "";
}
std::string some_reason(const catalogue::StoredStatement&) {
    return "it has no ON CONFLICT";
}

std::string refusal(const Move& move, const WhyNotIdempotent& why, bool allow_duplicates) {
    try {
        require_once({move}, catalogue_of_three(), why, allow_duplicates);
    } catch (const Error& error) {
        CHECK(error.kind() == Error::Kind::pipeline);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a move ahead skips, a move back reads again") {
    const Move ahead = move_of(at(1, 40), go_to(60));
    CHECK(ahead.skipped() == 20);
    CHECK(ahead.again() == 0);
    const Move back = move_of(at(1, 40), go_to(10));
    CHECK(back.skipped() == 0);
    CHECK(back.again() == 30);
    const Move here = move_of(at(1, 40), go_to(40));
    CHECK(here.is_nothing());
    CHECK_FALSE(ahead.is_nothing());
}

TEST_CASE("a statement that has stopped is moved even to where it is") {
    CHECK_FALSE(move_of(at(1, 40, true), go_to(40)).is_nothing());
}

TEST_CASE("a statement that has not begun would begin where the topic does") {
    const Move move = move_of(at(1, std::nullopt), go_to(60, 20));
    CHECK(move.from == 20);
    CHECK(move.skipped() == 40);
}

TEST_CASE("what lies beyond the topic's end is not read again") {
    const Move move = move_of(at(1, 150), go_to(90));
    CHECK(move.again() == 10);
    CHECK_THAT(move.words(), ContainsSubstring("what it read after 100 is no longer in the topic"));
    CHECK(move_of(at(1, 150), go_to(100)).again() == 0);
}

TEST_CASE("the text says how much of what is skipped the topic has lost") {
    const Move move = move_of(at(1, 40), go_to(60, 50));
    CHECK_THAT(move.words(), ContainsSubstring("a, events[0]: continues at 60") &&
                                 ContainsSubstring("never reads the 20 offsets from 40") &&
                                 ContainsSubstring("of which the topic has lost 10"));
    CHECK_THAT(move_of(at(1, 40), go_to(60)).words(), !ContainsSubstring("has lost"));
}

TEST_CASE("only what has a goal is moved") {
    CHECK(moves_of({{1, "events", 1, 40, false}, {1, "others", 0, 40, false}}, catalogue_of_three(),
                   go_to(10))
              .empty());
}

TEST_CASE("an INSERT of the same lane waits, unless it is moved as well, paused, or a view") {
    catalogue::Catalogue catalogue = catalogue_of_three();
    CHECK(moves_of({at(1, 40)}, catalogue, go_to(10))[0].neighbours ==
          std::vector<std::string>{"b"});
    CHECK_THAT(moves_of({at(1, 40)}, catalogue, go_to(10))[0].words(),
               ContainsSubstring("nothing is stored for b"));
    const auto both = moves_of({at(1, 40), at(2, 40)}, catalogue, go_to(10));
    REQUIRE(both.size() == 2);
    CHECK(both[0].neighbours.empty());
    CHECK(both[1].neighbours.empty());
    catalogue.statements[1].paused = true;
    CHECK(moves_of({at(1, 40)}, catalogue, go_to(10))[0].neighbours.empty());
}

TEST_CASE("a statement that has meanwhile passed what it was to skip is not moved back") {
    const std::vector<Move> told{move_of(at(1, 40), go_to(60))};
    CHECK(was_told(move_of(at(1, 40), go_to(60)), told));
    CHECK(was_told(move_of(at(1, 50), go_to(60)), told));
    CHECK_FALSE(was_told(move_of(at(1, 70), go_to(60)), told));
    CHECK_FALSE(was_told(move_of(at(2, 40), go_to(60)), told));
    const std::vector<Move> told_back{move_of(at(1, 40), go_to(10))};
    CHECK(was_told(move_of(at(1, 45), go_to(10)), told_back));
}

TEST_CASE("a view never counts a record twice") {
    const Move back = move_of(at(3, 40), go_to(10));
    CHECK_THAT(
        refusal(back, no_reason, true),
        ContainsSubstring("view v would count 30 offsets of topic events, partition 0 twice"));
    CHECK(refusal(move_of(at(3, 40), go_to(60)), some_reason, false).empty());
}

TEST_CASE("an INSERT reads again where that stores nothing twice, or where it is allowed") {
    const Move back = move_of(at(1, 40), go_to(10));
    CHECK(refusal(back, no_reason, false).empty());
    CHECK_THAT(refusal(back, some_reason, false),
               ContainsSubstring("a would store the rows of 30 offsets") &&
                   ContainsSubstring("twice: it has no ON CONFLICT"));
    CHECK(refusal(back, some_reason, true).empty());
}
