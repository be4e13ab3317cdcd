// Upserts and rows whose target judges them, in the service itself and in PostgreSQL alike: what is
// stored, how many rows that took, and what is refused.
#include <algorithm>
#include <random>

#include "native_batches.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

namespace {

const std::string stream =
    "CREATE FOREIGN TABLE moves (sku integer, shop text, qty integer, note text) SERVER kafka "
    "OPTIONS (topic '{topic}', partitions '1');\n";

struct Target {
    std::string table, insert;
    bool may_decline = false;  // some batches have values that the engine leaves to PostgreSQL
};

const std::vector<Target> targets = {
    {"CREATE TABLE kept (sku integer PRIMARY KEY, qty integer, note text)",
     "SELECT sku, qty, note FROM moves WHERE sku IS NOT NULL ON CONFLICT (sku) DO UPDATE SET qty = "
     "excluded.qty, note = excluded.note"},
    {"CREATE TABLE kept (sku integer, shop text, qty integer, note text, PRIMARY KEY (shop, sku))",
     "SELECT sku, shop, qty, note FROM moves WHERE sku > 0 AND shop IS NOT NULL ON CONFLICT ON "
     "CONSTRAINT kept_pkey DO UPDATE SET qty = kept.qty + excluded.qty, note = kept.note || "
     "excluded.note WHERE kept.qty IS DISTINCT FROM excluded.qty"},
    {"CREATE TABLE kept (shop text UNIQUE NULLS NOT DISTINCT, qty integer DEFAULT 7, note text)",
     "SELECT shop, qty FROM moves ON CONFLICT (shop) DO UPDATE SET qty = (kept.qty * 3 + "
     "excluded.qty) % 1000"},
    {"CREATE TABLE kept (shop text UNIQUE, qty integer)",
     "SELECT shop, qty FROM moves ON CONFLICT (shop) DO UPDATE SET qty = excluded.qty"},
    {"CREATE TABLE kept (sku integer PRIMARY KEY, qty integer NOT NULL CHECK (qty <> 3), note "
     "varchar(4), twice integer GENERATED ALWAYS AS (qty * 2) STORED)",
     "SELECT sku, qty, note FROM moves ON CONFLICT (sku) DO UPDATE SET qty = excluded.qty, note = "
     "excluded.note",
     true},
    {"CREATE TABLE kept (sku integer PRIMARY KEY, qty integer CHECK (qty <> 3), note char(4) NOT "
     "NULL)",
     "SELECT sku, qty, note FROM moves ON CONFLICT (sku) DO NOTHING", true},
    {"CREATE TABLE kept (sku integer PRIMARY KEY, qty integer, note text) PARTITION BY RANGE "
     "(sku);\n"
     "CREATE TABLE kept_low PARTITION OF kept FOR VALUES FROM (0) TO (2);\n"
     "CREATE TABLE kept_high PARTITION OF kept (CHECK (qty <> 3)) FOR VALUES FROM (2) TO (59)",
     "SELECT sku, qty, note FROM moves WHERE sku IS NOT NULL ON CONFLICT (sku) DO UPDATE SET qty = "
     "excluded.qty, note = excluded.note",
     true},
    {"CREATE TABLE kept (sku integer PRIMARY KEY, qty integer, note text) PARTITION BY RANGE "
     "(sku);\n"
     "CREATE TABLE kept_low PARTITION OF kept FOR VALUES FROM (0) TO (2);\n"
     "CREATE TABLE kept_high PARTITION OF kept FOR VALUES FROM (2) TO (100)",
     "SELECT sku, qty, note FROM moves WHERE sku IS NOT NULL ON CONFLICT DO NOTHING"},
    {"CREATE TABLE kept (sku integer PRIMARY KEY, qty integer, note char(4) NOT NULL)",
     "SELECT sku, qty, note FROM moves ON CONFLICT (sku) DO NOTHING", true},
};

// With repeated keys, and few or many of them.
std::vector<std::string> moves(std::mt19937& random, std::size_t count) {
    static const std::vector<std::string> notes = {"a", "bc", "züéö", "  ", "日本語"};
    const unsigned keys = count < 100 ? 4 : 60;
    const auto rarely = [&] { return random() % 200 == 0; };
    std::vector<std::string> values;
    for (std::size_t i = 0; i < count; ++i) {
        std::string value =
            "{\"sku\": " + (rarely() ? std::string("null") : std::to_string(random() % keys));
        if (random() % 8) value += ", \"shop\": \"s" + std::to_string(random() % keys) + "\"";
        if (!rarely()) value += ", \"qty\": " + std::to_string(random() % 90);
        if (!rarely())
            value +=
                ", \"note\": \"" + (rarely() ? "long " : notes[random() % notes.size()]) + "\"";
        values.push_back(value + "}");
    }
    return values;
}

}  // namespace

