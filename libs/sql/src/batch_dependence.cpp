#include "batch_dependence.hpp"

#include <fmt/format.h>

#include "functions.hpp"
#include "names.hpp"
#include "rows.hpp"

namespace tidewheel::sql {
namespace {

struct Clause {
    const char* field;
    const char* name;
    const char* hint;
};
constexpr Clause refused_clauses[] = {
    {"distinct_clause", "DISTINCT",
     "A primary key and ON CONFLICT DO NOTHING keep one row of a key."},
    {"group_clause", "GROUP BY", "Write a CREATE MATERIALIZED VIEW for totals."},
    {"having_clause", "HAVING", "Write a CREATE MATERIALIZED VIEW for totals."},
    {"window_clause", "WINDOW", "Query the stored rows with a window."},
    {"limit_count", "LIMIT", "A stream has no end; filter in WHERE."},
    {"limit_offset", "OFFSET", "A stream has no beginning; filter in WHERE."},
    {"locking_clause", "FOR UPDATE and the like", "Rows of a stream can't be locked."},
    {"into_clause", "INTO", "Name the table in INSERT INTO."},
};

int location_of_clause(ast::Select& select, const char* field_name) {
    int location = -1;
    ast::for_each_child(ast::message(select), [&](const ast::Field& field, ast::Message& child) {
        if (location < 0 && std::string_view(field.name) == field_name) {
            location = ast::location(child);
        }
    });
    return location > 0 ? location : ast::location(ast::message(select));
}

void refuse_clauses(ast::Select& select, std::string_view where, Refusals& refusals) {
    for (const Clause& clause : refused_clauses) {
        if (!ast::is_set(ast::message(select), clause.field)) continue;
        refusals.add(location_of_clause(select, clause.field),
                     fmt::format("{} is not supported in {}", clause.name, where), clause.hint);
    }
}

// Aggregates and window functions of this SELECT itself; those of a sub-select are checked with it.
void refuse_calls(ast::Select& select, std::string_view where, Refusals& refusals) {
    ast::walk(ast::message(select), [&](ast::Message& message) {
        if (ast::as<ast::Select>(&message)) return &message == &ast::message(select);
        if (is_aggregate(message)) {
            refusals.add(ast::location(message),
                         fmt::format("the aggregate {} is not supported in {}",
                                     function_name(message), where),
                         "Write a CREATE MATERIALIZED VIEW for totals; put an aggregate over the "
                         "record's own data into a sub-select.");
        } else if (is_window_call(message)) {
            refusals.add(ast::location(message),
                         fmt::format("the window function {} is not supported in {}",
                                     function_name(message), where),
                         "Query the stored rows with a window.");
        }
        return true;
    });
}

// Names that FROM of a sub-select gives its own columns; an unqualified name among them is not the
// stream's.
bool binds(ast::Select& select, const std::string& name) {
    bool found = false;
    for (ast::Node* item : TIDEWHEEL_NODES(select, from_clause)) {
        ast::walk(*ast::content(item), [&](ast::Message& message) {
            if (auto* string = ast::as<ast::String>(&message))
                found = found || name == string->sval;
            if (auto* column = ast::as<ast::ColumnDef>(&message)) {
                found = found || name == column->colname;
            }
            if (auto* target = ast::as<ast::Target>(&message))
                found = found || name == target->name;
            if (message.descriptor == &pg_query__alias__descriptor) {
                found = found || name == reinterpret_cast<PgQuery__Alias*>(&message)->aliasname;
            }
            return !ast::as<ast::ColumnRef>(&message);
        });
    }
    return found;
}

bool is_of_stream(const ast::ColumnRef& reference, ast::Select& subquery,
                  const StreamReference& stream_reference) {
    const auto name = ast::strings(TIDEWHEEL_NODES(reference, fields));
    if (name.size() > 1) return name[name.size() - 2] == alias_of(*stream_reference.place);
    return name.size() == 1 && has_column(*stream_reference.stream, name[0]) &&
           !binds(subquery, name[0]);
}

// PostgreSQL counts an aggregate whose columns are all of an outer SELECT to that SELECT: (SELECT
// max(s.price)) is an aggregate over the stream.
bool is_over_stream(ast::Message& aggregate, ast::Select& subquery,
                    const StreamReference& stream_reference) {
    bool any = false;
    bool all = true;
    ast::walk(aggregate, [&](ast::Message& message) {
        if (auto* reference = ast::as<ast::ColumnRef>(&message)) {
            any = true;
            all = all && is_of_stream(*reference, subquery, stream_reference);
        }
        return true;
    });
    return any && all;
}

void refuse_outer_aggregates(ast::Select& subquery, const StreamReference& stream_reference,
                             Refusals& refusals) {
    ast::walk(ast::message(subquery), [&](ast::Message& message) {
        if (ast::as<ast::Select>(&message)) return &message == &ast::message(subquery);
        if (is_aggregate(message) && is_over_stream(message, subquery, stream_reference)) {
            refusals.add(ast::location(message),
                         fmt::format("the aggregate {} is over columns of stream {}",
                                     function_name(message), stream_reference.stream->name.text()),
                         "It would aggregate over the batch. If another table's column is meant, "
                         "qualify it.");
        }
        return true;
    });
}

}  // namespace

void refuse_batch_dependence(const StreamReference& stream_reference, std::string_view where,
                             Refusals& refusals) {
    for (auto* level : stream_reference.levels) {
        refuse_clauses(*level, where, refusals);
        refuse_calls(*level, where, refusals);
    }
    for (auto* subquery : stream_reference.subqueries)
        refuse_outer_aggregates(*subquery, stream_reference, refusals);
}

}  // namespace tidewheel::sql
