#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <sstream>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/catalogue/migrations.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

using tidewheel::Error;
using tidewheel::catalogue::migrated_version;
using tidewheel::catalogue::migration_version;
using tidewheel::postgres::Connection;
using tidewheel::postgres::Transaction;
using tidewheel::testing::TemporaryDatabase;

namespace {

void migrate(const std::string& url) {
    Connection connection(url);
    Transaction transaction(connection);
    tidewheel::catalogue::migrate(transaction);
    transaction.commit();
}

// The catalogue as the first `version` migrations made it.
void create_catalogue(Transaction& transaction, int version) {
    transaction.run(
        "CREATE SCHEMA tidewheel; CREATE TABLE tidewheel.migrations (version integer PRIMARY KEY, "
        "name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())");
    std::set<std::filesystem::path> files;  // 0001_catalogue.sql and so on
    for (const auto& each :
         std::filesystem::directory_iterator(TIDEWHEEL_SOURCE_DIR "/libs/catalogue/migrations"))
        files.insert(each.path());
    auto file = files.begin();
    for (int number = 1; number <= version; ++number, ++file) {
        std::stringstream sql;
        sql << std::ifstream(*file).rdbuf();
        transaction.run(sql.str());
        transaction.query("INSERT INTO tidewheel.migrations VALUES ($1, $2)",
                          {std::to_string(number), file->stem().string().substr(5)});
    }
}

std::string ledger(Connection& connection) {
    return connection
        .query(
            "SELECT string_agg(version || ' ' || name || ' ' || applied_at, E'\\n' ORDER BY "
            "version)"
            " FROM tidewheel.migrations")
        .front()
        .text(0);
}

}  // namespace

TEST_CASE("migrating an empty database makes the whole catalogue") {
    TemporaryDatabase database;
    Connection connection(database.url());
    {
        Transaction before(connection);
        CHECK(migrated_version(before) == std::nullopt);
    }
    migrate(database.url());
    Transaction after(connection);
    CHECK(migrated_version(after) == migration_version());
    CHECK(after.query("SELECT version FROM tidewheel.catalogue").front().integer(0) == 1);
    for (const char* relation :
         {"streams", "statements", "objects", "progress", "dead_letters", "windows"})
        CHECK_NOTHROW(after.query("SELECT FROM tidewheel." + std::string(relation)));
}

TEST_CASE("migrating again changes nothing") {
    TemporaryDatabase database;
    Connection connection(database.url());
    migrate(database.url());
    const std::string before = ledger(connection);
    migrate(database.url());
    CHECK(ledger(connection) == before);
}

TEST_CASE("a catalogue of the first version is brought up to date, and keeps what it holds") {
    TemporaryDatabase database;
    Connection connection(database.url());
    {
        Transaction old(connection);
        create_catalogue(old, 1);
        old.run(R"(
            INSERT INTO tidewheel.streams (schema_name, name, topic, partitions, is_foreign, text, fingerprint, file, line)
            VALUES ('public', 's', 't', 1, false, '', '', '', 1);
            INSERT INTO tidewheel.statements (name, kind, stream_id, target_schema, target_name, state_table, search_path,
                                              text, fingerprint, file, line)
            VALUES ('v', 'view', 1, 'public', 'v', 'public.v_state', 'public', '', '', '', 1);
            INSERT INTO tidewheel.progress (statement_id, topic, partition, next_offset, end_offset, watermark, committed_at)
            VALUES (1, 't', 0, 10, 12, '2025-01-01 12:00Z', now());
            INSERT INTO tidewheel.dead_letters (stream_id, topic, partition, "offset", payload, reason, detail)
            VALUES (1, 't', 0, 3, 'bad', 'not_json', '');
            CREATE TABLE public.v_state (the_row boolean))");
        old.commit();
    }
    migrate(database.url());
    Transaction now(connection);
    CHECK(migrated_version(now) == migration_version());
    const auto progress =
        now.query("SELECT next_offset, seen_at = committed_at FROM tidewheel.progress");
    CHECK(progress.at(0).integer(0) == 10);
    CHECK(progress.at(0).boolean(1));
    CHECK(now.query("SELECT record_hash = tidewheel.record_hash(record_time, key, payload) AND "
                    "record_hash <> tidewheel.record_hash(now(), key, payload) AND record_hash <> "
                    "tidewheel.record_hash(record_time, '', payload) FROM tidewheel.dead_letters")
              .at(0)
              .boolean(0));
    CHECK(now.query("SELECT relreplident FROM pg_class WHERE oid = 'public.v_state'::regclass")
              .at(0)
              .text(0) == "f");
    CHECK(now.query("SELECT complete_until FROM tidewheel.windows").at(0).text(0) ==
          "2025-01-01 12:00:00+00");
}

