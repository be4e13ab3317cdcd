#include "tidewheel/sql/topic_target.hpp"

#include "parse.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string source =
    "CREATE FOREIGN TABLE a (id bigint, note text) SERVER kafka OPTIONS (topic 'a');\n";

sql::Statement statement_in(const std::string& text) {
    return sql::parse_pipeline(source + text, "p.sql").statements.back();
}

std::string into(const std::string& columns, const std::string& options,
                 const std::string& list = "") {
    return "CREATE FOREIGN TABLE b (" + columns + ") SERVER kafka OPTIONS (topic 'b'" + options +
           ");\nINSERT INTO b " + list + " SELECT id FROM a";
}

std::string refusal(const std::string& text) {
    try {
        statement_in(text);
    } catch (const sql::PipelineError& error) {
        return error.diagnostics().at(0).what;
    }
    return {};
}

}  // namespace

TEST_CASE("An INSERT into a stream goes to the stream's outbox, under a name of its own") {
    const sql::Statement statement = statement_in(into("id bigint", ""));
    const auto& rows = std::get<sql::RowStatement>(statement.body);
    CHECK(rows.target == sql::RelationName{"tidewheel", "outbox_of_b"});
    CHECK(rows.into_stream == sql::RelationName{"public", "b"});
    CHECK(statement.name == "into_b");
    CHECK(statement.stream->name == "a");
    CHECK_THAT(rows.batch_insert, ContainsSubstring("INSERT INTO tidewheel.outbox_of_b SELECT"));
    CHECK(sql::with_target("INSERT INTO b (id) SELECT 1", {"tidewheel", "x y"}) ==
          "INSERT INTO tidewheel.\"x y\" (id) SELECT 1");
}

TEST_CASE("No two streams have one outbox, however long their names are") {
    CHECK(sql::outbox_of({"public", "b"}).name == "outbox_of_b");
    CHECK(sql::outbox_of({"s", "b"}).name == "outbox_of_s.b");
    const std::string name(60, 'x');
    const std::string one = sql::outbox_of({"public", name + "1"}).name;
    CHECK(one.size() <= 63);
    CHECK(one != sql::outbox_of({"public", name + "2"}).name);
}

TEST_CASE("What can't be written to a stream is refused by its name") {
    CHECK(refusal(into("id bigint", "")).empty());
    CHECK(refusal(into("id bigint, pos bigint OPTIONS (offset 'true')", "", "(id)")).empty());
    CHECK_THAT(refusal(into("id bigint, pos bigint OPTIONS (offset 'true')", "", "(pos)")),
               ContainsSubstring("column pos of b can't be written"));
    CHECK_THAT(refusal(into("id bigint, pos bigint OPTIONS (offset 'true')", "")),
               ContainsSubstring("doesn't name its columns, and column pos"));
    CHECK_THAT(refusal(into("id bytea OPTIONS (value 'true')", ", format 'bytes'", "(id)")),
               ContainsSubstring("its format is bytes"));
    CHECK_THAT(refusal(into("id bigint, s text", ", route 's', route_x '0'")),
               ContainsSubstring("it has a route"));
    CHECK_THAT(refusal(into("id text", ", changes_of 'public.t'")),
               ContainsSubstring("the changes of table public.t"));
    CHECK_THAT(refusal(into("id bigint OPTIONS (key 'true')", "")),
               ContainsSubstring("no column that is a field, but the key"));
    CHECK_THAT(refusal(into("id int OPTIONS (key 'true', json 'id'), n int", "")),
               ContainsSubstring("its key is JSON"));
    CHECK_THAT(refusal(into("id bytea OPTIONS (key 'true'), n int", "")),
               ContainsSubstring("of type bytea"));
    CHECK_THAT(refusal(into("id bigint OPTIONS (json 'x'), y int OPTIONS (json 'x.y')", "")),
               ContainsSubstring("is the field of column id, or inside it"));
    CHECK_THAT(refusal(into("id bigint, id2 bigint OPTIONS (json 'id')", "")),
               ContainsSubstring("is the field of column"));
    CHECK_THAT(refusal(into("id bigint", "") + " ON CONFLICT DO NOTHING"),
               ContainsSubstring("ON CONFLICT is not supported"));
    CHECK_THAT(refusal("INSERT INTO a SELECT * FROM a"),
               ContainsSubstring("would go round for ever"));
}
