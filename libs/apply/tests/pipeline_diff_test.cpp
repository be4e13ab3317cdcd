#include "tidewheel/apply/pipeline_diff.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::apply;
using Catch::Matchers::ContainsSubstring;

namespace {

using Kinds = std::vector<ChangeKind>;

const std::string stream =
    "CREATE FOREIGN TABLE events (id int, ts timestamptz) SERVER kafka OPTIONS (topic 'events', "
    "partitions '1', event_time 'ts');\n";
const std::string table = "CREATE TABLE t (id int);\n";
const std::string rows = "INSERT INTO t SELECT id FROM events;\n";
const std::string view =
    "CREATE MATERIALIZED VIEW v AS SELECT id, count(*) FROM events GROUP BY id;\n";
const std::string comment = "COMMENT ON TABLE t IS 'rows';\n";
const std::string whole = stream + table + rows + view + comment;

sql::Pipeline parse(const std::string& text) {
    return sql::parse_pipeline(text, "p.sql");
}

catalogue::Origin origin_of(const sql::Statement& statement) {
    return {statement.text, statement.fingerprint, "p.sql", statement.position.line};
}

// The catalogue once the text has been applied, unqualified names in `public`.
catalogue::CatalogueRows applied(const std::string& text) {
    catalogue::CatalogueRows catalogue_rows;
    int id = 0;
    for (const sql::Statement& statement : parse(text).statements) {
        const auto origin = origin_of(statement);
        ++id;
        if (const auto* each = std::get_if<sql::Stream>(&statement.body)) {
            catalogue_rows.streams.push_back(
                {id, qualified(each->name, "public"), each->topic, each->partitions, true, origin});
        } else if (const auto* plain = std::get_if<sql::PlainStatement>(&statement.body)) {
            catalogue_rows.objects.push_back({plain->object, plain->kind, origin});
        } else {
            catalogue::AppliedStatement made;
            made.id = id;
            made.name = statement.name;
            made.is_view = std::holds_alternative<sql::ViewStatement>(statement.body);
            made.target = made.is_view ? std::get<sql::ViewStatement>(statement.body).name
                                       : std::get<sql::RowStatement>(statement.body).target;
            made.target.schema = "public";
            made.origin = origin;
            made.home = "public";
            catalogue_rows.statements.push_back(made);
        }
    }
    return catalogue_rows;
}

PipelineFiles files_of(const std::string& text) {
    return {{{"p.sql", text}}};
}

std::vector<Change> changes(const std::string& before, const std::string& after) {
    return compare(parse(after), applied(before), files_of(after), "public");
}

Kinds kinds(const std::string& before, const std::string& after) {
    Kinds kinds;
    for (const Change& change : changes(before, after))
        kinds.push_back(change.kind);
    return kinds;
}

std::string refusal(const std::string& before, const std::string& after) {
    try {
        changes(before, after);
    } catch (const sql::PipelineError& error) {
        return error.what();
    }
    return "";
}

std::string replaced(std::string text, const std::string& old, const std::string& by) {
    const auto at = text.find(old);
    REQUIRE(at != std::string::npos);
    return text.replace(at, old.size(), by);
}

std::vector<std::string> removed(const std::string& before, const std::string& after) {
    const auto catalogue_rows = applied(before);
    return describe_removed(changes(before, after), catalogue_rows, files_of(after), "public");
}

}  // namespace

TEST_CASE("everything is created by an empty catalogue, and unchanged by its own") {
    using enum ChangeKind;
    CHECK(kinds("", whole) == Kinds{create, create, create, create, create});
    CHECK(kinds(whole, whole) == Kinds{unchanged, unchanged, unchanged, unchanged, unchanged});
    const std::string respaced = replaced(whole, "SELECT id FROM", "select  id -- of it\n FROM");
    CHECK(kinds(whole, respaced)[2] == unchanged);
}

TEST_CASE("a change carries the text that was applied") {
    const auto found = changes(whole, replaced(whole, "SELECT id FROM", "SELECT id + 1 FROM"));
    CHECK(found[2].kind == ChangeKind::change);
    CHECK(found[2].before == "INSERT INTO t SELECT id FROM events");
    CHECK(found[3].kind == ChangeKind::unchanged);
}