TEST_CASE("a catalogue of one stream a topic keeps its dead letters, and takes a second stream's") {
    TemporaryDatabase database;
    Connection connection(database.url());
    {
        Transaction old(connection);
        create_catalogue(old, 12);
        old.run(R"(
            INSERT INTO tidewheel.streams (schema_name, name, topic, partitions, is_foreign, text, fingerprint, file, line)
            VALUES ('public', 's', 't', 1, false, '', '', '', 1), ('public', 'o', 'u', 1, false, '', '', '', 1);
            INSERT INTO tidewheel.dead_letters (stream_id, topic, partition, "offset", payload, reason, detail, record_hash, missed_by)
            VALUES (1, 't', 0, 3, 'bad', 'not_json', '', 7, '{}'))");
        old.commit();
    }
    migrate(database.url());
    const auto value = [&](const std::string& sql) { return connection.query(sql).at(0).text(0); };
    CHECK(value("SELECT string_agg(name || group_number, ' ' ORDER BY name) FROM "
                "tidewheel.streams") == "o1 s1");
    connection.query(
        "INSERT INTO tidewheel.streams (schema_name, name, topic, partitions, is_foreign, text, "
        "fingerprint, file, line, group_number) VALUES ('public', 'raw', 't', 1, false, '', '', "
        "'', 1, 2)");
    const std::string letter =
        "INSERT INTO tidewheel.dead_letters (stream_id, topic, partition, \"offset\", payload, "
        "reason, detail, record_hash, missed_by) VALUES ($1, 't', 0, 3, 'bad', 'not_json', '', 7, "
        "'{}')";
    connection.query(letter, {"3"});
    CHECK_THROWS(connection.query(letter, {"3"}));
    CHECK_THROWS(connection.query(letter, {"1"}));
    CHECK(value("SELECT count(*) FROM tidewheel.dead_letters") == "2");
}

TEST_CASE("names of an older catalogue get their schema, and their meaning from PostgreSQL") {
    TemporaryDatabase database;
    Connection connection(database.url());
    {
        Transaction old(connection);
        create_catalogue(old, 5);
        old.run(R"(
            CREATE SCHEMA acme; CREATE TABLE acme.s (id int); CREATE TABLE acme.t (id int); CREATE TABLE public.t (id int);
            INSERT INTO tidewheel.streams (schema_name, name, topic, partitions, is_foreign, text, fingerprint, file, line)
            VALUES ('acme', 's', 'x', 1, false, 'CREATE FOREIGN TABLE s (id int) SERVER kafka OPTIONS (topic ''x'')', '', 'p.sql', 1);
            INSERT INTO tidewheel.statements (name, kind, stream_id, target_schema, target_name, state_table, search_path,
                                              text, fingerprint, file, line)
            VALUES ('t', 'rows', 1, 'acme', 't', NULL, 'acme, public', 'INSERT INTO t SELECT id FROM s', '', 'p.sql', 2),
                   ('public.t', 'rows', 1, 'public', 't', NULL, 'acme, public', 'INSERT INTO public.t SELECT id FROM s', '', 'p.sql', 3),
                   ('v1.load', 'rows', 1, 'acme', 't', NULL, 'acme, public', 'INSERT INTO gone SELECT id FROM s', '', 'p.sql', 4);
            INSERT INTO tidewheel.objects (object, kind, text, fingerprint, file, line)
            VALUES ('TABLE t', 'CREATE TABLE', '', '', 'p.sql', 5), ('TABLE public.t', 'CREATE TABLE', '', '', 'p.sql', 6),
                   ('FUNCTION f(integer)', 'CREATE FUNCTION', '', '', 'q.sql', 1))");
        old.commit();
    }
    {
        Transaction now(connection);
        tidewheel::catalogue::migrate(now);
        tidewheel::catalogue::resolve_missing(now);
        now.commit();
    }
    const auto all = [&](const std::string& query) {
        return connection.query("SELECT string_agg(x, '; ' ORDER BY x) FROM (" + query + ") q(x)")
            .at(0)
            .text(0);
    };
    CHECK(all("SELECT name FROM tidewheel.statements") == "acme.\"v1.load\"; acme.t; t");
    CHECK(all("SELECT object FROM tidewheel.objects") ==
          "FUNCTION f(integer); TABLE acme.t; TABLE t");
    CHECK(all("SELECT name || ': ' || resolved FROM tidewheel.statements") ==
          "acme.t: INSERT INTO acme.t SELECT s.id FROM acme.s; t: INSERT INTO public.t SELECT s.id "
          "FROM acme.s");
    const auto catalogue = tidewheel::catalogue::load_catalogue(connection);
    CHECK(catalogue.find_given("load") == nullptr);
    CHECK(catalogue.find_given("v1.load")->resolution.text.empty());
    CHECK(catalogue.find_given("public.t")->statement.stream ==
          tidewheel::sql::RelationName{"acme", "s"});
}

