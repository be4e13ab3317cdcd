// Changes of a pipeline by `tidewheel apply`, while the services run: from now on.
#include "changes.hpp"
#include "random_kills.hpp"
#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/kafka/admin.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::changes;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("plans never mix in a batch, however often the pipeline is changed") {
    Deployment deployment;
    const auto pipeline = [](int round) {
        const std::string plan = "'p" + std::to_string(round) + "'";
        return stream +
               "CREATE TABLE left_rows (part integer, place bigint, plan text);\n"
               "CREATE TABLE right_rows (part integer, place bigint, plan text);\n"
               "CREATE TABLE apart (place bigint);\n"
               "INSERT INTO left_rows SELECT part, place, " +
               plan + " FROM numbers;\nINSERT INTO right_rows SELECT part, place, " + plan +
               " FROM numbers;\nINSERT INTO apart SELECT place FROM numbers;\n";
    };
    require_applied(deployment, pipeline(0));
    auto worker = deployment.start("tidewheel-worker"),
         second = deployment.start("tidewheel-worker");
    SteadyLoad load(deployment.topic(), 2);
    RandomKills applies(11, std::chrono::milliseconds(120));
    for (int round = 1; round <= 12; ++round) {
        const std::string stored = "SELECT count(*) FROM left_rows";
        const int before = std::stoi(deployment.value(stored));
        eventually("records flow", [&] { return std::stoi(deployment.value(stored)) > before; });
        if (round % 2 == 0) {
            require_applied(deployment, pipeline(round));
            const std::string earlier =
                "SELECT count(*) FROM left_rows WHERE plan <> 'p" + std::to_string(round) + "'";
            const std::string made = deployment.value(earlier);
            eventually("the new plan makes rows", [&] {
                return deployment.value("SELECT max(substr(plan, 2)::int) FROM left_rows") ==
                       std::to_string(round);
            });
            CHECK(deployment.value(earlier) == made);
            continue;
        }
        applies.run(deployment, {"apply", deployment.file(pipeline(round))});
    }
    const int sent = load.stop();
    deployment.arrive();
    CHECK(applies.killed() > 1);
    for (const std::string table : {"left_rows", "right_rows"}) {
        CHECK(deployment.value("SELECT count(*) || ' ' || count(DISTINCT (part, place)) FROM " +
                               table) == std::to_string(sent) + " " + std::to_string(sent));
        // A plan holds from one offset to another, in its turn.
        CHECK(deployment.value(
                  "SELECT count(*) FROM (SELECT substr(plan, 2)::int < lag(substr(plan, 2)::int) "
                  "OVER (PARTITION BY part ORDER BY place) AS goes_back FROM " +
                  table + ") p WHERE goes_back") == "0");
    }
    CHECK(deployment.value("SELECT count(*) FROM apart") == std::to_string(sent));
    CHECK(std::stoi(deployment.value("SELECT count(DISTINCT plan) FROM left_rows")) >= 7);
    CHECK(deployment.value("SELECT count(*) FROM left_rows l JOIN right_rows r USING (part, place) "
                           "WHERE l.plan <> r.plan") == "0");
}

