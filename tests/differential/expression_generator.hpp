#pragma once
#include <string>

#include "differential/rows_in_both.hpp"

namespace tidewheel::testing {

inline std::string type_of(Kind kind) {
    const std::string array = postgres::array_type(kind);
    return array.substr(0, array.size() - 2);
}

// Constants of some types.
inline const Texts intervals{"interval '1 hour'",
                             "interval '-90 minutes'",
                             "interval '1 day 00:00:00.000001'",
                             "interval '1 month'",
                             "interval '-11 months -3 days 5 hours'",
                             "interval '400 years'",
                             "interval '0'"};
inline const Texts bins{"interval '15 minutes'", "interval '1 day'", "interval '00:00:00.000007'",
                        "interval '0'", "interval '1 month'"};
inline Texts moments(Kind kind) {
    Texts constants;
    for (const char* text : {"2000-01-01", "2024-02-29 12:34:56.789", "0001-01-01", "infinity"})
        constants.push_back("'" + std::string(text) + "'::" + type_of(kind));
    return constants;
}

// Expressions by seed, of a kind.
class Generator {
  public:
    Generator(const engine::Schema& schema, unsigned seed) : schema_(schema), random_(seed) {}

    std::string of(Kind kind, int depth) {
        if (depth == 0 || random_.below(5) == 0) return leaf(kind);
        switch (random_.below(6)) {
            case 0:
                return "CASE WHEN " + of(Kind::boolean, depth - 1) + " THEN " +
                       of(kind, depth - 1) + " WHEN " + of(Kind::boolean, depth - 1) + " THEN " +
                       of(kind, depth - 1) +
                       (random_.below(2) ? " ELSE " + of(kind, depth - 1) : "") + " END";
            case 1:
                return "COALESCE(" + of(kind, depth - 1) + ", " + of(kind, depth - 1) + ")";
            case 2:
                return "NULLIF(" + of(kind, depth - 1) + ", " + of(kind, depth - 1) + ")";
            default:
                return made(kind, depth);
        }
    }

  private:
    std::string leaf(Kind kind) {
        Texts columns;
        for (const engine::Column& column : schema_.columns)
            if (column.type.kind == kind) columns.push_back(column.name);
        if (!columns.empty() && random_.below(4) != 0) return random_.of(columns);
        return constant(kind);
    }

    std::string constant(Kind kind) {
        switch (kind) {
            case Kind::boolean:
                return random_.of(Texts{"true", "false", "NULL::boolean"});
            case Kind::int16:
                return random_.of(Texts{"3::smallint", "(-2)::smallint", "NULL::smallint"});
            case Kind::int32:
                return random_.of(Texts{"0", "1", "100", "-7", "NULL::integer"});
            case Kind::int64:
                return random_.of(Texts{"5::bigint", "9000000000", "NULL::bigint"});
            case Kind::float64:
                return random_.of(Texts{"2.5::double precision", "0::double precision"});
            case Kind::numeric:
                return random_.of(Texts{"100::numeric", "0.5", "3", "-2.50::numeric", "0.0",
                                        "1000000.000", "NULL::numeric"});
            case Kind::text:
                return random_.of(Texts{"'a'::text", "''::text", "'sale_event'", "NULL::text"});
            case Kind::date:
            case Kind::timestamp:
            case Kind::timestamptz:
                if (random_.below(4) != 0) return random_.of(moments(kind));
                return "NULL::" + type_of(kind);
            case Kind::time:
                return random_.of(Texts{"'12:30:00.5'::time", "NULL::time"});
            default:
                return "NULL::" + type_of(kind);
        }
    }

