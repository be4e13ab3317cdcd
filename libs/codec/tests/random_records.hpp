#pragma once
#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decoding.hpp"

// Records by seed: usual ones, unusual ones, and ones with damage, for a schema of every type.
namespace tidewheel::codec::test {

// Fields by the name of their kind, some of them NOT NULL, with a DEFAULT or in objects. The type of
// `k`, a key in objects' paths, is jsonb; of `both`, text and json.
inline engine::Schema schema_of_all_types() {
    engine::Schema schema = schema_of({
        codec::column("bool", boolean),
        codec::column("small", {Kind::int16, -1, "smallint"}, true),
        codec::column("int", integer),
        codec::column("big", bigint),
        codec::column("real", {Kind::float32, -1, "real"}),
        codec::column("double", {Kind::float64, -1, "double precision"}),
        codec::column("numeric", {Kind::numeric, -1, "numeric"}),
        codec::column("price", codec::numeric(10, 2)),
        codec::column("text", text, true),
        codec::column("grüße", text),
        codec::column("varchar", codec::varchar(5)),
        codec::column("uuid", uuid),
        codec::column("date", {Kind::date, -1, "date"}),
        codec::column("time", {Kind::time, -1, "time"}),
        codec::column("timestamp", {Kind::timestamp, 3, "timestamp(3)"}),
        codec::column("timestamptz_with_a_long_name", timestamptz),
        codec::column("since", timestamptz),
        codec::column("json", json),
        codec::column("other", {Kind::other, -1, "point"}),
        codec::column("missing", integer),
        at_path("both", {"both"}, text),
        at_path("both_json", {"both"}, json),
        at_path("k", {"k"}, jsonb),
        at_path("k_m", {"k", "m"}, text),
    });
    schema.columns[static_cast<std::size_t>(schema.find("missing"))].fallback = "7";
    schema.columns[static_cast<std::size_t>(schema.find("since"))].epoch =
        engine::EpochUnit::millisecond;
    schema.route = {schema.find("text"), {{"here", {0}}, {"elsewhere", {1}}}};
    return schema;
}

class RandomRecords {
  public:
    explicit RandomRecords(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return random_() % limit; }
    bool one_in(std::size_t number) { return below(number) == 0; }

    // Members in an order that stays for some records, each of a type that its column takes.
    std::string usual() {
        if (names_.empty() || one_in(50)) reorder();
        std::string record = "{";
        for (const std::string& name : names_)
            if (name == "small" || name == "text" || !one_in(8))
                record += '"' + name + "\":" + space_ + usual_value(name) + ',' + space_;
        record.resize(record.size() - 1 - space_.size());
        return record + '}';
    }
    // Any values, white space, names that are repeated or not known.
    std::string unusual() {
        std::string record = any_space() + '{' + any_space();
        if (one_in(2)) record += R"("small": 1, "text": "here", )";
        for (std::size_t left = 1 + below(8); left > 0; --left) {
            const std::string name = any_name();
            record += name + any_space() + ':' + any_space() +
                      (one_in(3) ? any_value() : usual_value(name.substr(1, name.size() - 2))) +
                      any_space() + (left > 1 ? "," : "") + any_space();
        }
        return record + '}' + any_space();
    }
    // The same with bytes that are others, gone or new.
    std::string damaged(std::string record) {
        for (std::size_t left = 1 + below(2); left > 0 && !record.empty(); --left) {
            const std::size_t at = below(record.size());
            if (one_in(3))
                record.erase(at, 1 + below(3));
            else
                record.replace(at, below(2), 1, any_byte());
        }
        return record;
    }

  private:
    template <std::size_t size>
    std::string pick(const std::string_view (&from)[size]) {
        return std::string(from[below(size)]);
    }
    std::string digits(std::size_t count) {
        std::string all;
        while (count-- > 0)
            all += static_cast<char>('0' + below(10));
        return all;
    }
    void reorder();
    std::string usual_value(const std::string& name);
    std::string usual_number();
    std::string usual_string();
    std::string any_name();
    std::string any_value();
    std::string any_number();
    std::string any_string();
    std::string any_space();
    char any_byte();

