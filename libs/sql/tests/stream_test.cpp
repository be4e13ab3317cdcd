#include "parse.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::sql;
using namespace tidewheel::sql::test;
using Catch::Matchers::ContainsSubstring;

namespace {

Stream stream_of(const std::string& columns, const std::string& options = "topic 'x'") {
    return last_as<Stream>("CREATE FOREIGN TABLE s (" + columns + ") SERVER kafka OPTIONS (" +
                           options + ")");
}

std::string refusal_of(const std::string& columns, const std::string& options = "topic 'x'") {
    return error_of("CREATE FOREIGN TABLE s (" + columns + ") SERVER kafka OPTIONS (" + options +
                    ")");
}

}  // namespace

TEST_CASE("A stream has a topic, columns, checks and routes") {
    const Stream stream = stream_of(
        "id uuid NOT NULL, kind text CHECK (kind <> ''), price numeric(10,2) DEFAULT 0, CHECK "
        "(price > 0), CONSTRAINT named CHECK (kind <> 'x')",
        "topic 'my-topic', partitions '4', replication '3', format 'json', route 'kind', route_a "
        "'0, 2', \"route_B c\" '1'");
    CHECK(stream.topic == "my-topic");
    CHECK(stream.partitions == 4);
    CHECK(stream.replication == 3);
    REQUIRE(stream.columns.size() == 3);
    CHECK(stream.columns[0].not_null);
    CHECK(stream.columns[2].type == "numeric(10, 2)");
    CHECK(stream.columns[2].fallback == "0");
    REQUIRE(stream.checks.size() == 3);
    CHECK(stream.checks[0].name == "s_kind_check");
    CHECK(stream.checks[0].column == "kind");
    CHECK(stream.checks[1].name == "s_price_check");
    CHECK(stream.checks[1].column.empty());
    CHECK(stream.checks[2].name == "named");
    REQUIRE(stream.rules.size() == 2);
    CHECK(stream.rules[0].partitions == std::vector<int>{0, 2});
    CHECK(stream.rules[1].value == "B c");
}

TEST_CASE("Checks without a name get the one that PostgreSQL would choose") {
    const Stream stream =
        stream_of("a int CHECK (a > 0) CHECK (a < 9), b int, CHECK (a < b), CHECK (a > b)");
    REQUIRE(stream.checks.size() == 4);
    CHECK(stream.checks[0].name == "s_a_check");
    CHECK(stream.checks[1].name == "s_a_check1");
    CHECK(stream.checks[2].name == "s_check");
    CHECK(stream.checks[3].name == "s_check1");
}

TEST_CASE("A column says where its value comes from") {
    const Stream stream = stream_of(
        "a text, b text OPTIONS (json 'Region'), c text OPTIONS (path 'customer.id'), d text "
        "OPTIONS (json "
        "'dotted\\.name'), e int OPTIONS (\"partition\" 'true'), f bigint OPTIONS (\"offset\" "
        "'true'), g "
        "timestamptz OPTIONS (timestamp 'true'), h text OPTIONS (key 'true'), i text OPTIONS "
        "(header 'source'), j int OPTIONS (key 'false')");
    using Path = std::vector<std::string>;
    CHECK(stream.columns[0].path == Path{"a"});
    CHECK(stream.columns[1].path == Path{"Region"});
    CHECK(stream.columns[2].path == Path{"customer", "id"});
    CHECK(stream.columns[3].path == Path{"dotted.name"});
    CHECK(stream.columns[4].source == engine::ColumnOrigin::partition);
    CHECK(stream.columns[5].source == engine::ColumnOrigin::offset);
    CHECK(stream.columns[6].source == engine::ColumnOrigin::timestamp);
    CHECK(stream.columns[7].source == engine::ColumnOrigin::key);
    CHECK(stream.columns[8].source == engine::ColumnOrigin::header);
    CHECK(stream.columns[8].header == "source");
    CHECK(stream.columns[9].source == engine::ColumnOrigin::field);
}