TEST_CASE("a changed filter holds from now on, or for all records with a rebuild") {
    Deployment deployment;
    const auto pipeline = [](const std::string& filter) {
        return stream +
               "CREATE TABLE kept (n integer PRIMARY KEY);\n"
               "INSERT INTO kept SELECT n FROM numbers WHERE " +
               filter + " ON CONFLICT DO NOTHING;\n" +
               "CREATE MATERIALIZED VIEW by_store AS SELECT store, count(*) AS n FROM numbers "
               "WHERE " +
               filter + " GROUP BY store;\n";
    };
    require_applied(deployment, pipeline("n % 2 = 0"));
    deployment.send(0, numbers(0, 500));
    deployment.send(1, numbers(500, 1000));
    const Services services(deployment);
    deployment.arrive();
    const Finished changed = deployment.apply(pipeline("n % 5 = 0"));
    INFO(changed.output << changed.errors);
    REQUIRE(changed.status == 0);
    CHECK_THAT(changed.output,
               ContainsSubstring("changed    rows kept\n") &&
                   ContainsSubstring("warning: kept: applies to new records only; rows already "
                                     "stored are unchanged") &&
                   ContainsSubstring("warning: by_store: applies to new records only; what it has "
                                     "stored is unchanged") &&
                   ContainsSubstring("0 statements created, 2 changed, 2 unchanged"));
    deployment.send(0, numbers(1000, 2000));
    deployment.arrive();
    CHECK(deployment.value("SELECT count(*) FILTER (WHERE n < 1000 AND n % 2 = 0) || ' ' || "
                           "count(*) FILTER (WHERE n >= 1000 AND n % 5 = 0) || ' ' || count(*) "
                           "FROM kept") == "500 200 700");
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == "700");
    const Finished mixed = deployment.tidewheel({"verify"});
    CHECK(mixed.status == 1);
    CHECK_THAT(mixed.output, ContainsSubstring("was changed at"));

    // The same text again: there is nothing to change, but what isn't whole becomes so.
    require_rebuilt(deployment, pipeline("n % 5 = 0"));
    deployment.arrive();
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == "400");
    CHECK(deployment.value("SELECT count(*) FROM kept WHERE n % 5 = 0") == "400");
    CHECK(deployment.tidewheel({"verify", "by_store"}).status == 0);
    const Finished surplus = deployment.tidewheel({"verify", "kept"});
    CHECK(surplus.status == 1);
    CHECK_THAT(surplus.output, ContainsSubstring("DIFFERS: 0 rows missing, 400 unexpected") &&
                                   ContainsSubstring("kept was changed at"));
    CHECK(deployment.tidewheel({"verify", "kept", "--ignore-unexpected"}).status == 0);
    deployment.query("DELETE FROM kept WHERE n % 5 <> 0");
    check_verified(deployment);
    CHECK(deployment.value("SELECT string_agg(name, ',') FROM tidewheel.statements WHERE "
                           "changed_at IS NOT NULL OR rebuilds IS NOT NULL") == "kept");
}

TEST_CASE("only how a view is finished: it stays whole") {
    Deployment deployment;
    const auto pipeline = [](const std::string& having, const std::string& mean) {
        return stream + "CREATE MATERIALIZED VIEW by_store AS SELECT store, count(*) AS n, " +
               mean + " FROM numbers GROUP BY store" + having + ";\n";
    };
    require_applied(deployment, pipeline("", "avg(n) AS mean"));
    deployment.send(0, numbers(0, 100));
    const Services services(deployment);
    deployment.arrive();
    require_applied(deployment, pipeline(" HAVING count(*) > 14", "round(avg(n)) AS rounded"));
    CHECK(deployment.value("SELECT string_agg(store || ' ' || n || ' ' || rounded, ', ' ORDER BY "
                           "store) FROM by_store") == "s0 15 49, s1 15 50");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.statements WHERE changed_at IS NOT "
                           "NULL") == "0");
    deployment.send(1, numbers(100, 200));
    deployment.arrive();
    check_verified(deployment);

    // Unless its stream has changed as well.
    std::string other = pipeline(" HAVING count(*) > 3", "avg(n) AS mean");
    other.replace(other.find("n >= 0"), 6, "n > 50");
    require_rebuilt(deployment, other);
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == "149");
    check_verified(deployment);
}

