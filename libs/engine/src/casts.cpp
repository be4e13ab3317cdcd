#include "casts.hpp"

#include <cmath>

#include "strict.hpp"
#include "tidewheel/engine/numeric_math.hpp"
#include "time_math.hpp"

namespace tidewheel::engine {
namespace {

struct Cast {
    Kind from, to;
    Kernel run;
};

template <Kind A, Kind B>
constexpr Cast between_integers{
    A, B, unary<A, B, [](std::int64_t a, auto& to) { return in_range<B>(a, to); }>};
template <Kind A>
constexpr Cast to_numeric{A, Kind::numeric,
                          unary<A, Kind::numeric, [](std::int64_t a, Numeric& to) {
                              to = from_integer(a);
                              return true;
                          }>};
template <Kind B>
constexpr Cast from_numeric{Kind::numeric, B,
                            unary<Kind::numeric, B, [](const Numeric& a, auto& to) {
                                std::int64_t value = 0;
                                return to_integer(a, value) && in_range<B>(value, to);
                            }>};
template <Kind A>
constexpr Cast to_float{A, Kind::float64, unary<A, Kind::float64, [](std::int64_t a, double& to) {
                            to = static_cast<double>(a);
                            return true;
                        }>};
constexpr auto same = [](const auto& a, auto& to) {
    to = a;
    return true;
};

const Cast casts[] = {
    between_integers<Kind::int16, Kind::int32>,
    between_integers<Kind::int16, Kind::int64>,
    between_integers<Kind::int32, Kind::int16>,
    between_integers<Kind::int32, Kind::int64>,
    between_integers<Kind::int64, Kind::int16>,
    between_integers<Kind::int64, Kind::int32>,
    to_numeric<Kind::int16>,
    to_numeric<Kind::int32>,
    to_numeric<Kind::int64>,
    from_numeric<Kind::int16>,
    from_numeric<Kind::int32>,
    from_numeric<Kind::int64>,
    to_float<Kind::int16>,
    to_float<Kind::int32>,
    to_float<Kind::int64>,
    {Kind::float32, Kind::float64, unary<Kind::float32, Kind::float64, same>},
    {Kind::numeric, Kind::float64, unary<Kind::numeric, Kind::float64, &to_double>},
    {Kind::numeric, Kind::numeric, unary<Kind::numeric, Kind::numeric, same>},
    {Kind::text, Kind::varchar, unary<Kind::text, Kind::varchar, same>},
    {Kind::varchar, Kind::text, unary<Kind::varchar, Kind::text, same>},
    {Kind::boolean, Kind::int32, unary<Kind::boolean, Kind::int32, same>},
    {Kind::timestamp, Kind::date, unary<Kind::timestamp, Kind::date, &date_of>},
    // The session's time zone is UTC.
    {Kind::timestamptz, Kind::date, unary<Kind::timestamptz, Kind::date, &date_of>},
    {Kind::timestamptz, Kind::timestamp, unary<Kind::timestamptz, Kind::timestamp, same>},
    {Kind::timestamp, Kind::timestamptz, unary<Kind::timestamp, Kind::timestamptz, same>},
};

bool fit_all(const Call& call, Arguments arguments, std::size_t rows, const Values& result) {
    const auto* a = arguments[0].as<Numeric>();
    auto* to = result.as<Numeric>();
    return over_rows(arguments, rows, result, [&, a, to](std::size_t row) {
        return fit(a[row], call.precision, call.scale, to[row]);
    });
}

}  // namespace

Kernel find_cast(Kind from, Kind to) {
    for (const Cast& cast : casts)
        if (cast.from == from && cast.to == to) return cast.run;
    return nullptr;
}

Kernel find_modifier(const Type& type) {
    return type.kind == Kind::numeric ? fit_all : nullptr;
}

}  // namespace tidewheel::engine