TEST_CASE("rows by seed: the service stores and refuses what PostgreSQL stores and refuses") {
    int natively = 0, declined = 0, refused = 0;
    for (const Target& target : targets) {
        INFO(target.table << "\n" << target.insert);
        Deployment deployment;
        require_applied(deployment.apply(stream + target.table + ";\n" + "INSERT INTO kept " +
                                         target.insert + ";\n"));
        NativeBatches batches(deployment, executor::StatementKind::rows);
        INFO(batches.rows("kept").reason);
        REQUIRE(batches.rows("kept").query);
        const std::string rows = "SELECT string_agg(k::text, ' ' ORDER BY k) FROM kept k";
        std::mt19937 random(7);
        int stored = 0;
        for (int i = 0; i < 24; ++i) {
            const std::vector<std::string> values = moves(random, i % 4 == 3 ? 700 : 1 + i);
            std::optional<NativeBatches::Outcome> ours;
            try {
                ours = batches.outcome(values, executor::Pace::native, rows, "ROLLBACK");
                ++natively;
                ++stored;
            } catch (const executor::Declined&) {
                ++declined;
            } catch (const executor::RunAgain&) {
                --i;  // as the lane does at once
                continue;
            } catch (const postgres::DatabaseError& error) {
                REQUIRE_FALSE(error.retryable());
                ++refused;
            }
            const auto theirs = batches.outcome(values, executor::Pace::careful, rows, "COMMIT");
            INFO("batch " << i);
            if (ours) CHECK(*ours == theirs);
            CHECK((ours || target.may_decline));
        }
        CHECK(stored > 0);
    }
    WARN("compared " << natively << ", declined " << declined << ", refused " << refused);
    CHECK(declined > 0);
    CHECK(refused > 0);
}

TEST_CASE("an upsert asks whether its table is as it was, before it stores many rows") {
    const std::vector<std::vector<std::string>> changes = {
        {"ALTER TABLE kept DROP CONSTRAINT kept_pkey"},
        {"ALTER TABLE kept ALTER qty TYPE bigint"},
        {"ALTER TABLE kept ENABLE ROW LEVEL SECURITY"},
        {"CREATE TRIGGER touch BEFORE INSERT ON kept FOR EACH ROW EXECUTE FUNCTION "
         "suppress_redundant_updates_trigger()"},
        {"CREATE UNIQUE INDEX ON kept (note)"},
        {"ALTER TABLE kept ADD CHECK (qty > 3)"},
        {"ALTER TABLE kept ALTER qty SET NOT NULL"},
    };
    std::mt19937 random(3);
    for (const auto& change : changes) {
        INFO(change.back());
        Deployment deployment;
        require_applied(deployment.apply(stream + targets[0].table + ";\n" + "INSERT INTO kept " +
                                         targets[0].insert + ";\n"));
        NativeBatches batches(deployment, executor::StatementKind::rows);
        for (const std::string& command : change)
            deployment.query(command);
        CHECK_THROWS_AS(batches.run(moves(random, 1000)), executor::Declined);
        CHECK(deployment.value("SELECT count(*) FROM kept") == "0");
    }
}
