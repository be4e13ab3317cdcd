#include "tidewheel/engine/row_program.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::engine;
using Node = Expression::Node;

namespace {

Type type(Kind kind, const std::string& sql) {
    return {kind, -1, sql};
}

Schema two_columns(const Type& first) {
    Schema schema;
    schema.columns = {{.name = "a", .type = first, .path = {"a"}, .header = {}, .fallback = {}},
                      {.name = "n",
                       .type = type(Kind::int32, "integer"),
                       .path = {"n"},
                       .header = {},
                       .fallback = {}}};
    return schema;
}

Expression column(const Schema& schema, std::size_t index) {
    Expression expression;
    expression.node = Node::column;
    expression.column = index;
    expression.type = schema.columns[index].type;
    return expression;
}

Expression number(const std::string& text) {
    Expression expression;
    expression.constant = text;
    expression.type = type(Kind::int32, "integer");
    return expression;
}

Expression call(const std::string& name, const Type& result, std::vector<Expression> arguments) {
    Expression expression;
    expression.node = Node::call;
    expression.name = name;
    expression.type = result;
    expression.arguments = std::move(arguments);
    return expression;
}

// Rows of (a value of `values` or NULL, the row's number).
template <class T>
Batch batch_of(const Schema& schema, const std::vector<std::optional<T>>& values) {
    Batch batch(schema);
    for (const auto& value : values)
        batch.add(Record(), [&](const Record&, Batch& into) -> std::optional<Reject> {
            if (value) into.column(0).set(into.row(), *value);
            into.column(1).set(into.row(), static_cast<std::int32_t>(into.row()));
            return std::nullopt;
        });
    return batch;
}

std::vector<std::uint32_t> all_of(const Batch& batch) {
    std::vector<std::uint32_t> rows(batch.rows());
    std::iota(rows.begin(), rows.end(), 0u);
    return rows;
}

// The numbers of the rows that the query keeps, in its order; its last value is that column.
std::vector<std::int32_t> kept(const Schema& schema, const RowQuery& query, const Batch& batch) {
    const RowProgram program = std::get<RowProgram>(RowProgram::compile(schema, query));
    const auto scratch = program.make_scratch();
    const std::vector<std::uint32_t> rows = all_of(batch);
    const SelectedRows* selected = program.run(batch, rows, *scratch);
    REQUIRE(selected);
    std::vector<std::int32_t> numbers;
    for (std::size_t row = 0; row < selected->size(); ++row) {
        const auto [vector, place] = selected->at(row, query.values.size() - 1);
        numbers.push_back(vector.at<std::int32_t>(place));
    }
    return numbers;
}

template <class T>
std::vector<std::int32_t> in_key_order(const Type& of, const std::vector<std::optional<T>>& values,
                                       bool sorted = true) {
    const Schema schema = two_columns(of);
    return kept(schema,
                {.where = {},
                 .values = {column(schema, 0), column(schema, 1)},
                 .key = {0},
                 .in_key_order = sorted},
                batch_of(schema, values));
}

}  // namespace

TEST_CASE("rows come in the order of their key, NULL last, the first of each key alone") {
    using Numbers = std::vector<std::int32_t>;
    constexpr std::optional<std::int64_t> null;
    using Integers = std::vector<std::optional<std::int64_t>>;
    const Type bigint = type(Kind::int64, "bigint");
    CHECK(in_key_order<std::int64_t>(
              bigint, Integers{5, null, -3, 5, null, std::numeric_limits<std::int64_t>::min(),
                               -3}) == Numbers{5, 2, 0, 1, 4});
    CHECK(in_key_order<std::int64_t>(bigint, Integers{5, null, -3, 5, null, -3}, false) ==
          Numbers{0, 1, 2, 4});
    CHECK(in_key_order<std::int32_t>(type(Kind::int32, "integer"), {7, -7, 0, 7}) ==
          Numbers{1, 2, 0});
    // Longer than what is compared as one number, and with each other's beginnings.
    CHECK(in_key_order<std::string_view>(
              type(Kind::text, "text"), {"abcdefghj", "abcdefghi", "", "abcdefgh", "b", "abcdefghi",
                                         "\xc3\xa5"}) == Numbers{2, 3, 1, 0, 4, 6});
    CHECK(in_key_order<double>(type(Kind::float64, "double precision"),
                               {NAN, 1.5, -0.0, 0.0, -INFINITY, NAN}) == Numbers{4, 2, 1, 0});
    CHECK(in_key_order<Numeric>(type(Kind::numeric, "numeric"),
                                {Numeric::of(150, 2, 2), Numeric::of(-1, 0, 0),
                                 Numeric::of(15, 1, 1)}) == Numbers{1, 0});
    CHECK(in_key_order<Uuid>(type(Kind::uuid, "uuid"), {Uuid{{0xff, 1}}, Uuid{{0, 2}}, Uuid{{0xff}},
                                                        Uuid{{0, 2}}}) == Numbers{1, 2, 0});
    CHECK(in_key_order<std::uint8_t>(type(Kind::boolean, "boolean"), {1, 0, 1}) == Numbers{1, 0});
}

