// Rows of CSV, held against PostgreSQL's own COPY: row by row, and through the services and verify.
#include <random>

#include "tidewheel/codec/csv_decoder.hpp"
#include "tidewheel/postgres/session.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;
using engine::CsvForm;
using engine::Kind;

namespace {

engine::Schema schema_of(const std::vector<engine::Type>& types) {
    engine::Schema schema;
    for (const engine::Type& type : types) {
        engine::Column column;
        column.name = std::string(1, static_cast<char>('a' + schema.columns.size()));
        column.type = type;
        column.path = {column.name};
        schema.columns.push_back(column);
    }
    return schema;
}

std::string table_of(const std::string& name, const engine::Schema& schema) {
    std::string columns;
    for (const engine::Column& column : schema.columns)
        columns += (columns.empty() ? "" : ", ") + column.name + " " + column.type.sql;
    return "CREATE TEMPORARY TABLE " + name + " (" + columns + ");";
}

// The only row of a table as text; NULL differs from '' there.
std::string row_in(postgres::Session& session, const std::string& table) {
    return session.run("SELECT t::text FROM " + table + " t")[0].text(0);
}

// A row by PostgreSQL: COPY of the record alone has to give one.
std::string by_postgres(postgres::Session& session, const CsvForm& form, const std::string& value) {
    const auto is = [](char c) { return postgres::quote_literal({&c, 1}); };
    session.run("DELETE FROM copied");
    try {
        const std::size_t rows =
            session.copy("COPY copied FROM STDIN (FORMAT csv, DELIMITER " + is(form.delimiter) +
                             ", QUOTE " + is(form.quote) + ", ESCAPE " + is(form.escape) +
                             ", NULL " + postgres::quote_literal(form.null) + ")",
                         value);
        return rows == 1 ? row_in(session, "copied") : "refused";
    } catch (const postgres::DatabaseError& error) {
        REQUIRE(error.is_about_data());
        return "refused";
    }
}

// The same by us: decoded, and sent by binary COPY.
std::string by_us(postgres::Session& session, const engine::Schema& schema,
                  engine::Decoder& decoder, const std::string& value) {
    engine::Batch batch(schema);
    engine::Record record;
    record.value = value;
    batch.add(std::move(record),
              [&](const engine::Record& r, engine::Batch& b) { return decoder.decode(r, b); });
    if (batch.rows() == 0) return "refused";
    postgres::CopyEncoder out;
    out.begin();
    out.row(static_cast<std::int16_t>(schema.columns.size()));
    for (std::size_t i = 0; i < schema.columns.size(); ++i)
        encode(out, batch.column(i), 0);
    out.finish();
    session.run("DELETE FROM decoded");
    session.copy("COPY decoded FROM STDIN (FORMAT binary)", out.payload());
    return row_in(session, "decoded");
}

// Rows of such pieces: most are nearly right.
class RandomRows {
  public:
    RandomRows(unsigned seed, const CsvForm& form) : random_(seed), form_(form) {}

    std::string next() {
        std::string row;
        const int fields = below(8) == 0 ? 1 + below(5) : 3;
        for (int i = 0; i < fields; ++i)
            row += (i ? std::string(1, form_.delimiter) : "") + field();
        constexpr const char* ends[] = {"", "", "", "\n", "\r\n", "\r", "\n\n", "\r\r\n", "\n\r"};
        return row + ends[below(below(3) == 0 ? 9 : 6)];
    }

  private:
    int below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }

    std::string field() {
        const std::string quote(1, form_.quote), escape(1, form_.escape);
        const std::string pieces[] = {"1",
                                      "-20",
                                      "x",
                                      " ",
                                      "é😀",
                                      "\\",
                                      "\t",
                                      "[1, null]",
                                      "{}",
                                      quote,
                                      quote,
                                      escape,
                                      "\n",
                                      "\r",
                                      "\r\n",
                                      form_.null,
                                      std::string(1, form_.delimiter),
                                      std::string(1, '\0'),
                                      "\xff",
                                      "\xc3"};
        if (below(3) == 0) return pieces[below(9)];
        std::string text;
        for (int i = below(6); i > 0; --i)
            text += pieces[below(below(12) == 0 ? 20 : 17)];
        if (below(2) == 0) return text;
        std::string all = quote;
        for (const char c : text) {
            if (below(20) != 0 && (c == form_.quote || c == form_.escape)) all += escape;
            all += c;
        }
        return below(20) == 0 ? all : all + quote;
    }