TEST_CASE("a stream gains a column, and those that read it continue") {
    Deployment deployment;
    const std::string table = "CREATE TABLE whole (LIKE numbers);\n";
    const std::string rest =
        "INSERT INTO whole SELECT * FROM numbers;\n"
        "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM numbers;\n"
        "COMMENT ON COLUMN numbers.n IS 'the number';\n";
    require_applied(deployment, stream + table + rest);
    deployment.query("GRANT SELECT ON numbers TO PUBLIC");
    const Services services(deployment);
    deployment.send(0, numbers(0, 100, R"(, "channel": "web")"));
    deployment.arrive();

    const std::string with_channel = stream_with(
        "\"offset\" 'true')\n", "\"offset\" 'true'),\n    channel text CHECK (channel <> 'fax')\n");
    const Finished refused = deployment.apply(with_channel + table + rest);
    CHECK(refused.status == 3);
    CHECK_THAT(refused.errors, ContainsSubstring("INSERT INTO whole SELECT * FROM numbers") &&
                                   ContainsSubstring("ALTER TABLE whole ADD COLUMN IF NOT EXISTS"));
    CHECK(deployment.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'numbers'::regclass "
                           "AND attnum > 0") == "4");

    const std::string altered = "ALTER TABLE whole ADD COLUMN IF NOT EXISTS channel text;\n";
    const std::string later =
        "CREATE MATERIALIZED VIEW by_channel AS SELECT channel, count(*) AS n FROM numbers GROUP "
        "BY channel;\n";
    require_applied(deployment, with_channel + table + altered + rest + later);
    deployment.send(1, numbers(100, 200, R"(, "channel": "shop")"));
    deployment.send(1, numbers(200, 203, R"(, "channel": "fax")"));
    deployment.arrive();
    CHECK(deployment.value("SELECT count(*) FILTER (WHERE channel IS NULL) || ' ' || count(*) "
                           "FILTER (WHERE channel = 'shop') || ' ' || count(*) FROM whole") ==
          "100 100 200");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "3");
    CHECK(deployment.value("SELECT n FROM total") == "200");
    CHECK(deployment.value("SELECT string_agg(channel || ' ' || n, ', ' ORDER BY channel) FROM "
                           "by_channel") == "shop 100, web 100");
    CHECK(deployment.value("SELECT col_description('numbers'::regclass, 1)") == "the number");
    CHECK(deployment.value("SELECT has_table_privilege('public', 'numbers', 'SELECT')") == "t");
    CHECK(deployment.tidewheel({"verify", "total"}).status == 0);  // it never was different

    const Finished rows = deployment.apply(with_channel + table + altered + rest, {"--rebuild"});
    CHECK(rows.status == 0);
    CHECK_THAT(rows.output, ContainsSubstring("note: whole does not read its topic again") &&
                                ContainsSubstring("rebuilt    view total"));
    CHECK(deployment.value("SELECT count(*) FROM whole") == "200");
    // The same file makes a new database.
    Deployment fresh;
    require_applied(fresh, with_channel + table + altered + rest);
}

TEST_CASE("a changed CHECK: what it refused before is redriven, or read again") {
    Deployment deployment;
    const std::string rest =
        "CREATE TABLE kept (n integer PRIMARY KEY);\n"
        "INSERT INTO kept SELECT n FROM numbers ON CONFLICT DO NOTHING;\n"
        "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n, sum(n) AS sum FROM numbers;\n";
    require_applied(deployment, stream + rest);
    const Services services(deployment);
    deployment.send(0, numbers(-10, 100));
    deployment.arrive();
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "10");

    const std::string corrected = stream_with("n >= 0", "n >= -5 AND n <> 7");
    SECTION("from now on") {
        const Finished changed = deployment.apply(corrected + rest);
        INFO(changed.errors);
        REQUIRE(changed.status == 0);
        CHECK_THAT(changed.output,
                   ContainsSubstring("10 dead letters of the former rules remain") &&
                       ContainsSubstring("tidewheel dlq redrive --stream numbers"));
        deployment.send(1, numbers(-10, 10));
        deployment.arrive();
        CHECK(deployment.value("SELECT n || ' ' || sum FROM total") == "114 4973");
        const Finished redriven =
            deployment.tidewheel({"dlq", "redrive", "--yes", "--stream", "numbers"});
        CHECK_THAT(redriven.output, ContainsSubstring("stored: 5; refused again: 11"));
        CHECK(deployment.value("SELECT n || ' ' || sum FROM total") == "119 4958");
        CHECK(deployment.value("SELECT count(*) FROM kept") == "105");
        require_rebuilt(deployment, corrected + rest);
    }
    SECTION("with a rebuild") {
        require_rebuilt(deployment, corrected + rest);
    }
    deployment.arrive();
    deployment.query("DELETE FROM kept WHERE n = 7");
    check_verified(deployment);
    CHECK(deployment.value("SELECT count(*) FROM kept") == "104");
    CHECK(deployment.value("SELECT min(n) || ' ' || max(n) FROM kept") == "-5 99");
}