TEST_CASE("rows of one key come in rounds, from the first on or from the last") {
    using Numbers = std::vector<std::int32_t>;
    constexpr std::optional<std::int32_t> null;
    const Schema schema = two_columns(type(Kind::int32, "integer"));
    const Batch batch = batch_of<std::int32_t>(schema, {7, null, 3, 7, 3, null, 7, 9});
    struct Rounds {
        Numbers rows;
        std::vector<std::size_t> sizes;
        bool operator==(const Rounds&) const = default;
    };
    const auto rounds = [&](Repeats repeats, const Batch& of) {
        const RowQuery query{.where = {},
                             .values = {column(schema, 0), column(schema, 1)},
                             .key = {0},
                             .repeats = repeats};
        const RowProgram program = std::get<RowProgram>(RowProgram::compile(schema, query));
        const auto scratch = program.make_scratch();
        const SelectedRows* rows = program.run(of, all_of(of), *scratch);
        Rounds found;
        for (std::size_t row = 0; row < rows->size(); ++row) {
            const auto [vector, place] = rows->at(row, 1);
            found.rows.push_back(vector.at<std::int32_t>(place));
        }
        for (std::size_t round = 0; round < rows->rounds(); ++round)
            found.sizes.push_back(rows->round(round).size());
        return found;
    };
    CHECK(rounds(Repeats::in_rounds, batch) == Rounds{{2, 0, 7, 1, 4, 3, 5, 6}, {4, 3, 1}});
    CHECK(rounds(Repeats::last_first, batch) == Rounds{{4, 6, 7, 5, 2, 3, 1, 0}, {4, 3, 1}});
    CHECK(rounds(Repeats::kept, batch) == Rounds{{0, 1, 2, 3, 4, 5, 6, 7}, {8}});
    CHECK(rounds(Repeats::dropped, batch) == Rounds{{0, 1, 2, 5, 7}, {5}});
    CHECK(rounds(Repeats::in_rounds, batch_of<std::int32_t>(schema, {})) == Rounds{{}, {}});
}

TEST_CASE("a value that what it is stored in doesn't take declines the rows") {
    const Type text = type(Kind::text, "text");
    const Schema schema = two_columns(text);
    Expression computed = column(schema, 0);
    computed.node = Node::coalesce;
    computed.arguments = {column(schema, 0)};
    const auto takes = [&](const ValueLimit& limit, std::optional<std::string_view> value) -> bool {
        const Batch batch = batch_of<std::string_view>(schema, {"", value, "a"});
        std::vector<bool> taken;
        for (const Expression& of : {column(schema, 0), computed}) {
            const RowQuery query{.where = {}, .values = {of}, .limits = {limit}};
            const RowProgram program = std::get<RowProgram>(RowProgram::compile(schema, query));
            taken.push_back(program.run(batch, all_of(batch), *program.make_scratch()));
        }
        CHECK(taken[0] == taken[1]);
        return taken[0];
    };
    CHECK(takes({}, std::nullopt));
    CHECK_FALSE(takes({.nullable = false}, std::nullopt));
    CHECK(takes({.nullable = false, .characters = 3}, "züé"));
    CHECK_FALSE(takes({.nullable = true, .characters = 3}, "züé "));
    CHECK(takes({.nullable = true, .characters = 3}, std::nullopt));
}

TEST_CASE("WHERE takes what it holds for, and values are computed of that alone") {
    const Schema schema = two_columns(type(Kind::int32, "integer"));
    std::vector<std::optional<std::int32_t>> values(3 * Program::most_rows);
    for (std::size_t i = 0; i < values.size(); ++i)
        if (i % 3 != 0) values[i] = static_cast<std::int32_t>(i % 3 - 1);  // NULL, 0, 1
    const Type integer = type(Kind::int32, "integer");
    // n / a fails for 0, which WHERE leaves out.
    const RowQuery query{
        call(">", type(Kind::boolean, "boolean"), {column(schema, 0), number("0")}),
        {call("/", integer, {column(schema, 1), column(schema, 0)})}};
    std::vector<std::int32_t> expected;
    for (std::size_t i = 2; i < values.size(); i += 3)
        expected.push_back(static_cast<std::int32_t>(i));
    CHECK(kept(schema, query, batch_of(schema, values)) == expected);
}

TEST_CASE("a value that PostgreSQL would refuse declines the rows") {
    const Schema schema = two_columns(type(Kind::int32, "integer"));
    const RowQuery query{
        {}, {call("/", type(Kind::int32, "integer"), {number("1"), column(schema, 0)})}};
    const RowProgram program = std::get<RowProgram>(RowProgram::compile(schema, query));
    const auto scratch = program.make_scratch();
    const Batch good = batch_of<std::int32_t>(schema, {1, 2});
    const Batch bad = batch_of<std::int32_t>(schema, {1, 0});
    CHECK_FALSE(program.run(bad, all_of(bad), *scratch));
    const SelectedRows* rows = program.run(good, all_of(good), *scratch);
    REQUIRE(rows);
    CHECK(rows->size() == 2);
}

TEST_CASE("what the engine can't hold or order is left to PostgreSQL") {
    const Schema schema = two_columns(type(Kind::other, "point"));
    const auto reason = [&](const RowQuery& query) {
        const auto compiled = RowProgram::compile(schema, query);
        return std::get<Unsupported>(compiled).reason;
    };
    CHECK(reason({{}, {column(schema, 0)}}) == "type point");
    CHECK(reason({column(schema, 1), {column(schema, 1)}}) == "type integer");
    const Schema with_json = two_columns(type(Kind::jsonb, "jsonb"));
    CHECK(std::get<Unsupported>(
              RowProgram::compile(with_json,
                                  {.where = {}, .values = {column(with_json, 0)}, .key = {0}}))
              .reason == "a key of type jsonb");
}
