// Changes of rows by key, deletes among them, through MERGE: what is stored is what the changes come
// to one by one, however they are batched and whoever is killed.
#include <csignal>
#include <map>
#include <random>

#include "tidewheel/core/retry.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr int partitions = 2;

const std::string stream =
    "CREATE FOREIGN TABLE changes (id integer OPTIONS (key 'true') NOT NULL, qty integer, mode "
    "text, deleted boolean OPTIONS (tombstone 'true') NOT NULL) SERVER kafka OPTIONS (topic "
    "'{topic}', partitions '2');\n";

// What a change does depends on every one before it: it adds, or it replaces, or it deletes.
const std::string pipeline = stream + R"(
CREATE TABLE stock (id integer PRIMARY KEY, qty integer NOT NULL CHECK (qty < 900), changes integer NOT NULL);
MERGE INTO stock t USING changes s ON t.id = s.id
WHEN MATCHED AND s.deleted THEN DELETE
WHEN MATCHED AND s.mode = 'set' THEN UPDATE SET qty = s.qty, changes = t.changes + 1
WHEN MATCHED THEN UPDATE SET qty = t.qty + s.qty, changes = t.changes + 1
WHEN NOT MATCHED AND NOT s.deleted THEN INSERT (id, qty, changes) VALUES (s.id, s.qty, 1);
)";

struct Row {
    int qty, changes;
    bool operator==(const Row&) const = default;
};

// Random changes, and what they come to, computed here.
class Changes {
  public:
    Changes(unsigned seed, int keys, unsigned most = 400)
        : random_(seed), keys_(keys), most_(most) {}

    // By partition, of which each has its own keys.
    std::vector<std::vector<std::string>> next(int count) {
        std::vector<std::vector<std::string>> records(partitions);
        for (int i = 0; i < count; ++i) {
            const int id = static_cast<int>(random_() % static_cast<unsigned>(keys_));
            records[static_cast<std::size_t>(id % partitions)].push_back(
                "@key " + std::to_string(id) + "|" + change(id));
        }
        return records;
    }
    std::string rows() const {
        std::string text;
        for (const auto& [id, row] : rows_)
            text += (text.empty() ? "" : " ") + std::to_string(id) + ":" + std::to_string(row.qty) +
                    "/" + std::to_string(row.changes);
        return text;
    }
    int refused() const { return refused_; }
    int deleted() const { return deleted_; }

  private:
    std::string change(int id) {
        const auto row = rows_.find(id);
        if (random_() % 4 == 0) {
            deleted_ += row != rows_.end();
            rows_.erase(id);
            return "@tombstone";
        }
        const bool sets = random_() % 4 == 0;
        const int qty = static_cast<int>(random_() % most_);
        const bool is_new = row == rows_.end();
        const Row changed{is_new || sets ? qty : row->second.qty + qty,
                          is_new ? 1 : row->second.changes + 1};
        if (changed.qty < 900)
            rows_[id] = changed;
        else
            ++refused_;
        return "{\"qty\": " + std::to_string(qty) + ", \"mode\": \"" + (sets ? "set" : "add") +
               "\"}";
    }

    std::mt19937 random_;
    int keys_;
    unsigned most_;  // larger amounts are refused sooner
    int refused_ = 0, deleted_ = 0;
    std::map<int, Row> rows_;
};

void send(const Deployment& deployment, const std::vector<std::vector<std::string>>& records) {
    for (int partition = 0; partition < partitions; ++partition)
        deployment.send(partition, records[static_cast<std::size_t>(partition)]);
}

std::string stored(const Deployment& deployment) {
    return deployment.value(
        "SELECT coalesce(string_agg(id || ':' || qty || '/' || changes, ' ' ORDER BY id), '') FROM "
        "stock");
}

void require_applied(const Deployment& deployment, const std::string& sql) {
    const Finished applied = deployment.apply(sql);
    INFO(applied.output << applied.errors);
    REQUIRE(applied.status == 0);
}

void check_result(const Deployment& deployment, const Changes& changes) {
    CHECK(stored(deployment) == changes.rows());
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") ==
          std::to_string(changes.refused()));
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters WHERE reason <> "
                           "'target_refused'") == "0");
    const Finished verified = deployment.tidewheel({"verify"}, std::chrono::minutes(10));
    INFO(verified.output << verified.errors);
    CHECK(verified.status == 0);
}

}  // namespace

