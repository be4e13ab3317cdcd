// What the scanner reads must be what RapidJSON makes of it, and what it doesn't read must show no
// trace of it.
#include "flat_scanner.hpp"

#include <algorithm>

#include "decoding.hpp"
#include "plain_run.hpp"
#include "random_records.hpp"
#include "same_rows.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::codec;
using namespace tidewheel::codec::test;
using namespace std::string_literals;

namespace {

// The scanner alone.
struct Scanning {
    engine::Schema schema;
    FieldTree fields{schema};
    RowWriter writer{schema};
    FlatScanner scanner{fields, writer};
    engine::Batch batch{schema};

    explicit Scanning(engine::Schema given) : schema(std::move(given)) {}

    bool takes(std::string_view value) {
        engine::Record record;
        record.value = value;
        bool taken = false;
        batch.clear();
        batch.add(std::move(record), [&](const engine::Record& copy, engine::Batch& to) {
            writer.begin(to);
            taken = scanner.read(*copy.value);
            return std::optional<engine::Reject>();
        });
        return taken;
    }
    // The same, in memory that ends with the padding: a sanitizer sees what is read beyond it.
    bool takes_alone(std::string_view value) {
        const auto memory = std::make_unique<char[]>(value.size() + padding);
        std::ranges::copy(value, memory.get());
        bool taken = false;
        batch.clear();
        batch.add(engine::Record(), [&](const engine::Record&, engine::Batch& to) {
            writer.begin(to);
            taken = scanner.read({memory.get(), value.size()});
            return std::optional<engine::Reject>();
        });
        return taken;
    }
};

// Both decoders, and the scanner alone, which shows which records the first of them scans.
class Comparison {
  public:
    explicit Comparison(const engine::Schema& schema)
        : scanned_(schema), reference_(schema), alone_(schema) {
        reference_.decoder = make_reference_json_decoder(reference_.schema);
    }

    void check(std::string_view record) {
        CAPTURE(record, record.size());
        scanned_.add(R"({"usual": 0})");  // so that it doesn't pause
        reference_.add(R"({"usual": 0})");
        scanned_.add(record);
        reference_.add(record);
        REQUIRE(difference(scanned_.batch, reference_.batch) == "");
        ++checked;
        accepted +=
            reference_.batch.rejected().empty() ||
            reference_.batch.rejected().back().record + 1 != reference_.batch.records().size();
        taken += alone_.takes(record);
        if (checked % 1000 == 0) {
            scanned_.batch.clear();
            reference_.batch.clear();
        }
    }

    int checked = 0, accepted = 0, taken = 0;

  private:
    Decoding scanned_, reference_;
    Scanning alone_;
};

}  // namespace