TEST_CASE("programs that migrate at the same time do it once") {
    TemporaryDatabase database;
    std::vector<std::future<void>> programs;
    for (int program = 0; program < 4; ++program)
        programs.push_back(std::async(std::launch::async, [&] { migrate(database.url()); }));
    for (auto& program : programs)
        CHECK_NOTHROW(program.get());
    Connection connection(database.url());
    CHECK(connection.query("SELECT max(version) FROM tidewheel.migrations").front().integer(0) ==
          migration_version());
}

TEST_CASE("a rolled back migration leaves nothing behind") {
    TemporaryDatabase database;
    Connection connection(database.url());
    {
        Transaction transaction(connection);
        tidewheel::catalogue::migrate(transaction);
    }
    CHECK(connection.query("SELECT to_regnamespace('tidewheel')").front().is_null(0));
}

TEST_CASE("a catalogue of a newer program is refused") {
    TemporaryDatabase database;
    migrate(database.url());
    Connection connection(database.url());
    connection.query("INSERT INTO tidewheel.migrations VALUES ($1, 'of the future')",
                     {std::to_string(migration_version() + 1)});
    try {
        migrate(database.url());
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == Error::Kind::refused);
        CHECK_FALSE(error.hint().empty());
    }
}

TEST_CASE("a role that may not create schemas can still run an applied catalogue's migration") {
    TemporaryDatabase database;
    migrate(database.url());
    Connection connection(database.url());
    const std::string role = tidewheel::testing::unique("plain");
    connection.query("CREATE ROLE " + role);
    connection.query("GRANT USAGE ON SCHEMA tidewheel TO " + role);
    connection.query("GRANT SELECT ON ALL TABLES IN SCHEMA tidewheel TO " + role);
    connection.query("SET ROLE " + role);
    {
        Transaction transaction(connection);
        CHECK_NOTHROW(tidewheel::catalogue::migrate(transaction));
    }
    connection.query("RESET ROLE");
    connection.query("DROP OWNED BY " + role);
    connection.query("DROP ROLE " + role);
}

TEST_CASE(
    "the windows view waits for partitions that have not begun and forgets those that are idle") {
    TemporaryDatabase database;
    migrate(database.url());
    Connection connection(database.url());
    Transaction transaction(connection);
    transaction.run(R"(
        INSERT INTO tidewheel.streams (schema_name, name, topic, partitions, is_foreign, text, fingerprint, file, line)
        VALUES ('public', 's', 't', 3, false, '', '', '', 1);
        INSERT INTO tidewheel.statements (name, kind, stream_id, target_schema, target_name, state_table, search_path,
                                          text, fingerprint, file, line)
        VALUES ('v', 'view', 1, 'public', 'v', 'public.v_state', 'public', '', '', '', 1);
        INSERT INTO tidewheel.progress (statement_id, topic, partition, next_offset, end_offset, watermark, committed_at, seen_at)
        VALUES (1, 't', 0, 10, 10, '2025-01-01 12:00Z', now(), now()), (1, 't', 1, 5, 9, '2025-01-01 11:00Z', now(), now()),
               (1, 't', 2, NULL, NULL, NULL, NULL, NULL))");
    const auto complete = [&] {
        return transaction
            .query("SELECT DISTINCT complete_until FROM tidewheel.windows WHERE view = 'v'")
            .front()
            .text_or(0, "unknown");
    };
    CHECK(complete() == "unknown");  // partition 2 has not begun
    transaction.run(
        "UPDATE tidewheel.progress SET next_offset = 0, end_offset = 0, seen_at = now(), "
        "claimed_at = now() - interval '2 min'"
        " WHERE partition = 2");
    CHECK(complete() == "2025-01-01 11:00:00+00");  // the slowest of those that are read
    transaction.run(
        "UPDATE tidewheel.progress SET next_offset = 9, committed_at = now() - interval '2 min'"
        " WHERE partition = 1");
    // Partition 1 has been read to its end and is silent.
    CHECK(complete() == "2025-01-01 12:00:00+00");
    transaction.run(
        "UPDATE tidewheel.progress SET seen_at = now() - interval '1 min' WHERE partition = 1");
    CHECK(complete() == "2025-01-01 11:00:00+00");  // …or its owner is gone
    transaction.run("UPDATE tidewheel.progress SET seen_at = now() WHERE partition = 1");
    transaction.run("UPDATE tidewheel.progress SET committed_at = now() - interval '2 min'");
    CHECK(complete() == "2025-01-01 12:00:00+00");  // all idle: the furthest
}