TEST_CASE(
    "partitions that a changed statement newly reads are read from now on, and from the first "
    "record by a rebuild") {
    Deployment deployment;
    const auto pipeline = [](const std::string& where) {
        return "CREATE FOREIGN TABLE events (kind text NOT NULL, n integer NOT NULL) SERVER kafka "
               "OPTIONS (topic '{topic}', partitions '2', route 'kind', route_sale '1', "
               "route_stock '0');\n"
               "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n, sum(n) AS sum FROM events" +
               where + ";\n";
    };
    const auto events = [](const std::string& kind, int first, int last) {
        std::vector<std::string> values;
        for (int n = first; n < last; ++n)
            values.push_back(R"({"kind": ")" + kind + R"(", "n": )" + std::to_string(n) + "}");
        return values;
    };
    require_applied(deployment, pipeline(" WHERE kind = 'sale'"));
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.send(0, events("stock", 0, 100));
    deployment.send(1, events("sale", 0, 10));
    deployment.arrive();
    CHECK(deployment.value("SELECT n FROM total") == "10");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.progress") == "1");

    require_applied(deployment, pipeline(""));
    deployment.send(0, events("stock", 100, 105));
    deployment.send(1, events("sale", 10, 20));
    deployment.arrive();
    CHECK(deployment.value("SELECT n FROM total") == "25");
    CHECK(deployment.value("SELECT partition || ' ' || begin_offset || ' ' || end_offset FROM "
                           "tidewheel.skipped") == "0 0 100");
    require_rebuilt(deployment, pipeline(""));
    CHECK(deployment.value("SELECT n FROM total") == "125");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.skipped") == "0");
    check_verified(deployment);

    // And to fewer, by a rebuild: the partition is no longer this view's.
    require_rebuilt(deployment, pipeline(" WHERE kind = 'stock'"));
    CHECK(deployment.value("SELECT string_agg(partition || ' ' || next_offset, ',') FROM "
                           "tidewheel.progress") == "0 105");
    // And to others altogether.
    require_rebuilt(deployment, pipeline(" WHERE kind = 'sale'"));
    CHECK(deployment.value("SELECT n FROM total") == "20");
    deployment.send(1, events("sale", 20, 30));
    deployment.arrive();
    CHECK(deployment.value("SELECT n FROM total") == "30");
    check_verified(deployment);

    // What the route gains is read from its first record, though senders were there earlier.
    kafka::Admin(testing::kafka()).add_partitions(deployment.topic(), 3);
    deployment.send(2, events("sale", 30, 40));
    std::string wider = pipeline(" WHERE kind = 'sale'");
    wider.replace(wider.find("partitions '2'"), 14, "partitions '3'");
    wider.replace(wider.find("route_sale '1'"), 14, "route_sale '1,2'");
    require_applied(deployment, wider);
    deployment.arrive();
    CHECK(deployment.value("SELECT n FROM total") == "40");
    check_verified(deployment);
}