    std::mt19937 random_;
    const CsvForm& form_;
};

struct Counts {
    int taken = 0, refused = 0;
};

// So many random rows mean the same to both.
Counts compare(const std::string& url, const std::vector<engine::Type>& types, const CsvForm& form,
               int rows) {
    const engine::Schema schema = schema_of(types);
    postgres::Session session(url, "test");
    session.run(table_of("copied", schema) + table_of("decoded", schema));
    const auto decoder = codec::make_csv_decoder(schema, form);
    RandomRows random(20, form);
    Counts counts;
    for (int i = 0; i < rows; ++i) {
        std::string value;
        while (value.empty())
            value = random.next();
        CAPTURE(i, value);
        const std::string theirs = by_postgres(session, form, value);
        const std::string ours = by_us(session, schema, *decoder, value);
        if (ours != theirs) CHECK(ours == theirs);
        ++(theirs == "refused" ? counts.refused : counts.taken);
    }
    return counts;
}

std::string rows(const Deployment& site, const std::string& sql) {
    std::string text;
    for (const auto& row : site.query(sql))
        text += (text.empty() ? "" : "; ") + row.text_or(0, "NULL");
    return text;
}

std::string pipeline(const std::string& options) {
    return R"(
CREATE FOREIGN TABLE sales (id integer NOT NULL, shop text, price numeric(8,2) CHECK (price >= 0), note text)
SERVER kafka OPTIONS (topic '{topic}', format 'csv')" +
           options + R"();
CREATE TABLE kept (id integer, shop text, price numeric(8,2), note text);
INSERT INTO kept SELECT id, shop, price, note FROM sales;
CREATE MATERIALIZED VIEW by_shop AS SELECT shop, count(*) AS sales, sum(price) AS total FROM sales GROUP BY shop;
)";
}

const std::string parked =
    "SELECT concat_ws(' ', \"offset\", reason, column_name) FROM tidewheel.dead_letters ORDER BY "
    "\"offset\"";

}  // namespace

