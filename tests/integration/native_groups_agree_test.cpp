// The groups that the engine makes are those of PostgreSQL, over the same rows.
#include "expression_generator.hpp"
#include "tidewheel/engine/grouping.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

namespace {

// SELECT keys, aggregates FROM things WHERE … GROUP BY keys, as text and as the engine takes it.
struct Question {
    std::string text;
    engine::GroupQuery query;
};

Kind result_of(const std::string& function, Kind argument) {
    if (function == "count") return Kind::int64;
    if (function != "sum") return argument;
    if (argument == Kind::int16 || argument == Kind::int32) return Kind::int64;
    return argument == Kind::int64 ? Kind::numeric : argument;
}

std::optional<engine::Expression> tree(Both& both, const std::string& text) {
    auto resolved = both.resolve(text);
    if (auto* expression = std::get_if<engine::Expression>(&resolved)) return *expression;
    return std::nullopt;
}

std::optional<Question> question(Both& both, Random& random, Generator& generate) {
    static const Texts keys{"b",
                            "s",
                            "i",
                            "l",
                            "t",
                            "v",
                            "u",
                            "day",
                            "tz",
                            "d",
                            "p",
                            "c",
                            "date_trunc('day', tz)",
                            "date_trunc('month', ts)",
                            "i % 3",
                            "CASE WHEN b THEN 'x' ELSE t END"};
    static const std::vector<std::pair<std::string, std::vector<Kind>>> functions{
        {"count", {Kind::int32, Kind::text, Kind::numeric}},
        {"sum", {Kind::int16, Kind::int32, Kind::int64, Kind::numeric, Kind::numeric}},
        {"min", {Kind::int32, Kind::numeric, Kind::text, Kind::timestamptz, Kind::float64}},
        {"max", {Kind::int16, Kind::numeric, Kind::text, Kind::date, Kind::float32}},
        {"bool_and", {Kind::boolean}},
        {"bool_or", {Kind::boolean}},
        {"every", {Kind::boolean}},
        {"bit_and", {Kind::int16, Kind::int32, Kind::int64}},
        {"bit_or", {Kind::int16, Kind::int32, Kind::int64}},
        {"bit_xor", {Kind::int16, Kind::int32, Kind::int64}}};
    Question made;
    engine::Grouping grouping;
    Texts list, group;
    for (std::size_t i = random.below(4); i > 0; --i) {
        const std::string& key = random.of(keys);
        const auto resolved = tree(both, key);
        if (!resolved) return std::nullopt;
        grouping.keys.push_back(*resolved);
        list.push_back("(" + key + ")::text");
        group.push_back(key);
    }
    for (std::size_t i = 1 + random.below(3); i > 0; --i) {
        const auto& [function, kinds] = random.of(functions);
        const std::string argument = generate.of(random.of(kinds), 1);
        const auto resolved = tree(both, argument);
        if (!resolved) return std::nullopt;
        engine::Aggregate aggregate{function, *resolved, {}, {}};
        aggregate.result.kind = result_of(function, resolved->type.kind);
        std::string text = function + "(" + argument + ")";
        if (random.below(3) == 0) {
            const std::string filter = generate.of(Kind::boolean, 1);
            aggregate.filter = tree(both, filter);
            if (!aggregate.filter) return std::nullopt;
            text += " FILTER (WHERE " + filter + ")";
        }
        grouping.aggregates.push_back(std::move(aggregate));
        list.push_back("(" + text + ")::text");
    }
    grouping.aggregates.push_back({"count", {}, {}, {}});
    grouping.aggregates.back().result.kind = Kind::int64;
    list.push_back("count(*)::text");
    made.text = joined(list, " || '|' || ");
    Texts shown;
    for (const std::string& each : list)
        shown.push_back("COALESCE(" + each + ", 'NULL')");
    made.text = joined(shown, " || '|' || ");
    std::string rest;
    if (random.below(2)) {
        const std::string where = generate.of(Kind::boolean, 2);
        made.query.where = tree(both, where);
        if (!made.query.where) return std::nullopt;
        rest = "WHERE " + where;
    }
    if (!group.empty()) rest += " GROUP BY " + joined(group, ", ");
    made.text += "\n" + rest;
    made.query.groupings.push_back(std::move(grouping));
    return made;
}

std::optional<Texts> grouped(Both& both, const engine::GroupProgram& program) {
    const auto scratch = program.make_scratch();
    std::vector<std::uint32_t> all;
    for (std::uint32_t row = 0; row < both.batch().rows(); ++row)
        all.push_back(row);
    if (!program.run(both.batch(), all, *scratch)) return std::nullopt;
    const engine::Groups& groups = engine::GroupProgram::groups(*scratch, 0);
    Texts rows(groups.size);
    for (const engine::Vector& column : groups.columns) {
        const std::string separator = &column == &groups.columns.front() ? "" : "|";
        const Texts texts = both.texts_of(column, groups.size);
        for (std::size_t group = 0; group < groups.size; ++group)
            rows[group] += separator + texts[group];
    }
    std::ranges::sort(rows);
    return rows;
}

}  // namespace

TEST_CASE("groups by seed: the engine aggregates what PostgreSQL aggregates") {
    Both both(5);
    Random random(6);
    Generator generate(both.schema(), 7);
    int compared = 0, declined = 0, refused = 0, left = 0;
    for (int i = 0; i < 600; ++i) {
        const auto asked = question(both, random, generate);
        if (!asked) continue;
        INFO(asked->text);
        const auto compiled = engine::GroupProgram::compile(both.schema(), asked->query);
        const std::size_t line = asked->text.find('\n');
        if (!both.asked(asked->text.substr(0, line), asked->text.substr(line + 1) + " LIMIT 0"))
            continue;  // as apply says: a constant part of it fails
        auto theirs = both.asked(asked->text.substr(0, line), asked->text.substr(line + 1));
        if (std::holds_alternative<engine::Unsupported>(compiled)) {
            ++left;
            continue;
        }
        const auto ours = grouped(both, std::get<engine::GroupProgram>(compiled));
        if (!theirs) {
            CHECK_FALSE(ours);
            ++refused;
        } else if (!ours) {
            ++declined;
        } else {
            std::ranges::sort(*theirs);
            CHECK(*ours == *theirs);
            ++compared;
        }
    }
    CHECK(compared > 200);
    WARN("compared " << compared << ", declined " << declined << ", refused " << refused
                     << ", left to PostgreSQL " << left);
}
