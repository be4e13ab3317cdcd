// Records of Avro as Confluent's own serializer writes them, with a real registry.
#include <filesystem>

#include "site.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/proxy.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string every_type =
    R"({"type": "record", "name": "Every", "namespace": "shop", "fields": [)"
    R"({"name": "id", "type": "int"}, {"name": "b", "type": "boolean"}, {"name": "l", "type": "long"},)"
    R"({"name": "f", "type": "float"}, {"name": "d", "type": "double"}, {"name": "s", "type": "string"},)"
    R"({"name": "y", "type": "bytes"}, {"name": "x", "type": {"type": "fixed", "name": "Four", "size": 4}},)"
    R"({"name": "e", "type": {"type": "enum", "name": "Suit", "symbols": ["HEARTS", "SPADES"]}},)"
    R"({"name": "n", "type": {"type": "bytes", "logicalType": "decimal", "precision": 40, "scale": 3}},)"
    R"({"name": "u", "type": {"type": "string", "logicalType": "uuid"}},)"
    R"({"name": "da", "type": {"type": "int", "logicalType": "date"}},)"
    R"({"name": "tm", "type": {"type": "int", "logicalType": "time-millis"}},)"
    R"({"name": "tu", "type": {"type": "long", "logicalType": "time-micros"}},)"
    R"({"name": "ts", "type": {"type": "long", "logicalType": "timestamp-millis"}},)"
    R"({"name": "tsu", "type": {"type": "long", "logicalType": "timestamp-micros"}},)"
    R"({"name": "lt", "type": {"type": "long", "logicalType": "local-timestamp-micros"}},)"
    R"({"name": "ms", "type": "long"},)"
    R"({"name": "o", "type": ["null", "string"], "default": null},)"
    R"({"name": "a", "type": {"type": "array", "items": "int"}},)"
    R"({"name": "m", "type": {"type": "map", "values": ["null", "double"]}},)"
    R"({"name": "r", "type": {"type": "record", "name": "Customer", "fields": [)"
    R"({"name": "id", "type": "long"}, {"name": "suit", "type": "Suit"}, {"name": "twin", "type": ["null", "Customer"]}]}}]})";

// `columns` of the next record is a Python literal.
std::string every_record(int id, const std::string& money, const std::string& maybe) {
    return "record dict(id=" + std::to_string(id) +
           ", b=True, l=5000000000, f=0.1, d=2.5, s='Zoë \"q\"', y=b'\\x00\\xff', x=b'abcd', "
           "e='SPADES', n=Decimal('" +
           money +
           "'), u=UUID('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), da=date(2024, 5, 6), "
           "tm=time(7, 8, 9, 123000), tu=time(7, 8, 9, 123456), ts=datetime(2024, 5, 6, 7, 8, 9, "
           "123000, tzinfo=utc), tsu=datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=utc), "
           "lt=datetime(2024, 5, 6, 7, 8, 9), ms=1714979289123, o=" +
           maybe +
           ", a=[1, -2], m={'k': 1.5, 'z': None}, r=dict(id=9, suit='HEARTS', twin=dict(id=10, "
           "suit='SPADES', twin=None)))";
}

std::string every_pipeline(const std::string& options) {
    return R"(
CREATE FOREIGN TABLE every (
    id integer NOT NULL, b boolean, l bigint, f real, d double precision, s text, y bytea, x bytea, e text, n numeric(40,3), u uuid,
    da date, tm time, tu time, ts timestamptz, tsu timestamptz, lt timestamp, ms timestamptz OPTIONS (epoch 'ms'), o text, a integer[],
    m jsonb, r jsonb, twin bigint OPTIONS (json 'r.twin.id'), suit text OPTIONS (json 'r.suit'), l_text text OPTIONS (json 'l'),
    n_text text OPTIONS (json 'n'), ts_local timestamp OPTIONS (json 'ts'), f_double double precision OPTIONS (json 'f'),
    missing text DEFAULT 'none' CHECK (missing <> 'x')
) SERVER kafka OPTIONS (topic '{topic}', format 'avro', )" +
           options + R"(, event_time 'ts');
CREATE TABLE kept (LIKE every);
INSERT INTO kept SELECT * FROM every;
CREATE MATERIALIZED VIEW by_suit AS SELECT suit, count(*) AS records, sum(n) AS total FROM every GROUP BY suit;
)";
}