TEST_CASE("A column may be a number of units since 1970, wherever its text comes from") {
    const Stream stream = stream_of(
        "a timestamptz OPTIONS (epoch 'ms'), b timestamp OPTIONS (json 'x.y', epoch 's'), c date "
        "OPTIONS (epoch 'us', header 'h'), d timestamptz OPTIONS (key 'true', epoch 'ns'), e "
        "timestamptz",
        "topic 'x', event_time 'a'");
    CHECK(stream.columns[0].epoch == engine::EpochUnit::millisecond);
    CHECK(stream.columns[0].path == std::vector<std::string>{"a"});
    CHECK(stream.columns[1].epoch == engine::EpochUnit::second);
    CHECK(stream.columns[1].path == std::vector<std::string>{"x", "y"});
    CHECK(stream.columns[2].epoch == engine::EpochUnit::microsecond);
    CHECK(stream.columns[2].header == "h");
    CHECK(stream.columns[3].epoch == engine::EpochUnit::nanosecond);
    CHECK_FALSE(stream.columns[4].epoch);
}

TEST_CASE("A stream parks tombstones unless it ignores them") {
    CHECK_FALSE(stream_of("a int").ignores_tombstones);
    CHECK(stream_of("a int", "topic 'x', tombstones 'ignore'").ignores_tombstones);
}

TEST_CASE("A column says which records are tombstones, unless these are ignored") {
    const std::string columns =
        "id int OPTIONS (key 'true'), gone boolean OPTIONS (tombstone 'true')";
    CHECK(stream_of(columns).columns[1].source == engine::ColumnOrigin::tombstone);
    CHECK_THAT(refusal_of(columns, "topic 'x', tombstones 'ignore'"),
               ContainsSubstring("stream s ignores tombstones, but its column gone"));
}

TEST_CASE("A column may be a field of the key") {
    const Stream stream =
        stream_of("id int OPTIONS (key 'true', json 'a.b'), raw text OPTIONS (key 'true')");
    CHECK(stream.columns[0].source == engine::ColumnOrigin::key);
    CHECK(stream.columns[0].path == std::vector<std::string>{"a", "b"});
    CHECK(stream.columns[1].path.empty());
    CHECK_THAT(refusal_of("a int OPTIONS (key 'true', json 'x', header 'y')"),
               ContainsSubstring("column a has more than one source"));
    CHECK_THAT(refusal_of("a text OPTIONS (json 'x', header 'y')"),
               ContainsSubstring("column a has more than one source"));
    CHECK_THAT(refusal_of("a int OPTIONS (key 'true', json 'x')", "topic 'x', format 'bytes'"),
               ContainsSubstring("column a is a field, but records of the format bytes have no"));
}

TEST_CASE("Without a wrapper a stream is an ordinary table of the same shape") {
    const Stream stream =
        stream_of("a int OPTIONS (json 'A') NOT NULL DEFAULT 1 CHECK (a > 0), CHECK (a < 9)");
    CHECK(stream.as_ordinary_table ==
          "CREATE TABLE s (a int NOT NULL DEFAULT 1 CHECK (a > 0), CHECK (a < 9))");
    CHECK(stream.as_foreign_table ==
          "CREATE FOREIGN TABLE s (a int OPTIONS (json 'A') NOT NULL DEFAULT 1 CHECK (a > 0), "
          "CHECK (a < 9)) SERVER kafka OPTIONS (topic 'x')");
}

