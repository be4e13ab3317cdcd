#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "differential/comparison.hpp"
#include "differential/expression_generator.hpp"

namespace tidewheel::testing {

// Groupings by seed.
class GroupGenerator {
  public:
    GroupGenerator(Both& both, unsigned seed)
        : both_(both), random_(seed), generate_(both.schema(), seed + 1) {}

    // nullopt: one that no engine expression can hold.
    std::optional<Grouped> next() {
        parts_.clear();
        Texts keys, list;
        for (std::size_t i = random_.below(4); i > 0; --i)
            keys.push_back(key());
        parts_ = keys;
        std::vector<Call> calls;
        for (std::size_t i = 1 + random_.below(3); i > 0; --i)
            calls.push_back(call());
        const std::string where = random_.below(2) ? generate_.of(Kind::boolean, 2) : "";
        if (!where.empty()) parts_.push_back(where);
        const auto resolved = both_.resolve(parts_);
        if (std::holds_alternative<engine::Unsupported>(resolved)) return std::nullopt;
        return made(keys, calls, where, std::get<std::vector<engine::Expression>>(resolved));
    }

  private:
    struct Call {
        std::string function, argument, filter;
        std::string text() const {
            return function + "(" + argument + ")" +
                   (filter.empty() ? "" : " FILTER (WHERE " + filter + ")");
        }
    };

    std::string key() {
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
                                "n",
                                "ts",
                                "date_trunc('day', tz)",
                                "date_trunc('month', ts)",
                                "i % 3",
                                "CASE WHEN b THEN 'x' ELSE t END"};
        return random_.of(keys);
    }

    Call call() {
        using enum engine::Kind;
        static const std::vector<std::pair<std::string, std::vector<Kind>>> functions{
            {"count", {int32, text, numeric}},
            {"sum", {int16, int32, int64, numeric, numeric}},
            {"min", {int32, numeric, text, timestamptz, float64, time, timestamp}},
            {"max", {int16, int64, numeric, text, date, float32}},
            {"bool_and", {boolean}},
            {"bool_or", {boolean}},
            {"every", {boolean}},
            {"bit_and", {int16, int32, int64}},
            {"bit_or", {int16, int32, int64}},
            {"bit_xor", {int16, int32, int64}}};
        const auto& [function, kinds] = random_.of(functions);
        Call made{function, generate_.of(random_.of(kinds), 1), ""};
        parts_.push_back(made.argument);
        if (random_.below(3) == 0) {
            made.filter = generate_.of(Kind::boolean, 1);
            parts_.push_back(made.filter);
        }
        return made;
    }

    static Kind result_of(const std::string& function, Kind argument) {
        if (function == "count") return Kind::int64;
        if (function != "sum") return argument;
        if (argument == Kind::int16 || argument == Kind::int32) return Kind::int64;
        return argument == Kind::int64 ? Kind::numeric : argument;
    }

    // resolved: of the parts, in their order.
    static Grouped made(const Texts& keys, const std::vector<Call>& calls, const std::string& where,
                        const std::vector<engine::Expression>& resolved) {
        auto next = resolved.begin();
        Grouped question;
        engine::Grouping grouping;
        Texts shown;
        const auto show = [&](const std::string& text) {
            shown.push_back("COALESCE((" + text + ")::text, 'NULL')");
        };
        for (const std::string& each : keys) {
            grouping.keys.push_back(*next++);
            show(each);
        }
        for (const Call& each : calls) {
            engine::Aggregate aggregate{each.function, *next++, {}, {}};
            aggregate.result.kind = result_of(each.function, aggregate.argument->type.kind);
            if (!each.filter.empty()) aggregate.filter = *next++;
            grouping.aggregates.push_back(std::move(aggregate));
            show(each.text());
        }
        grouping.aggregates.push_back({"count", {}, {}, {}});
        grouping.aggregates.back().result.kind = Kind::int64;
        show("count(*)");
        if (!where.empty()) {
            question.query.where = *next++;
            question.rest = "WHERE " + where;
        }
        question.list = joined(shown, " || '|' || ");
        if (!keys.empty()) question.rest += " GROUP BY " + joined(keys, ", ");
        question.query.groupings.push_back(std::move(grouping));
        return question;
    }

    Both& both_;
    Random random_;
    Generator generate_;
    Texts parts_;
};

}  // namespace tidewheel::testing