TEST_CASE("random rows of CSV mean what PostgreSQL's COPY makes of them") {
    const TemporaryDatabase database;
    const engine::Type text{Kind::text, -1, "text"};
    const CsvForm forms[] = {
        {},
        {.delimiter = ';', .quote = '\'', .escape = '\\', .null = "NULL"},
        {.delimiter = '\t', .quote = '"', .escape = '"', .null = "\\N"},
        {.delimiter = 'x', .quote = '1', .escape = ' ', .null = "é"},
    };
    for (const CsvForm& form : forms) {
        CAPTURE(form.delimiter);
        const Counts counts = compare(database.url(), {text, text, text}, form, 2'000);
        CHECK(counts.taken > 300);
        CHECK(counts.refused > 300);
    }
    const Counts counts =
        compare(database.url(), {text, {Kind::int32, -1, "integer"}, {Kind::jsonb, -1, "jsonb"}},
                forms[0], 4'000);
    CHECK(counts.taken > 50);
}

TEST_CASE("rows of CSV are stored, summed up, parked and verified by COPY") {
    const Deployment site;
    const Finished applied = site.apply(pipeline(""));
    INFO(applied.output << applied.errors);
    REQUIRE(applied.status == 0);
    const auto worker = site.start("tidewheel-worker"),
               aggregator = site.start("tidewheel-aggregator");
    site.send(0, {"1,a,2.50,", "2,a,1,\"a \"\"note\"\"\"",
                  // Two that are no rows, but would be one together, and two that would be two.
                  "3,\"b,1,", "4\",b,1,c", "5,b,\"1,x", "6,b\",1,\"x\"",
                  "@hex 372c622c332c0d0a",            // ends with CR LF
                  "@hex 382c622c342c0a392c622c352c",  // two rows
                  "10;c;2;", "11,c,-1,", "12,c,2", "13,c,2,,", "@hex 31342c63ff2c322c", "\\.",
                  "15,\"\",,\"\""});
    site.arrive();
    CHECK(rows(site, "SELECT k::text FROM kept k ORDER BY id") ==
          "(1,a,2.50,); (2,a,1.00,\"a \"\"note\"\"\"); (7,b,3.00,); (15,\"\",,\"\")");
    CHECK(rows(site, "SELECT concat_ws(' ', shop, sales, total) FROM by_shop ORDER BY shop") ==
          " 1; a 2 3.50; b 1 3.00");
    CHECK(rows(site, parked) ==
          "2 not_csv; 3 not_csv; 4 not_csv; 5 not_csv; 7 not_csv; 8 not_csv shop; "
          "9 check_violation price; 10 not_csv note; 11 not_csv; 12 not_csv; 13 not_csv shop");
    CHECK(rows(site, "SELECT detail FROM tidewheel.dead_letters WHERE \"offset\" IN (8, 11)") ==
          "missing data for column \"shop\"; extra data after last expected column");
    const Finished verified = site.tidewheel({"verify"});
    INFO(verified.output << verified.errors);
    CHECK(verified.status == 0);

    SECTION("a row that COPY doesn't give, and one that is missing") {
        site.query("UPDATE kept SET note = '' WHERE id = 7");
        CHECK_THAT(site.tidewheel({"verify", "kept"}).output,
                   ContainsSubstring("1 row missing, 1 unexpected"));
    }
    SECTION("a good record among the dead letters") {
        site.query(
            "INSERT INTO tidewheel.dead_letters (stream_id, topic, partition, \"offset\", payload, "
            "reason, detail, missed_by) SELECT stream_id, topic, 0, 1, convert_to('2,a,1,\"a "
            "\"\"note\"\"\"', 'UTF8'), 'not_csv', '', missed_by FROM tidewheel.dead_letters "
            "WHERE \"offset\" = 8");
        const Finished judged = site.tidewheel({"verify"});
        CHECK(judged.status == 1);
        CHECK_THAT(judged.output,
                   ContainsSubstring("[0]@1") &&
                       ContainsSubstring("is a valid record according to PostgreSQL"));
    }
    SECTION("bad records that are no dead letters") {
        site.query("DELETE FROM tidewheel.dead_letters WHERE \"offset\" IN (2, 3)");
        const Finished judged = site.tidewheel({"verify"});
        CHECK(judged.status == 1);
        CHECK_THAT(judged.output, ContainsSubstring("[0]@2 was accepted, but PostgreSQL") &&
                                      ContainsSubstring("[0]@3 was accepted, but PostgreSQL"));
    }
    SECTION("another delimiter, and the dead letters are read again") {
        CHECK(site.apply(pipeline(", delimiter ';'")).status == 0);
        CHECK_THAT(site.tidewheel({"dlq", "redrive", "--yes"}).output,
                   ContainsSubstring("stored: 1;"));
        CHECK(rows(site, "SELECT k::text FROM kept k WHERE id = 10") == "(10,c,2.00,)");
        site.send(0, {"20;c;1;x"});
        site.arrive();
        CHECK(rows(site, "SELECT k::text FROM kept k WHERE id = 20") == "(20,c,1.00,x)");
    }
}

TEST_CASE("verify reads each record of CSV as a row of its own, whatever its neighbours hold") {
    const Deployment site;
    REQUIRE(site.apply(pipeline("")).status == 0);
    const auto worker = site.start("tidewheel-worker"),
               aggregator = site.start("tidewheel-aggregator");
    // In one COPY, the first would end in the second, and the third would be two rows, of which the
    // second one claims to be of another record.
    site.send(0, {"3,\"b", "b\",1,x", "@hex 382c622c342c790a2278222c302c322c392c622c352c7a"});
    site.arrive();
    CHECK(rows(site, parked) == "0 not_csv; 1 not_csv; 2 not_csv");
    const Finished verified = site.tidewheel({"verify"});
    INFO(verified.output << verified.errors);
    CHECK(verified.status == 0);
}