const std::string expected_row =
    "(1,t,5000000000,0.1,2.5,\"Zoë \"\"q\"\"\",\"\\\\x00ff\",\"\\\\x61626364\",SPADES,-12.340,"
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,2024-05-06,07:08:09.123,07:08:09.123456,"
    "\"2024-05-06 07:08:09.123+00\",\"1969-12-31 23:59:59.999999+00\",\"2024-05-06 "
    "07:08:09\",\"2024-05-06 07:08:09.123+00\",,\"{1,-2}\",\"{\"\"k\"\": 1.5, \"\"z\"\": "
    "null}\",\"{\"\"id\"\": 9, \"\"suit\"\": \"\"HEARTS\"\", \"\"twin\"\": {\"\"id\"\": 10, "
    "\"\"suit\"\": \"\"SPADES\"\", \"\"twin\"\": null}}\",10,HEARTS,5000000000,-12.340,"
    "\"2024-05-06 07:08:09.123\",0.10000000149011612,none)";

std::string rows(const Deployment& site, const std::string& sql) {
    std::string text;
    for (const auto& row : site.query(sql))
        text += (text.empty() ? "" : "; ") + row.text_or(0, "NULL");
    return text;
}

void check_every_type(const Deployment& site) {
    site.query("SET timezone = 'UTC'");
    CHECK(rows(site, "SELECT k::text FROM kept k WHERE id = 1") == expected_row);
    CHECK(rows(site, "SELECT n || ' ' || o FROM kept WHERE id = 2") ==
          "1234567890123456789012345678901234567.890 given");
    CHECK(rows(site, "SELECT suit || ' ' || records FROM by_suit") == "HEARTS 2");
    const Finished verified = site.tidewheel({"verify"});
    INFO(verified.output << verified.errors);
    CHECK(verified.status == 0);
}

struct Services {
    explicit Services(const Deployment& site)
        : worker(site.start("tidewheel-worker")), aggregator(site.start("tidewheel-aggregator")) {}
    std::unique_ptr<Process> worker, aggregator;
};

std::string orders(const std::string& fields) {
    return R"(schema {"type": "record", "name": "Order", "fields": [)" + fields + "]}";
}

void orders_change_in_mid_stream(const RegistryServer& registry) {
    const Deployment site;
    REQUIRE(
        site.apply("CREATE FOREIGN TABLE orders (id bigint NOT NULL, qty integer NOT NULL, note "
                   "text DEFAULT 'none') SERVER kafka OPTIONS (topic '{topic}', format 'avro', "
                   "registry '" +
                   registry.url() +
                   "');\nCREATE TABLE kept (id bigint, qty integer, note text);\nINSERT INTO "
                   "kept SELECT id, qty, note FROM orders;\n")
            .status == 0);
    const Services services(site);
    produce(
        site, registry.url(),
        {orders(R"({"name": "id", "type": "int"}, {"name": "qty", "type": "int"})"),
         "record dict(id=1, qty=2)",
         // Compatible: a wider type, another order, a new field, one that may be null.
         orders(
             R"({"name": "note", "type": ["null", "string"]}, {"name": "extra", "type": "double"},)"
             R"({"name": "qty", "type": "long"}, {"name": "id", "type": "long"})"),
         "record dict(id=2, qty=3, note='n', extra=1.5)",
         "record dict(id=3, qty=4, note=None, extra=1.5)",
         "record dict(id=4, qty=5000000000, note=None, extra=1.5)",
         // Incompatible: qty is a word, then it is gone.
         orders(R"({"name": "id", "type": "long"}, {"name": "qty", "type": "string"})"),
         "record dict(id=5, qty='many')", orders(R"({"name": "id", "type": "long"})"),
         "record dict(id=6)", "bytes 7b7d", "bytes 0000bc614e00", "bytes 0000"});
    site.arrive();
    CHECK(rows(site,
               "SELECT concat_ws(' ', id, qty, coalesce(note, 'NULL')) FROM kept ORDER BY "
               "id") == "1 2 none; 2 3 n; 3 4 NULL");
    const std::string parked =
        "SELECT concat_ws(' ', reason, column_name) FROM tidewheel.dead_letters ORDER BY "
        "\"offset\"";
    CHECK(rows(site, parked) ==
          "out_of_range qty; wrong_type qty; missing_field qty; not_avro; "
          "unknown_schema; not_avro");
    CHECK(rows(site,
               "SELECT detail FROM tidewheel.dead_letters WHERE reason = "
               "'unknown_schema'") == "the registry has no schema with the id 12345678");
    const std::string payload_of_unknown =
        "SELECT payload FROM tidewheel.dead_letters WHERE reason = 'unknown_schema'";
    CHECK(rows(site, payload_of_unknown) == "\\x0000bc614e00");
    site.must({"verify"});

    // What is parked is what was sent: with another type it is read.
    const Finished changed = site.apply(
        "CREATE FOREIGN TABLE orders (id bigint NOT NULL, qty text NOT NULL, note text DEFAULT "
        "'none') SERVER kafka OPTIONS (topic '{topic}', format 'avro', registry '" +
        registry.url() +
        "');\nCREATE TABLE kept (id bigint, qty integer, note text);\nINSERT INTO kept SELECT id, "
        "length(qty), note FROM orders;\n");
    INFO(changed.output << changed.errors);
    REQUIRE(changed.status == 0);
    CHECK_THAT(site.tidewheel({"dlq", "redrive", "--yes"}).output, ContainsSubstring("stored: 2;"));
    CHECK(rows(site, "SELECT concat_ws(' ', id, qty) FROM kept WHERE id > 3 ORDER BY id") ==
          "4 10; 5 4");
    CHECK(rows(site, parked) == "missing_field qty; not_avro; unknown_schema; not_avro");
    CHECK(rows(site, payload_of_unknown) == "\\x0000bc614e00");
}