TEST_CASE("A stream's options are checked by name and value") {
    struct Case {
        std::string options, said;
    };
    const std::vector<Case> cases = {
        {"partitions '4'", "stream s names no topic"},
        {"topic 'x', partitons '4'", "unknown stream option partitons"},
        {"topic 'x', partitons '4'", "Did you mean partitions?"},
        {"topic 'x', colour '4'", "The options are topic, partitions"},
        {"topic 'x', topic 'y'", "option topic is given twice"},
        {"topic 'a b'", "'a b' can't be the name of a topic"},
        {"topic ''", "'' can't be the name of a topic"},
        {"topic 'x', partitions 'four'", "partitions 'four' is not a number"},
        {"topic 'x', partitions '0'", "partitions '0' is not a number from 1"},
        {"topic 'x', partitions '99999999999'", "partitions '99999999999' is not a number"},
        {"topic 'x', replication '-1'", "replication '-1' is not a number"},
        {"topic 'x', format 'thrift'", "format 'thrift' is not supported"},
        {"topic 'x', format 'avro'", "format avro, but neither registry nor schema"},
        {"topic 'x', format 'avro', registry 'http://r', schema 'a'", "a registry and a schema"},
        {"topic 'x', format 'avro', registry 'wss://r'", "is not a URL of http or https"},
        {"topic 'x', format 'avro', registry 'http://me:x@r'", "holds a user or password"},
        {"topic 'x', format 'avro', schema ''", "schema is empty"},
        {"topic 'x', registry 'http://r'", "a registry or a schema, and the format json"},
        {"topic 'x', format 'avro', schema 'a', ingress '/a'", "ingress, which takes JSON"},
        {"topic 'x', format 'avro', schema 'a', source 'https://x/'", "and the format avro"},
        {"topic 'x', tombstones 'drop'", "tombstones 'drop' is not supported"},
        {"topic 'x', tombstones ''", "The only value is ignore."},
        {"topic 'x', tombstone 'ignore'", "Did you mean tombstones?"},
        {"topic 'x', event_time 'tz'", "event_time 'tz' is not a column of s"},
        {"topic 'x', route 'knd', route_a '0'", "Did you mean kind?"},
        {"topic 'x', route_a '0'", "route_a without the option route"},
        {"topic 'x', route 'kind'", "has a route without any rule"},
        {"topic 'x', partitions '2', route 'kind', route_a '2'", "partition 2, but s has 2"},
        {"topic 'x', partitions '2', route 'kind', route_a '-1'", "partition -1, but s has 2"},
        {"topic 'x', partitions '2', route 'kind', route_a '1,1'", "names partition 1 twice"},
        {"topic 'x', partitions '2', route 'kind', route_a 'one'", "'one' is not a partition"},
        {"topic 'x', key 'knd'", "key 'knd' is not a column of s"},
        {"topic 'x', changes_of 't'", "changes_of 't' is not a table with its schema"},
        {"topic 'x', changes_of 'a.b.c'", "changes_of 'a.b.c' is not a table with its schema"},
        {"topic 'x', changes_of '.t'", "changes_of '.t' is not a table with its schema"},
        {"topic 'x', changes_of 'public.t', key 'a'", "both changes_of and key"},
        {"topic 'x', changes_of 'public.t', ingress '/t'", "both changes_of and ingress"},
        {"topic 'x', changes_of 'public.t', format 'bytes'", "changes_of, which writes JSON"},
        {"topic 'x', ingress 'products'", "ingress 'products' is not a path"},
        {"topic 'x', ingress '/'", "ingress '/' is not a path"},
        {"topic 'x', ingress '/a/'", "ingress '/a/' is not a path"},
        {"topic 'x', ingress '/a//b'", "ingress '/a//b' is not a path"},
        {"topic 'x', ingress '/a/../b'", "ingress '/a/../b' is not a path"},
        {"topic 'x', ingress '/a?b'", "ingress '/a?b' is not a path"},
        {"topic 'x', ingress '/openapi.json'", "is a page of the service"},
        {"topic 'x', ingress '/a', ingress_tokens 'secret'", "not a list of SHA-256 hashes"},
        {"topic 'x', ingress_tokens '" + std::string(64, 'a') + "'", "without the option ingress"},
        {"topic 'x', ingress '/a', ingress_secrets '../till'", "not a list of names"},
        {"topic 'x', ingress '/a', ingress_secrets ''", "not a list of names"},
        {"topic 'x', ingress_secrets 'till'", "ingress_secrets without the option ingress"},
        {"topic 'x', source 'ftp://x/'", "source is not a URL"},
        {"topic 'x', source 'wss://a b/'", "source is not a URL"},
        {"topic 'x', source 'https://me:secret@x/'", "holds a user or password"},
        {"topic 'x', source 'https://x/', source_interval '5 parsecs'", "is not an interval"},
        {"topic 'x', source 'https://x/', source_interval '500 ms'", "is not from 1 second"},
        {"topic 'x', source 'https://x/', source_interval '400 days'", "is not from 1 second"},
        {"topic 'x', source 'https://x/', source_path 'a..b'", "is not a field or a path"},
        {"topic 'x', source 'https://x/', source_message 'hi'", "is polled, and has a source_mes"},
        {"topic 'x', source 'wss://x/', source_path 'a'", "reads a websocket, and has a source_pa"},
        {"topic 'x', source 'wss://x/', source_interval '5'", "websocket, and has a source_inter"},
        {"topic 'x', source 'wss://x/', source_message ''", "source_message is empty"},
        {"topic 'x', source_message 'hi'", "source_message without the option source"},
        {"topic 'x', source 'wss://x/', ingress '/a'", "has an ingress and a source"},
        {"topic 'x', source 'wss://x/', route 'kind', route_a '0'", "has a source and a route"},
    };
    for (const auto& each : cases) {
        INFO(each.options);
        CHECK_THAT(refusal_of("kind text", each.options), ContainsSubstring(each.said));
    }
}

