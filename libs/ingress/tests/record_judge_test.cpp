#include "record_judge.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::ingress;
using engine::ColumnOrigin;
using engine::Kind;

namespace {

engine::Column field(const std::string& name, Kind kind, bool not_null = false) {
    return {.name = name,
            .type = {.kind = kind, .sql = "some type"},
            .not_null = not_null,
            .path = {name},
            .header = {},
            .fallback = {}};
}

engine::Expression column(std::size_t index, Kind kind) {
    engine::Expression expression;
    expression.node = engine::Expression::Node::column;
    expression.type.kind = kind;
    expression.column = index;
    return expression;
}

// id text NOT NULL, kind text (the route), ok boolean CHECK (ok), key text, number integer
StreamRules sample() {
    catalogue::StoredStream stored;
    stored.stream.name = {"public", "s"};
    stored.stream.key = "id";
    stored.schema.columns = {field("id", Kind::text, true), field("kind", Kind::text),
                             field("ok", Kind::boolean), field("key", Kind::text, true),
                             field("number", Kind::int32)};
    stored.schema.columns[3].source = ColumnOrigin::key;
    stored.schema.columns[3].path.clear();
    stored.schema.columns[4].path = {"deep", "number"};
    stored.schema.route = {1, {{"sale", {1, 3}}}};
    stored.checks = {{"s_ok_check", "ok", "ok"}};
    return {stored, {stored.checks, {column(2, Kind::boolean)}, {}}};
}

Judgement judge(const std::vector<std::string>& texts) {
    const StreamRules rules = sample();
    RecordJudge judge(rules);
    RawRecords records;
    for (const std::string& each : texts)
        records.push_back({each, records.size() + 10});
    return judge.judge(records);
}

}  // namespace

TEST_CASE("A good record stays as it was, with its key and the value of its route") {
    const std::vector<std::string> texts{R"({ "id": "p\u0031", "kind": "sale", "other": 1 })",
                                         R"({"id":"x"})"};
    const auto judgement = judge(texts);
    CHECK(judgement.bad.empty());
    REQUIRE(judgement.good.size() == 2);
    CHECK(judgement.good[0].text == texts[0]);
    CHECK(judgement.good[0].key == "p1");
    CHECK(judgement.good[0].route == "sale");  // though no partition is known yet
    CHECK(judgement.good[1].key == "x");
    CHECK_FALSE(judgement.good[1].route);
}

TEST_CASE("Bad records are named in their order, by the decoder's reasons and the CHECKs") {
    const auto judgement =
        judge({R"({"id":"a","ok":false})", R"({"id":null})", R"({"id":"good","ok":true})", R"([])",
               R"({"id":"a","deep":{"number":"x"}})", R"({"id":"b")"});
    REQUIRE(judgement.good.size() == 1);
    CHECK(judgement.good[0].key == "good");
    REQUIRE(judgement.bad.size() == 5);
    const std::vector<std::pair<std::size_t, std::string>> expected{{0, "check_violation"},
                                                                    {1, "missing_field"},
                                                                    {3, "not_an_object"},
                                                                    {4, "wrong_type"},
                                                                    {5, "not_json"}};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(judgement.bad[i].index == expected[i].first);
        CHECK(judgement.bad[i].line == expected[i].first + 10);
        CHECK(judgement.bad[i].reason == expected[i].second);
    }
    CHECK(judgement.bad[0].field == "ok");
    CHECK(judgement.bad[0].detail == "s_ok_check: ok");
    CHECK(judgement.bad[3].field == "deep.number");
}

TEST_CASE("A judge that is used again knows nothing of the request before") {
    const StreamRules rules = sample();
    RecordJudge judge(rules);
    CHECK(judge.judge({{"nonsense"}, {"{}"}}).bad.size() == 2);
    const auto next = judge.judge({{R"({"id":"a"})"}});
    CHECK(next.bad.empty());
    CHECK(next.good.size() == 1);
}

TEST_CASE("A record that no broker would take is bad") {
    const auto judgement = judge({"{\"id\":\"" + std::string(1'000'000, 'x') + "\"}"});
    REQUIRE(judgement.bad.size() == 1);
    CHECK(judgement.bad[0].reason == "out_of_range");
    const auto with_key =
        judge({"{\"id\":\"" + std::string(600'000, 'x') + "\"}", R"({"id":"a"})"});
    REQUIRE(with_key.bad.size() == 1);
    CHECK(with_key.bad[0].index == 0);
    CHECK(with_key.bad[0].reason == "out_of_range");
    CHECK(with_key.good.size() == 1);
}

TEST_CASE("A column of the header Idempotency-Key has its value, and may require it") {
    catalogue::StoredStream stored;
    stored.schema.columns = {field("request", Kind::text, true)};
    stored.schema.columns[0].source = ColumnOrigin::header;
    stored.schema.columns[0].header = sql::idempotency_header;
    stored.schema.columns[0].path.clear();
    const StreamRules rules(stored, {});
    RecordJudge judge(rules);
    CHECK(judge.judge({{"{}"}}, "request 7").good.size() == 1);
    const auto without = judge.judge({{"{}"}});
    REQUIRE(without.bad.size() == 1);
    CHECK(without.bad[0].reason == "missing_field");
}

TEST_CASE("A key is the text of its value, whatever the type") {
    engine::Schema schema;
    schema.columns = {field("a", Kind::int16), field("b", Kind::int64), field("c", Kind::uuid),
                      field("d", Kind::varchar)};
    const std::vector<std::pair<std::string, std::string>> expected{
        {"a", "-7"},
        {"b", "9223372036854775807"},
        {"c", "00112233-4455-6677-8899-aabbccddeeff"},
        {"d", "d"}};
    for (const auto& [name, text] : expected) {
        catalogue::StoredStream stored;
        stored.schema = schema;
        stored.stream.key = name;
        const StreamRules rules(stored, {});
        RecordJudge judge(rules);
        const std::string record = R"({"a":-7,"b":9223372036854775807,)"
                                   R"("c":"{00112233-4455-6677-8899-AABBCCDDEEFF}","d":"d"})";
        const auto judgement = judge.judge({{record}, {"{}"}});
        REQUIRE(judgement.good.size() == 2);
        CHECK(judgement.good[0].key == text);
        CHECK_FALSE(judgement.good[1].key);
    }
}