void registry_is_away(const RegistryServer& registry) {
    Proxy proxy(registry.address());
    const Deployment site;
    REQUIRE(
        site.apply("CREATE FOREIGN TABLE orders (id bigint NOT NULL) SERVER kafka OPTIONS (topic "
                   "'{topic}', format 'avro', registry '" +
                   registry.url_at(proxy.address()) +
                   "');\nCREATE TABLE kept (id bigint);\nINSERT INTO kept SELECT id FROM "
                   "orders;\n")
            .status == 0);
    proxy.refuse();
    auto worker = site.start("tidewheel-worker");
    produce(
        site, registry.url(),
        {orders(R"({"name": "id", "type": "long"})"), "record dict(id=1)", "record dict(id=2)"});
    eventually("the log says why nothing is stored",
               [&] { return worker->errors().find("schema registry") != std::string::npos; });
    CHECK(site.value("SELECT count(*) FROM kept") == "0");
    CHECK(site.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
    proxy.heal();
    site.arrive();
    CHECK(site.value("SELECT count(*) FROM kept") == "2");
    // What it knows it needs no registry for.
    proxy.refuse();
    produce(site, registry.url(),
            {orders(R"({"name": "id", "type": "long"})"), "record dict(id=3)"});
    site.arrive();
    CHECK(site.value("SELECT count(*) FROM kept") == "3");
    CHECK(site.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
}

}  // namespace

TEST_CASE("records with the id of their schema, of every type, changed and bad ones") {
    const RegistryServer registry;
    {
        const Deployment site;
        const Finished applied = site.apply(every_pipeline("registry '" + registry.url() + "/'"));
        INFO(applied.output << applied.errors);
        REQUIRE(applied.status == 0);
        const Services services(site);
        produce(site, registry.url(),
                {"schema " + every_type, every_record(1, "-12.340", "None"),
                 every_record(2, "1234567890123456789012345678901234567.89", "'given'")});
        site.arrive();
        check_every_type(site);
    }
    orders_change_in_mid_stream(registry);
    registry_is_away(registry);
}

TEST_CASE("records without framing are written with the schema of a file") {
    const Deployment site;
    const std::string pipeline = site.file(every_pipeline("schema '{topic}.avsc'"));
    const auto schema = std::filesystem::path(pipeline).parent_path() / (site.topic() + ".avsc");
    std::ofstream(schema) << every_type;
    site.must({"init"});
    site.must({"apply", pipeline});
    const Services services(site);
    produce(site, "none",
            {"schema " + every_type, every_record(1, "-12.340", "None"),
             every_record(2, "1234567890123456789012345678901234567.89", "'given'"), "bytes 02"});
    site.arrive();
    check_every_type(site);
    CHECK(rows(site, "SELECT reason FROM tidewheel.dead_letters") == "not_avro");
    site.must({"plan", pipeline});
    std::ofstream(schema) << "{}";
    CHECK_THAT(site.tidewheel({"plan", pipeline}).errors, ContainsSubstring("can't be used"));
    std::filesystem::remove(schema);
    CHECK_THAT(site.tidewheel({"plan", pipeline}).errors,
               ContainsSubstring("can't read the schema"));
}