TEST_CASE("what a view has counted is not counted again when it is narrowed and widened") {
    Deployment deployment;
    const auto pipeline = [](const std::string& where, const std::string& rule = "n >= 0") {
        return "CREATE FOREIGN TABLE events (kind text NOT NULL, n integer NOT NULL CHECK (" +
               rule +
               ")) SERVER kafka OPTIONS (topic '{topic}', partitions '2', route 'kind', "
               "route_sale '1', route_stock '0');\n"
               "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM events" +
               where + ";\n";
    };
    const auto event = [](const std::string& kind, int n) {
        return R"({"kind": ")" + kind + R"(", "n": )" + std::to_string(n) + "}";
    };
    require_applied(deployment, pipeline(""));
    kafka::Admin(testing::kafka()).add_partitions(deployment.topic(), 3);
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.send(0, {event("stock", 1), event("stock", -1)});
    deployment.send(1, {event("sale", 1)});
    deployment.send(2, {event("other", 2), event("other", 3)});
    const auto counts = [&](const std::string& n) {
        eventually("the view counts " + n,
                   [&] { return deployment.value("SELECT n FROM total") == n; });
    };
    counts("4");  // the partition that the topic has gained among them

    require_applied(deployment, pipeline(" WHERE kind = 'sale'"));
    deployment.send(1, {event("sale", 4)});
    counts("5");
    require_applied(deployment, pipeline(""));
    deployment.send(2, {event("other", 5)});
    counts("6");
    CHECK(deployment.value("SELECT string_agg(partition || ' ' || end_offset, ',' ORDER BY "
                           "partition) FROM tidewheel.skipped") == "0 2,2 2");

    // What a letter holds is counted by the rebuild, and no redrive counts it once more.
    require_applied(deployment, pipeline(" WHERE kind = 'sale'"));
    require_rebuilt(deployment, pipeline("", "n >= -1"));
    CHECK(deployment.value("SELECT n FROM total") == "7");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
    deployment.must({"dlq", "redrive", "--yes"});
    CHECK(deployment.value("SELECT n FROM total") == "7");
    check_verified(deployment);
}

TEST_CASE("services that read the catalogue while streams are replaced see one or the other") {
    Deployment deployment;
    const auto pipeline = [](int round) {
        return stream_with("n >= 0", "n >= " + std::to_string(-round)) +
               "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM numbers;\n";
    };
    require_applied(deployment, pipeline(0));
    std::string failure;
    std::atomic<int> looks = 0;
    std::jthread looking([&](std::stop_token stop) {
        try {
            for (postgres::Connection connection(deployment.url()); !stop.stop_requested(); ++looks)
                if (catalogue::load_catalogue(connection).streams.at(0).checks.size() != 1)
                    throw std::runtime_error("the stream has lost its CHECK");
        } catch (const std::exception& error) {
            failure = error.what();
        }
    });
    for (int round = 1; round <= 15; ++round) {
        const int before = looks;
        require_applied(deployment, pipeline(round));
        eventually("it is looked at", [&] { return looks > before || !failure.empty(); });
    }
    looking.request_stop();
    looking.join();
    CHECK(failure.empty());
}

TEST_CASE("what can't be changed in place is refused, and says what to do instead") {
    Deployment deployment;
    const std::string table = "CREATE TABLE kept (n integer);\nCREATE TABLE others (n integer);\n";
    const std::string rows = "-- name: some\nINSERT INTO kept SELECT n FROM numbers;\n";
    const std::string view =
        "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM numbers;\n";
    require_applied(deployment, stream + table + rows + view);
    const auto refuses = [&](const std::string& sql, const std::string& words,
                             const std::string& hint) {
        const Finished refused = deployment.apply(sql);
        CHECK(refused.status == 3);
        CHECK_THAT(refused.errors, ContainsSubstring(words) && ContainsSubstring(hint) &&
                                       ContainsSubstring("nothing was changed"));
    };
    refuses(stream_with("topic '{topic}'", "topic '{topic}_other'") + table + rows + view,
            "in its topic, format or event time", "tidewheel drop --cascade numbers");
    refuses(stream + table + "-- name: some\nINSERT INTO others SELECT n FROM numbers;\n" + view,
            "and fills table public.kept; neither can be changed", "tidewheel drop some");
    refuses(stream + table + rows +
                "CREATE TABLE total (n bigint);\n-- name: total\nINSERT INTO "
                "others SELECT n FROM numbers;\n",
            "that was a view", "tidewheel drop total");
    refuses(stream + "CREATE TABLE kept (n bigint);\n" + rows + view, "kept differs",
            "Change it with SQL");
}
