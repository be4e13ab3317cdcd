#include "functions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "names.hpp"

namespace tidewheel::sql {
namespace {

template <std::size_t n>
bool among(const std::array<std::string_view, n>& sorted, std::string_view name) {
    return std::binary_search(sorted.begin(), sorted.end(), name);
}

constexpr std::array<std::string_view, 62> aggregates = {"any_value",
                                                         "array_agg",
                                                         "avg",
                                                         "bit_and",
                                                         "bit_or",
                                                         "bit_xor",
                                                         "bool_and",
                                                         "bool_or",
                                                         "corr",
                                                         "count",
                                                         "covar_pop",
                                                         "covar_samp",
                                                         "cume_dist",
                                                         "dense_rank",
                                                         "every",
                                                         "json_agg",
                                                         "json_agg_strict",
                                                         "json_arrayagg",
                                                         "json_object_agg",
                                                         "json_object_agg_strict",
                                                         "json_object_agg_unique",
                                                         "json_object_agg_unique_strict",
                                                         "json_objectagg",
                                                         "jsonb_agg",
                                                         "jsonb_agg_strict",
                                                         "jsonb_object_agg",
                                                         "jsonb_object_agg_strict",
                                                         "jsonb_object_agg_unique",
                                                         "jsonb_object_agg_unique_strict",
                                                         "max",
                                                         "min",
                                                         "mode",
                                                         "percent_rank",
                                                         "percentile_cont",
                                                         "percentile_disc",
                                                         "range_agg",
                                                         "range_intersect_agg",
                                                         "rank",
                                                         "regr_avgx",
                                                         "regr_avgy",
                                                         "regr_count",
                                                         "regr_intercept",
                                                         "regr_r2",
                                                         "regr_slope",
                                                         "regr_sxx",
                                                         "regr_sxy",
                                                         "regr_syy",
                                                         "st_asgeobuf",
                                                         "st_asmvt",
                                                         "st_clusterintersecting",
                                                         "st_collect",
                                                         "st_extent",
                                                         "st_memunion",
                                                         "stddev",
                                                         "stddev_pop",
                                                         "stddev_samp",
                                                         "string_agg",
                                                         "sum",
                                                         "var_pop",
                                                         "var_samp",
                                                         "variance",
                                                         "xmlagg"};
static_assert(std::is_sorted(aggregates.begin(), aggregates.end()));

constexpr std::array<std::string_view, 29> volatile_functions = {"clock_timestamp",
                                                                 "currval",
                                                                 "dblink",
                                                                 "gen_random_bytes",
                                                                 "gen_random_uuid",
                                                                 "gen_salt",
                                                                 "lastval",
                                                                 "nextval",
                                                                 "pg_advisory_lock",
                                                                 "pg_advisory_xact_lock",
                                                                 "pg_backend_pid",
                                                                 "pg_current_snapshot",
                                                                 "pg_current_wal_lsn",
                                                                 "pg_current_xact_id",
                                                                 "pg_notify",
                                                                 "pg_sleep",
                                                                 "pg_sleep_for",
                                                                 "pg_sleep_until",
                                                                 "random",
                                                                 "random_normal",
                                                                 "set_config",
                                                                 "setseed",
                                                                 "setval",
                                                                 "timeofday",
                                                                 "txid_current",
                                                                 "uuid_generate_v1",
                                                                 "uuid_generate_v1mc",
                                                                 "uuid_generate_v4",
                                                                 "uuidv7"};
static_assert(std::is_sorted(volatile_functions.begin(), volatile_functions.end()));

constexpr std::array<std::string_view, 3> now_functions = {"now", "statement_timestamp",
                                                           "transaction_timestamp"};
constexpr std::array<std::string_view, 4> now_constants = {"now", "today", "tomorrow", "yesterday"};
constexpr std::array<std::string_view, 6> time_types = {"date",        "time",   "timestamp",
                                                        "timestamptz", "timetz", "varchar"};

std::string precision(const ast::ValueFunction& function) {
    return function.typmod >= 0 ? fmt::format("({})", function.typmod) : "";
}

void refuse_now_constant(ast::TypeCast& cast, Refusals& refusals) {
    auto* constant = ast::as<ast::Constant>(cast.arg);
    if (!constant || constant->val_case != PG_QUERY__A__CONST__VAL_SVAL) return;
    std::string text = constant->sval->sval;
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool is_time =
        std::find(time_types.begin(), time_types.end(),
                  ast::last_string(TIDEWHEEL_NODES(*cast.type_name, names))) != time_types.end();
    if (!is_time || !among(now_constants, text)) return;
    refusals.add(
        ast::location(ast::message(*constant)),
        fmt::format(
            "the time constant '{}' is not supported: it means another time in every replay", text),
        "Write now() or current_date, which mean the record's own time.");
}

void refuse_volatile_call(ast::FunctionCall& call, Refusals& refusals) {
    const std::string name = ast::last_string(TIDEWHEEL_NODES(call, funcname));
    if (among(volatile_functions, name)) {
        refusals.add(
            ast::location(ast::message(call)),
            fmt::format("{}() is volatile: a replay of the topic could not repeat it", name),
            "Take the value from the record, or let a column's DEFAULT in the target produce it.");
    } else if (name == "age" && call.n_args == 1) {
        refusals.add(ast::location(ast::message(call)),
                     "age() with one argument depends on the day on which it runs",
                     "Write age(current_date, …).");
    }
}

}  // namespace

std::string builtin_name(const ast::FunctionCall& call) {
    const auto name = ast::strings(TIDEWHEEL_NODES(call, funcname));
    if (name.size() == 1 || (name.size() == 2 && name[0] == "pg_catalog")) return name.back();
    return {};
}

bool is_aggregate(ast::Message& message) {
    const auto type = ast::type_of(message);
    if (type == "JsonObjectAgg" || type == "JsonArrayAgg" || type == "GroupingFunc") return true;
    auto* call = ast::as<ast::FunctionCall>(&message);
    if (!call || call->over) return false;
    return call->agg_star || call->agg_distinct || call->agg_within_group || call->agg_filter ||
           call->n_agg_order > 0 || among(aggregates, builtin_name(*call));
}

bool contains_aggregate(ast::Message& root) {
    bool found = false;
    ast::walk(root, [&](ast::Message& message) {
        found = found || is_aggregate(message);
        return !found;
    });
    return found;
}

bool is_constant(const ast::Node& expression) {
    const ast::Node* inner = &expression;
    while (auto* cast = ast::as<ast::TypeCast>(inner))
        inner = cast->arg;
    return ast::as<ast::Constant>(inner) != nullptr;
}

bool is_window_call(ast::Message& message) {
    auto* call = ast::as<ast::FunctionCall>(&message);
    return call && call->over;
}

bool is_now(ast::Message& message) {
    if (auto* call = ast::as<ast::FunctionCall>(&message)) {
        return call->n_args == 0 && among(now_functions, builtin_name(*call));
    }
    auto* function = ast::as<ast::ValueFunction>(&message);
    return function && function->op <= PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP_N;
}

std::string type_of_now(ast::Message& message) {
    auto* function = ast::as<ast::ValueFunction>(&message);
    if (!function) return "timestamptz";
    switch (function->op) {
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE:
            return "date";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME:
            return "timetz";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME_N:
            return "timetz" + precision(*function);
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP_N:
            return "timestamptz" + precision(*function);
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME:
            return "time";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME_N:
            return "time" + precision(*function);
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP:
            return "timestamp";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP_N:
            return "timestamp" + precision(*function);
        default:
            return "timestamptz";
    }
}

void refuse_volatile(ast::Message& root, Refusals& refusals) {
    ast::walk(root, [&](ast::Message& message) {
        if (auto* call = ast::as<ast::FunctionCall>(&message))
            refuse_volatile_call(*call, refusals);
        if (auto* cast = ast::as<ast::TypeCast>(&message)) refuse_now_constant(*cast, refusals);
        return true;
    });
}

void refuse_now(ast::Message& root, const std::string& where, const std::string& hint,
                Refusals& refusals) {
    ast::walk(root, [&](ast::Message& message) {
        if (is_now(message)) {
            refusals.add(ast::location(message),
                         fmt::format("{} is not supported {}", function_name(message), where),
                         hint);
        }
        return true;
    });
}

void mention(const ast::FunctionCall& call, Refusals& refusals) {
    refusals.mention(Mention::What::function, call.location,
                     dotted(TIDEWHEEL_NODES(call, funcname)));
}

std::string function_name(ast::Message& message) {
    if (auto* call = ast::as<ast::FunctionCall>(&message)) {
        return ast::last_string(TIDEWHEEL_NODES(*call, funcname)) + "()";
    }
    auto* function = ast::as<ast::ValueFunction>(&message);
    if (!function) return std::string(ast::type_of(message));
    switch (function->op) {
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE:
            return "current_date";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME_N:
            return "current_time";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP_N:
            return "current_timestamp";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME_N:
            return "localtime";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP_N:
            return "localtimestamp";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_ROLE:
            return "current_role";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_USER:
            return "current_user";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_USER:
            return "user";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_SESSION_USER:
            return "session_user";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_CATALOG:
            return "current_catalog";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_SCHEMA:
            return "current_schema";
        default:
            return "?column?";
    }
}

}  // namespace tidewheel::sql