    std::mt19937 random_;
    std::vector<std::string> names_;
    std::string space_;  // behind colons and commas
};

inline void RandomRecords::reorder() {
    names_.clear();
    for (const engine::Column& column : schema_of_all_types().columns)
        if (column.path.size() == 1 && column.path[0] == column.name) names_.push_back(column.name);
    for (std::size_t others = below(4); others > 0; --others)
        names_.push_back("other_" + digits(2) + std::string(below(30), 'x') + digits(3));
    std::shuffle(names_.begin(), names_.end(), random_);
    space_ = one_in(2) ? " " : "";
}

inline std::string RandomRecords::usual_value(const std::string& name) {
    const auto two = [this](std::size_t least, std::size_t count) {
        return std::to_string(least + below(count));
    };
    if (name != "small" && name != "text" && one_in(10)) return "null";
    if (name == "bool") return one_in(2) ? "true" : "false";
    if (name == "small") return (one_in(2) ? "-" : "") + std::to_string(below(32768));
    if (name == "int" || name == "missing") return std::to_string(below(1'000'000));
    if (name == "big") return std::to_string(below(1'000'000)) + "000000";
    if (name == "real" || name == "double" || name == "numeric") return usual_number();
    if (name == "price") return std::to_string(below(100'000)) + "." + digits(2);
    if (name == "text" && one_in(2)) return one_in(10) ? "\"elsewhere\"" : "\"here\"";
    if (name == "varchar") return '"' + digits(below(6)) + '"';
    if (name == "uuid") return "\"6e0a1c1e-7f5d-4d0a-9f5c-3b1f0d" + digits(6) + '"';
    if (name == "since") return "1714" + digits(9) + (one_in(3) ? "." + digits(3) : "");
    const std::string date = "20" + two(10, 20) + '-' + two(10, 3) + '-' + two(10, 19),
                      time = two(10, 14) + ':' + two(10, 50) + ':' + two(10, 50) + '.' + digits(6);
    if (name == "date") return '"' + date + '"';
    if (name == "time") return '"' + time + '"';
    if (name.starts_with("timestamp")) return '"' + date + 'T' + time + (one_in(2) ? "Z\"" : "\"");
    return one_in(3) ? usual_number() : usual_string();
}

inline std::string RandomRecords::usual_number() {
    const std::string sign = one_in(3) ? "-" : "", whole = std::to_string(below(10'000));
    return one_in(2) ? sign + whole : sign + whole + '.' + digits(1 + below(6));
}

inline std::string RandomRecords::usual_string() {
    static constexpr std::string_view parts[] = {
        "a", "plain text", " ", "é", "€", "\U0001f30a", "0123456789abcdef", "{}[],:", "\x7f"};
    std::string all = "\"";
    for (std::size_t left = below(6); left > 0; --left)
        all += pick(parts);
    return all + '"';
}

inline std::string RandomRecords::any_name() {
    static constexpr std::string_view names[] = {
        R"("bool")",  R"("small")", R"("int")",  R"("text")",   R"("t\u0065xt")", R"("grüße")",
        R"("other")", R"("both")",  R"("k")",    R"("price")",  R"("numeric")",   R"("")",
        R"("a")",     R"("ab")",    R"("smal")", R"("smallx")", R"("timestamp")", R"("uuid")",
        R"("json")",  R"("é\n")",   R"("date")", R"("time")",   R"("missing")",   R"("double")",
        R"("since")", R"("real")",  R"("big")",  "\"\xc3\"",    "text",           R"("varchar")"};
    if (one_in(10)) return '"' + std::string(below(90), 'n') + '"';
    return one_in(4) ? '"' + digits(2) + '"' : pick(names);
}

inline std::string RandomRecords::any_value() {
    static constexpr std::string_view values[] = {"true",
                                                  "false",
                                                  "null",
                                                  "{}",
                                                  "[]",
                                                  R"({"m": 1})",
                                                  R"({"m": "x", "m": 2})",
                                                  "[1, [\"]\"]]",
                                                  "\"6E0A1C1E7F5D4D0A9F5C3B1F0D9C2A11\"",
                                                  "\"{6e0a1c1e-7f5d-4d0a-9f5c-3b1f0d9c2a11}\"",
                                                  "\"2024-05-06\"",
                                                  "\"2024-05-06 07:08:09+02\"",
                                                  "\"24:00\"",
                                                  "\"07:08\"",
                                                  "\"yes\"",
                                                  "\" +5 \"",
                                                  "\"NaN\"",
                                                  "\"here\"",
                                                  "\"elsewhere\"",
                                                  "True",
                                                  "nul",
                                                  "truex",
                                                  "",
                                                  "\"",
                                                  "'a'"};
    return one_in(3) ? pick(values) : one_in(2) ? any_number() : any_string();
}

inline std::string RandomRecords::any_number() {
    static constexpr std::string_view numbers[] = {"0",
                                                   "-0",
                                                   "-0.0",
                                                   "00",
                                                   "01",
                                                   "-",
                                                   "+1",
                                                   "1.",
                                                   ".5",
                                                   "1.e1",
                                                   "1e",
                                                   "1e+",
                                                   "0e0",
                                                   "1E-5",
                                                   "1e308",
                                                   "1e309",
                                                   "-1e-308",
                                                   "1e-309",
                                                   "32767",
                                                   "32768",
                                                   "-32768",
                                                   "-32769",
                                                   "2147483647",
                                                   "2147483648",
                                                   "9223372036854775807",
                                                   "9223372036854775808",
                                                   "-9223372036854775808",
                                                   "0x1",
                                                   "12345678901234567890123456789012345678",
                                                   "123456789012345678901234567890123456789",
                                                   "0.1234567890123456789012345678901234567890",
                                                   "99999999.99",
                                                   "99999999.995",
                                                   "NaN",
                                                   "5.0"};
    if (one_in(20)) return digits(1 + below(1100));
    if (one_in(20)) return "0." + digits(1 + below(1100));
    return one_in(3) ? usual_number() : pick(numbers);
}

inline std::string RandomRecords::any_string() {
    using namespace std::string_view_literals;
    static constexpr std::string_view parts[] = {"a"sv,
                                                 "plain"sv,
                                                 R"(\n)"sv,
                                                 R"(\u00e9)"sv,
                                                 R"(\ud83c\udf0a)"sv,
                                                 R"(\ud83c)"sv,
                                                 R"(\u0000)"sv,
                                                 R"(\x)"sv,
                                                 R"(\")"sv,
                                                 "\t"sv,
                                                 "\n"sv,
                                                 "\x01"sv,
                                                 "\x1f"sv,
                                                 "\0"sv,
                                                 "\x7f"sv,
                                                 "\xc3\xa9"sv,
                                                 "\xc3"sv,
                                                 "\xa9"sv,
                                                 "\xe2\x82\xac"sv,
                                                 "\xe2\x82"sv,
                                                 "\xed\xa0\x80"sv,
                                                 "\xf0\x9f\x8c\x8a"sv,
                                                 "\xf4\x90\x80\x80"sv,
                                                 "\xff"sv,
                                                 "\xc0\x80"sv};
    if (one_in(3)) return usual_string();
    std::string all = '"' + std::string(below(40), 'x');
    for (std::size_t left = below(4); left > 0; --left)
        all += pick(parts);
    return all + std::string(below(20), 'y') + '"';
}

inline std::string RandomRecords::any_space() {
    static constexpr std::string_view spaces[] = {" ",     "\t", "\n", "\r",
                                                  " \n  ", "\v", "\f", "\xc2\xa0"};
    if (!one_in(20)) return "";
    return one_in(10) ? pick(spaces) : std::string(spaces[below(5)]);
}

inline char RandomRecords::any_byte() {
    static constexpr std::string_view bytes =
        "\"\\{}[],: \t\n-+.eE0123456789tfnu\x01\x1f\x7f\x80\xbf\xc3\xe2\xf0\xff";
    return one_in(3) ? static_cast<char>(below(256)) : bytes[below(bytes.size())];
}

}  // namespace tidewheel::codec::test