TEST_CASE("changes of few keys, in batches of any size, come to what they do one by one") {
    for (const std::string batch : {"1", "7", "100000"}) {
        INFO("batches of " << batch);
        Deployment deployment({"TIDEWHEEL_BATCH_ROWS=" + batch});
        require_applied(deployment, pipeline);
        Changes changes(11, 6);
        send(deployment, changes.next(batch == "1" ? 150 : 400));
        auto worker = deployment.start("tidewheel-worker");
        deployment.arrive();
        CHECK(changes.refused() > 0);
        CHECK(changes.deleted() > 0);
        check_result(deployment, changes);
    }
}

TEST_CASE("a worker that is killed again and again among changes loses and repeats none of them") {
    Deployment deployment({"TIDEWHEEL_BATCH_ROWS=200"});
    require_applied(deployment, pipeline);
    Changes changes(12, 400);
    std::mt19937 random(5);
    for (int round = 0; round < 6; ++round) {
        send(deployment, changes.next(3000));
        auto worker = deployment.start("tidewheel-worker");
        const std::string before =
            deployment.value("SELECT coalesce(sum(next_offset), 0) FROM tidewheel.progress");
        eventually("some changes are applied", [&] {
            return deployment.value(
                       "SELECT coalesce(sum(next_offset), 0) FROM tidewheel.progress") != before;
        });
        wait_for({}, std::chrono::milliseconds(random() % 200));
        worker->signal(SIGKILL);
        worker->wait();
    }
    auto worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    check_result(deployment, changes);
}

// Both lanes find no row of a key, and both insert it: the second one is told of a unique index.
TEST_CASE("a key that several partitions insert at the same time makes no dead letter") {
    Deployment deployment({"TIDEWHEEL_BATCH_ROWS=50"});
    require_applied(deployment, stream + R"(
CREATE TABLE stock (id integer PRIMARY KEY, qty integer NOT NULL, changes integer NOT NULL);
MERGE INTO stock t USING changes s ON t.id = s.id
WHEN MATCHED THEN UPDATE SET qty = t.qty + s.qty, changes = t.changes + 1
WHEN NOT MATCHED THEN INSERT (id, qty, changes) VALUES (s.id, s.qty, 1);
)");
    std::vector<std::string> values;
    for (int id = 0; id < 4000; ++id)
        values.push_back("@key " + std::to_string(id) + R"(|{"qty": 1})");
    for (int partition = 0; partition < partitions; ++partition)
        deployment.send(partition, values);
    auto worker = deployment.start("tidewheel-worker"),
         other = deployment.start("tidewheel-worker");
    deployment.arrive();
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
    CHECK(
        deployment.value("SELECT count(*) || ' ' || min(qty) || ' ' || max(changes) FROM stock") ==
        "4000 2 2");
}

// Whoever writes the key: while the refused record is looked for, nobody else may.
TEST_CASE("a record is not refused for a row that comes and goes beside it") {
    Deployment deployment({"TIDEWHEEL_BATCH_ROWS=1"});
    require_applied(deployment, stream + R"(
CREATE TABLE stock (id integer PRIMARY KEY, qty integer NOT NULL, changes integer NOT NULL);
MERGE INTO stock t USING changes s ON t.id = s.id
WHEN MATCHED THEN UPDATE SET changes = t.changes + 1
WHEN NOT MATCHED THEN INSERT (id, qty, changes) VALUES (s.id, s.qty, 1);
)");
    deployment.query(
        "CREATE PROCEDURE come_and_go() LANGUAGE plpgsql AS $$ BEGIN WHILE (SELECT "
        "coalesce(sum(next_offset), 0) < 1500 FROM tidewheel.progress) LOOP INSERT INTO stock "
        "VALUES "
        "(1, 0, 0) ON CONFLICT DO NOTHING; COMMIT; DELETE FROM stock; COMMIT; END LOOP; END $$");
    deployment.send(1, std::vector<std::string>(1500, R"(@key 1|{"qty": 1})"));
    auto worker = deployment.start("tidewheel-worker");
    deployment.query("CALL come_and_go()");
    deployment.arrive();
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
}