TEST_CASE("usual records are scanned, and their rows are those that RapidJSON makes") {
    Comparison comparison(schema_of_all_types());
    RandomRecords records(1);
    for (int i = 0; i < 10'000; ++i)
        comparison.check(records.usual());
    CHECK(comparison.accepted > 9'000);  // the others are misrouted
    CHECK(comparison.taken > 9'990);     // the others have one name too many
}

TEST_CASE("records of any kind and with any damage come to what RapidJSON makes of them") {
    Comparison comparison(schema_of_all_types());
    RandomRecords records(2);
    for (int i = 0; i < 15'000; ++i) {
        comparison.check(records.unusual());
        comparison.check(records.damaged(records.usual()));
        comparison.check(records.damaged(records.unusual()));
    }
    CHECK(comparison.accepted > 5'000);
    CHECK(comparison.taken > 5'000);
    CHECK(comparison.taken < 20'000);
}

TEST_CASE(
    "a cut record is never scanned, wherever it is cut, and nothing is read beyond its padding") {
    Comparison comparison(schema_of_all_types());
    Scanning scanning(schema_of_all_types());
    RandomRecords records(3);
    for (int i = 0; i < 100; ++i) {
        const std::string record = i % 2 == 0 ? records.usual() : records.unusual();
        for (std::size_t length = 1; length < record.size(); ++length) {
            comparison.check(record.substr(0, length));
            const bool taken = scanning.takes_alone(record.substr(0, length));
            if (i % 2 == 0) REQUIRE_FALSE(taken);
        }
    }
}

TEST_CASE("store events are scanned, with the bytes of every value as RapidJSON keeps them") {
    Comparison comparison(store_events());
    RandomRecords records(4);
    comparison.check(sale);
    CHECK(comparison.taken == 1);
    for (int i = 0; i < 20'000; ++i)
        comparison.check(records.damaged(std::string(sale)));
}

TEST_CASE("what is unusual is left to RapidJSON") {
    Scanning scanning(schema_of({column("a", text), column("b", integer)}));
    for (const std::string& usual :
         {R"({"a":"x","b":1})"s, R"({ "a" : "x" , "b" : 1 })"s, "{\n\t\"b\":\r\n-0}\n"s,
          R"({"a":true,"c":null,"b":12})"s, R"({"a":"grüße","é":0.50})"s, R"({"b":" +5 "})"s}) {
        CAPTURE(usual);
        CHECK(scanning.takes(usual));
    }
    for (const std::string& unusual :
         {"{}"s,
          "[]"s,
          "}"s,
          R"(,"a":1})"s,
          "1"s,
          R"("a")"s,
          R"( {"a":1})"s,
          R"({"a":1}})"s,
          R"({"a":1}{"a":1})"s,
          "{\"a\":1}\0"s,
          R"({"a":"\n"})"s,
          R"({"\u0061":1})"s,
          R"({"a":1,"a":1})"s,
          R"({"c":1,"c":1})"s,
          R"({"c":{}})"s,
          R"({"c":[]})"s,
          R"({"a":1e2})"s,
          R"({"a":01})"s,
          R"({"a":1.})"s,
          R"({"a":-})"s,
          R"({"a":.5})"s,
          R"({"a":1,})"s,
          R"({"a" 1})"s,
          R"({"a":tru})"s,
          R"({"a":nulll})"s,
          R"({"a":Null})"s,
          R"({"a":'x'})"s,
          R"({a:1})"s,
          "{\"a\":\"\t\"}"s,
          "{\"a\":\"\xff\"}"s,
          "{\"\xff\":1}"s,
          "{\"a\":\"\xc3\"}"s,
          R"({"b":"x"})"s,
          R"({"b":2147483648})"s,
          "{\"a\":" + std::string(65, '1') + "}",
          "{\"" + std::string(MemberNames::longest_name + 1, 'n') + "\":1}"}) {
        CAPTURE(unusual);
        CHECK_FALSE(scanning.takes(unusual));
    }
}

TEST_CASE("names of every length are told apart, when they are expected and when not") {
    std::vector<engine::Column> columns;
    std::string name;
    for (std::size_t length = 0; length <= MemberNames::longest_name; ++length, name += 'n')
        columns.push_back(column(name, integer));
    Scanning scanning(schema_of(columns));
    for (int round = 0; round < 3; ++round)
        for (std::size_t length = 1; length < columns.size(); ++length) {
            std::string other = columns[length].name;
            other.back() = 'm';
            for (const std::string& first : {columns[length].name, other}) {
                CAPTURE(round, length, first);
                REQUIRE(
                    scanning.takes("{\"" + first + "\":1,\"" + columns[length - 1].name + "\":2}"));
                CHECK(scanning.batch.column(length).is_null(0) == (first == other));
                CHECK(scanning.batch.column(length - 1).at<std::int32_t>(0) == 2);
            }
        }
}

TEST_CASE("a field whose name needs escapes is never found without them") {
    const engine::Schema schema =
        schema_of({at_path("a", {"x\":1,\"y"}, integer), at_path("b", {"x\\n"}, integer),
                   at_path("c", {"x\n"}, integer)});
    Comparison comparison(schema);
    for (const std::string& record : {R"({"x":1,"y":2})"s, R"({"x\n":1})"s, R"({"x\\n":1})"s,
                                      "{\"x\n\":1}"s, R"({"x\":1,\"y":2})"s})
        comparison.check(record);
    CHECK(comparison.taken == 1);
}

TEST_CASE("any number of names may come and go") {
    Comparison comparison(schema_of({column("a", integer)}));
    int number = 0;
    for (int i = 0; i < 500; ++i) {
        std::string record = "{";
        for (int left = i % 50; left > 0; --left)
            record += "\"name" + std::to_string(++number) + "\":0,";
        comparison.check(record + "\"a\":" + std::to_string(i) + "}");
    }
    CHECK(comparison.accepted == 500);
    CHECK(comparison.taken > 400);
    std::string many = "{";
    for (std::size_t i = 0; i <= MemberNames::most_others; ++i)
        many += "\"many" + std::to_string(i) + "\":0,";
    for (int i = 0; i < 3; ++i) {
        comparison.check(R"({"a":1,"name1":2})");
        comparison.check(many + "\"a\":1}");
        comparison.check(R"({"a":1,"name1":1,"name1":2})");
        comparison.check(many + "\"many0\":1}");
        comparison.check(R"({"name1":1,"a":2})");
        comparison.check(R"({"name1":1,"name1":2})");
    }
}

TEST_CASE("what the scanner has written of a record is undone") {
    const engine::Schema schema =
        schema_of({column("n", {Kind::numeric, -1, "numeric"}), column("a", integer)});
    Decoding scanned(schema), reference(schema);
    reference.decoder = make_reference_json_decoder(reference.schema);
    const std::string wide = R"({"n":)" + std::string(45, '7') + R"(,"a":1,"u":)";
    for (const std::string& rest : {R"("\n"})"s, R"({}})"s, R"(x})"s}) {
        scanned.add(wide + rest);
        reference.add(wide + rest);
        CHECK(difference(scanned.batch, reference.batch) == "");
        CHECK(scanned.batch.footprint() == reference.batch.footprint());
    }

    engine::Batch batch(schema);
    RowWriter writer(schema);
    batch.add(engine::Record(), [&](const engine::Record&, engine::Batch& to) {
        writer.begin(to);
        const std::size_t before = to.footprint();
        CHECK(writer.write(0, {Value::Shape::number, std::string(45, '7'), {}}));
        CHECK_FALSE(writer.write(1, {Value::Shape::string, "x", {}}));
        CHECK(to.footprint() > before);
        writer.undo();
        CHECK_FALSE(writer.refused());
        CHECK(to.footprint() == before);
        return std::optional<engine::Reject>();
    });
    CHECK(batch.column(0).is_null(0));
}

TEST_CASE(
    "a stream is read correctly when its records stop being flat, and when they are flat again") {
    Decoding scanned(schema_of({column("a", integer)}));
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(scanned.verdict(R"({"nested":{},"a":)" + std::to_string(i) + "}") == "accepted");
        REQUIRE(scanned.value<std::int32_t>(0) == i);
    }
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(scanned.verdict(R"({"a":)" + std::to_string(i) + "}") == "accepted");
        REQUIRE(scanned.value<std::int32_t>(0) == i);
    }
}

TEST_CASE("plain characters end in the same place by words as by any other way") {
    for (std::size_t at = 0; at < 40; ++at)
        for (int byte = 0; byte < 256; ++byte)
            for (const char before : {'x', '\xc3', '!', '#', '[', ' '}) {
                std::string all(40, before);
                all[at] = static_cast<char>(byte);
                all.append(padding, '\0');
                const bool stops = byte < 0x20 || byte == '"' || byte == '\\';
                for (const PlainRun run : {plain_run(all.data()), plain_run_by_words(all.data())}) {
                    REQUIRE(run.end - all.data() == (stops ? static_cast<long>(at) : 40));
                    REQUIRE(run.is_ascii ==
                            (stops ? before >= 0 || at == 0 : before >= 0 && byte < 0x80));
                }
            }
}