    std::string made(Kind kind, int depth) {
        const auto sub = [&](Kind of_kind) { return of(of_kind, depth - 1); };
        switch (kind) {
            case Kind::boolean:
                return test(depth);
            case Kind::int16:
            case Kind::int32:
            case Kind::int64:
                if (random_.below(4) == 0)
                    return "(" +
                           sub(random_.of(std::vector<Kind>{Kind::int16, Kind::int32, Kind::int64,
                                                            Kind::numeric})) +
                           ")::" + type_of(kind);
                return "(" + sub(kind) + random_.of(Texts{" + ", " - ", " * ", " / ", " % "}) +
                       sub(kind) + ")";
            case Kind::float64:
                return "(" + sub(kind) + random_.of(Texts{" + ", " - ", " * ", " / "}) + sub(kind) +
                       ")";
            case Kind::numeric:
                return number(depth);
            case Kind::timestamp:
            case Kind::timestamptz:
                if (random_.below(3) == 0)
                    return "date_bin(" + random_.of(bins) + ", " + sub(kind) + ", " +
                           random_.of(moments(kind)) + ")";
                if (random_.below(2) == 0)
                    return "(" + sub(kind) + random_.of(Texts{" + ", " - "}) +
                           random_.of(intervals) + ")";
                return "date_trunc('" +
                       random_.of(Texts{"second", "minute", "hour", "day", "week", "month",
                                        "quarter", "year"}) +
                       "', " + sub(kind) + ")";
            case Kind::date:
                return "(" + sub(random_.below(2) ? Kind::timestamp : Kind::timestamptz) +
                       ")::date";
            case Kind::text:
                if (random_.below(2) == 0) return "(v)::text";
                return random_.of(Texts{"lower", "upper"}) + "(" + sub(kind) + ")";
            default:
                return leaf(kind);
        }
    }

    std::string number(int depth) {
        const auto sub = [&] { return of(Kind::numeric, depth - 1); };
        switch (random_.below(6)) {
            case 0:
                return "(" + of(Kind::int32, depth - 1) + ")::numeric";
            case 1:
                return "(" + sub() + ")::numeric(12,3)";
            case 2:
                return random_.of(Texts{"round", "trunc", "ceil", "floor", "abs", "-"}) + "(" +
                       sub() + ")";
            case 3:
                return random_.of(Texts{"round", "trunc"}) + "(" + sub() + ", " +
                       random_.of(Texts{"0", "2", "5", "-1"}) + ")";
            case 4:
                return "extract(" +
                       random_.of(Texts{"second", "minute", "hour", "day", "month", "quarter",
                                        "year", "dow", "isodow", "doy", "epoch"}) +
                       " FROM " + of(random_.below(2) ? Kind::timestamp : Kind::timestamptz, 1) +
                       ")";
            default:
                return "(" + sub() + random_.of(Texts{" + ", " - ", " * ", " / ", " % "}) + sub() +
                       ")";
        }
    }

    std::string test(int depth) {
        static const std::vector<Kind> comparable{
            Kind::int16,     Kind::int32,   Kind::int64,      Kind::float64, Kind::numeric,
            Kind::text,      Kind::uuid,    Kind::date,       Kind::time,    Kind::float32,
            Kind::timestamp, Kind::boolean, Kind::timestamptz};
        const Kind kind = random_.of(comparable);
        const auto sub = [&] { return of(kind, depth - 1); };
        const auto truth = [&] { return of(Kind::boolean, depth - 1); };
        switch (random_.below(10)) {
            case 0:
                return "(" + truth() + " AND " + truth() + ")";
            case 1:
                return "(" + truth() + " OR " + truth() + ")";
            case 2:
                return "(NOT " + truth() + ")";
            case 3:
                return "((" + sub() + ") IS " + random_.of(Texts{"NULL", "NOT NULL"}) + ")";
            case 4:
                return "((" + truth() + ") IS " +
                       random_.of(Texts{"TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "UNKNOWN",
                                        "NOT UNKNOWN"}) +
                       ")";
            case 5:
                return "(" + sub() + " IS " + random_.of(Texts{"", "NOT "}) + "DISTINCT FROM " +
                       sub() + ")";
            case 6:
                return "(" + sub() + random_.of(Texts{" IN (", " NOT IN ("}) + sub() + ", " +
                       sub() + "))";
            case 7:
                return "(" + sub() + " BETWEEN " + sub() + " AND " + sub() + ")";
            case 8:
                return "(" + of(Kind::text, depth - 1) + random_.of(Texts{" LIKE ", " NOT LIKE "}) +
                       random_.of(Texts{"'a%'", "'%b'", "'_'", "'%_%'", "''", "'a\\_b%'", "'%é%'",
                                        "'%ü_i%'"}) +
                       ")";
            default:
                return "(" + sub() +
                       random_.of(Texts{" = ", " <> ", " < ", " <= ", " > ", " >= "}) + sub() + ")";
        }
    }

    const engine::Schema& schema_;
    Random random_;
};

}  // namespace tidewheel::testing