TEST_CASE("verify finds a lost update, a lost delete and a row too many of a MERGE") {
    Deployment deployment;
    require_applied(deployment, pipeline);
    deployment.send(0, {R"(@key 2|{"qty": 1})", R"(@key 2|{"qty": 2})", R"(@key 4|{"qty": 3})",
                        "@key 4|@tombstone", R"(@key 6|{"qty": 5})"});
    auto worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    REQUIRE(stored(deployment) == "2:3/2 6:5/1");
    REQUIRE(deployment.tidewheel({"verify"}).status == 0);
    const auto expect = [&](const std::string& damage, const std::string& said) {
        deployment.query(damage);
        const Finished verified = deployment.tidewheel({"verify"});
        INFO(damage << "\n" << verified.output << verified.errors);
        CHECK(verified.status == 1);
        CHECK_THAT(verified.output, ContainsSubstring(said));
    };
    expect("UPDATE stock SET qty = 1, changes = 1 WHERE id = 2", "1 row missing, 1 unexpected");
    deployment.query("UPDATE stock SET qty = 3, changes = 2 WHERE id = 2");
    expect("INSERT INTO stock VALUES (4, 3, 1)", "0 rows missing, 1 unexpected");
    deployment.query("DELETE FROM stock WHERE id = 4");
    expect("DELETE FROM stock WHERE id = 6", "1 row missing, 0 unexpected");
    deployment.query("INSERT INTO stock VALUES (6, 5, 1)");
    CHECK(deployment.tidewheel({"verify"}).status == 0);
}

TEST_CASE("a MERGE is paused, planned and redriven as other statements are") {
    Deployment deployment;
    require_applied(deployment, pipeline);
    auto worker = deployment.start("tidewheel-worker");
    deployment.send(0, {R"(@key 2|{"qty": 1000})", R"(@key 2|{"qty": 2})"});
    deployment.arrive();
    const Finished plan = deployment.tidewheel({"plan"});
    INFO(plan.output << plan.errors);
    CHECK_THAT(plan.output, ContainsSubstring("by id = s.id: records of one key are applied in "
                                              "rounds, in their order") &&
                                ContainsSubstring("PostgreSQL: it is a MERGE"));
    deployment.must({"pause", "stock"});
    deployment.send(0, {"@key 2|@tombstone", R"(@key 4|{"qty": 4})"});
    deployment.must({"resume", "stock"});
    deployment.arrive();
    CHECK(stored(deployment) == "4:4/1");
    deployment.query("ALTER TABLE stock DROP CONSTRAINT stock_qty_check");
    const Finished redriven = deployment.tidewheel({"dlq", "redrive", "--yes"});
    INFO(redriven.output << redriven.errors);
    CHECK(redriven.status == 0);
    CHECK_THAT(redriven.output + redriven.errors, ContainsSubstring("stock is a MERGE"));
    CHECK(stored(deployment) == "2:1000/1 4:4/1");
}

// By hand: integration_tests "a million changes*"; takes minutes, and prints rates.
TEST_CASE("a million changes over 100,000 keys, beside an upsert and an INSERT", "[.trial]") {
    constexpr int count = 1'000'000;
    Changes changes(17, 100'000, 5);
    const auto records = changes.next(count);
    const auto took = [&](const std::string& sql, int kills) {
        Deployment deployment;
        require_applied(deployment, sql);
        send(deployment, records);
        const auto begin = std::chrono::steady_clock::now();
        auto worker = deployment.start("tidewheel-worker");
        for (int kill = 0; kill < kills; ++kill) {
            eventually(
                "more is applied",
                [&] {
                    return std::stoi(deployment.value(
                               "SELECT coalesce(sum(next_offset), 0) FROM tidewheel.progress")) >
                           count * (kill + 1) / (kills + 1);
                },
                std::chrono::minutes(10));
            worker->signal(SIGKILL);
            worker->wait();
            worker = deployment.start("tidewheel-worker");
        }
        eventually(
            "all is applied",
            [&] {
                return deployment.value(
                           "SELECT coalesce(sum(next_offset), 0) FROM tidewheel.progress") ==
                       std::to_string(count);
            },
            std::chrono::minutes(20));
        const std::chrono::duration<double> span = std::chrono::steady_clock::now() - begin;
        if (kills > 0) check_result(deployment, changes);
        return std::to_string(static_cast<int>(count / span.count())) + " changes/s";
    };
    const std::string table =
        stream + "CREATE TABLE stock (id integer PRIMARY KEY, qty integer, changes integer);\n";
    WARN("INSERT " << took(stream + "CREATE TABLE stock (id integer, qty integer);\nINSERT INTO "
                                    "stock SELECT id, qty FROM changes;\n",
                           0));
    WARN("upsert that replaces " << took(
             table + "INSERT INTO stock SELECT id, qty, 1 FROM changes ON CONFLICT (id) DO "
                     "UPDATE SET qty = excluded.qty, changes = excluded.changes;\n",
             0));
    WARN("upsert that adds " << took(
             table + "INSERT INTO stock SELECT id, qty, 1 FROM changes ON CONFLICT (id) DO "
                     "UPDATE SET qty = stock.qty + excluded.qty, changes = stock.changes + "
                     "1;\n",
             0));
    WARN("MERGE " << took(pipeline, 0));
    WARN("MERGE, killed twice " << took(pipeline, 2));
}