TEST_CASE("What a topic can't promise is refused by name") {
    struct Case {
        std::string columns, said;
    };
    const std::vector<Case> cases = {
        {"id int PRIMARY KEY", "PRIMARY KEY is not supported in a stream"},
        {"id int, PRIMARY KEY (id)", "PRIMARY KEY is not supported in a stream"},
        {"id int UNIQUE", "UNIQUE is not supported in a stream"},
        {"id int REFERENCES t", "REFERENCES is not supported in a stream"},
        {"a int, b int GENERATED ALWAYS AS (a) STORED", "GENERATED ALWAYS AS"},
        {"id int GENERATED ALWAYS AS IDENTITY", "GENERATED AS IDENTITY"},
        {"id serial", "a stream can't number its records"},
        {"id int, id text", "column id is specified twice"},
        {"tidewheel_seq int", "is reserved for a column of Tidewheel's own"},
        {"id int OPTIONS (jsn 'x')", "unknown column option jsn"},
        {"id int OPTIONS (jsn 'x')", "Did you mean json?"},
        {"id int OPTIONS (json 'a..b')", "is not a field or a path"},
        {"id int OPTIONS (key 'yes')", "key is 'yes'"},
        {"id int OPTIONS (header '')", "header names no header"},
        {"at timestamptz OPTIONS (epoch 'm')", "epoch 'm' is not a unit of time"},
        {"at timestamptz OPTIONS (epoch '')", "The units are s, ms, us and ns."},
        {"at timestamptz OPTIONS (epoc 'ms')", "Did you mean epoch?"},
        {"at timestamptz OPTIONS (epoch 'ms', epoch 's')", "option epoch is given twice"},
        {"at timestamptz OPTIONS (timestamp 'true', epoch 'ms')", "takes no number from the"},
        {"id int OPTIONS (json 'a', epoch 'ms', timestamp 'true')", "more than one source"},
        {"id int OPTIONS (json 'a', timestamp 'true')", "more than one source"},
        {"id int OPTIONS (json 'a', json 'b')", "option json is given twice"},
        {"id uuid DEFAULT gen_random_uuid()", "gen_random_uuid() is volatile"},
        {"at timestamptz DEFAULT now()", "as the DEFAULT of a stream's column"},
        {"at timestamptz CHECK (at < now())", "in a CHECK of a stream"},
        {"LIKE t", "LIKE is not supported in a stream"},
        {"", "has no columns"},
    };
    for (const auto& each : cases) {
        INFO(each.columns);
        CHECK_THAT(refusal_of(each.columns), ContainsSubstring(each.said));
    }
    CHECK_THAT(error_of("CREATE FOREIGN TABLE s (a int) SERVER elsewhere OPTIONS (topic 'x')"),
               ContainsSubstring("SERVER elsewhere is not supported"));
    CHECK_THAT(
        error_of("CREATE FOREIGN TABLE IF NOT EXISTS s (a int) SERVER kafka OPTIONS (topic 'x')"),
        ContainsSubstring("IF NOT EXISTS is not supported"));
}