TEST_CASE("a stream may change its columns, and not its topic, format or event time") {
    CHECK(kinds(whole, replaced(whole, "(id int,", "(id int, more text,"))[0] ==
          ChangeKind::change);
    CHECK_THAT(refusal(whole, replaced(whole, "topic 'events'", "topic 'others'")),
               ContainsSubstring("differs from what was applied (p.sql:1) in its topic"));
    CHECK_THAT(refusal(whole, replaced(whole, ", event_time 'ts'", "")),
               ContainsSubstring("event time"));
}

TEST_CASE("an INSERT does not become a view under the same name") {
    const std::string before = stream + table + "-- name: x\n" + rows;
    const std::string after =
        stream + table + "CREATE MATERIALIZED VIEW x AS SELECT count(*) FROM events;";
    CHECK_THAT(refusal(before, after), ContainsSubstring("that was not a view"));
}

TEST_CASE("a table is not changed by its text, and what is repeatable is repeated") {
    CHECK_THAT(refusal(whole, replaced(whole, "t (id int)", "t (id bigint)")),
               ContainsSubstring("differs from what was applied") &&
                   ContainsSubstring("Change it with SQL"));
    CHECK(kinds(whole, replaced(whole, "'rows'", "'all rows'"))[4] == ChangeKind::repeat);
}

TEST_CASE("what may be about something new in its file is repeated") {
    const std::string more = replaced(whole, view, "CREATE TABLE other (id int);\n" + view);
    const Kinds found = kinds(whole, more);
    CHECK(found[3] == ChangeKind::create);
    CHECK(found[5] == ChangeKind::repeat);  // the COMMENT
}

TEST_CASE("the same grant twice is two objects") {
    const std::string grant = "GRANT SELECT ON t TO a;\n";
    const auto found = changes(table + grant, table + grant + "-- name: again\n" + grant);
    REQUIRE(found.size() == 3);
    CHECK(found[1].kind == ChangeKind::unchanged);
    CHECK(found[2].kind == ChangeKind::create);
    CHECK(found[2].object == found[1].object + " (2)");
}

TEST_CASE("all differences are reported at once") {
    const std::string after = replaced(replaced(whole, "topic 'events'", "topic 'others'"),
                                       "t (id int)", "t (id bigint)");
    const std::string told = refusal(whole, after);
    CHECK_THAT(told, ContainsSubstring("in its topic"));
    CHECK_THAT(told, ContainsSubstring("Change it with SQL"));
}

TEST_CASE("what has left its file is reported, with what tidewheel drop would do") {
    CHECK(removed(whole, whole).empty());
    const auto without_view = removed(whole, replaced(whole, view, ""));
    REQUIRE(without_view.size() == 1);
    CHECK_THAT(without_view[0], ContainsSubstring("`tidewheel drop v` would drop the view"));
    const auto without_table = removed(whole, stream + view);
    REQUIRE(without_table.size() == 3);  // the INSERT, the table, the comment
    CHECK_THAT(without_table[0], ContainsSubstring("table public.t would be kept"));
}

TEST_CASE("what came from another file, or into another schema, is not missed") {
    const std::string after = stream + table;
    const auto found = changes(whole, after);
    catalogue::CatalogueRows catalogue_rows = applied(whole);
    for (auto& statement : catalogue_rows.statements)
        statement.origin.file = "other.sql";
    for (auto& object : catalogue_rows.objects)
        object.origin.file = "other.sql";
    CHECK(describe_removed(found, catalogue_rows, files_of(after), "public").empty());
    catalogue_rows = applied(whole);
    for (auto& statement : catalogue_rows.statements)
        statement.home = "sales";
    catalogue_rows.objects.clear();
    CHECK(describe_removed(found, catalogue_rows, files_of(after), "public").empty());
}

TEST_CASE("an INSERT is replaced with all that share its table, which is emptied") {
    const auto catalogue_rows = applied(stream + table + rows + "-- name: again\n" + rows);
    CHECK_THAT(hint_to_replace(catalogue_rows.statements[0], catalogue_rows),
               ContainsSubstring("tidewheel drop t again`, empty the table (TRUNCATE public.t)"));
    const auto with_view = applied(whole);
    CHECK(hint_to_replace(*with_view.statement("v"), with_view) ==
          "Run `tidewheel drop v`, then apply again.");
}