TEST_CASE("A stream of changes names its table as SQL does, and ignores tombstones") {
    const Stream stream = stream_of("op text", "topic 'x', changes_of 'Shop.\"Old.Products\"'");
    CHECK(stream.changes_of == RelationName{"shop", "Old.Products"});
    CHECK(stream.ignores_tombstones);
    CHECK_FALSE(stream_of("op text").changes_of);
}

TEST_CASE("A stream with an ingress has its path, the hashes of its tokens and its key") {
    const std::string hash(64, 'a'), other(64, 'b');
    const auto pipeline = parse_pipeline(
        "CREATE FOREIGN TABLE s (id text) SERVER kafka OPTIONS (topic 'x', ingress '/shop/a.b-c', "
        "key 'id', ingress_tokens '" +
            hash + ", " + other + "', ingress_secrets 'till-2, till-1')",
        "p.sql");
    const auto& stream = std::get<Stream>(pipeline.statements.front().body);
    CHECK(stream.ingress == "/shop/a.b-c");
    CHECK(stream.key == "id");
    CHECK(stream.ingress_tokens == std::vector{hash, other});
    CHECK(stream.ingress_secrets == std::vector<std::string>{"till-2", "till-1"});
}

TEST_CASE("A stream with a source says from where, and how often, its records come") {
    const auto source = [](const std::string& options) {
        const auto pipeline = parse_pipeline(
            "CREATE FOREIGN TABLE s (id text) SERVER kafka OPTIONS (topic 'x', " + options + ")",
            "p.sql");
        return std::get<Stream>(pipeline.statements.front().body).source;
    };
    const auto trades = source("source 'wss://ws.example.com/trades', source_message '{\"a\":1}'");
    CHECK(trades.url == "wss://ws.example.com/trades");
    CHECK(trades.is_websocket);
    CHECK(trades.message == "{\"a\":1}");
    const auto assets = source(
        "source 'https://api.example.com/v2/assets', source_path 'result.da\\.ta', "
        "source_interval '1 hour 30 min'");
    CHECK_FALSE(assets.is_websocket);
    CHECK(assets.path == std::vector<std::string>{"result", "da.ta"});
    CHECK(assets.interval == std::chrono::minutes(90));
    CHECK(source("source 'http://x'").interval.count() == 0);
}

TEST_CASE("A topic may be that of another stream, too") {
    CHECK(error_of("CREATE FOREIGN TABLE s (a int) SERVER kafka OPTIONS (topic 'events')") == "");
}

TEST_CASE("A stream with a syntax error doesn't make the statements that read it wrong") {
    const std::string broken =
        "CREATE FOREIGN TABLE \"S\" /* ( */ (a int NOT NULL OPTIONS (json 'x')) SERVER kafka "
        "OPTIONS (topic 'x');\nINSERT INTO t SELECT a FROM \"S\";\nCREATE MATERIALIZED VIEW v AS "
        "SELECT a, count(*) FROM \"S\" GROUP BY a";
    try {
        parse_pipeline(broken, "p.sql");
        FAIL("refused by nobody");
    } catch (const PipelineError& error) {
        REQUIRE(error.diagnostics().size() == 1);
        CHECK_THAT(error.diagnostics()[0].what, ContainsSubstring("OPTIONS"));
        CHECK(error.diagnostics()[0].hint ==
              "A column's OPTIONS come before NOT NULL, CHECK and DEFAULT.");
    }
}

TEST_CASE("A syntax error elsewhere gets no hint about OPTIONS") {
    CHECK_THAT(error_of("CREATE FOREIGN TABLE s (a int) SERVER kafka OPTIONS OPTIONS (topic 'x')"),
               ContainsSubstring("syntax error") && !ContainsSubstring("come before"));
}
