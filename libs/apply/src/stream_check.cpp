#include "stream_check.hpp"

#include "error_location.hpp"
#include "tree_check.hpp"

namespace tidewheel::apply {
namespace {

// What a source gives, in words, and the type that fits it.
std::pair<std::string, std::string> given_by(engine::ColumnOrigin source) {
    switch (source) {
        case engine::ColumnOrigin::key:
            return {"a key, which is text", "text and convert it in the statements that read it"};
        case engine::ColumnOrigin::header:
            return {"a header, which is text",
                    "text and convert it in the statements that read it"};
        case engine::ColumnOrigin::headers:
            return {"headers, which are a list", "jsonb"};
        case engine::ColumnOrigin::value:
            return {"a record's value", "bytea, or as text and convert it in the statements"};
        case engine::ColumnOrigin::tombstone:
            return {"whether a record has no value", "boolean"};
        case engine::ColumnOrigin::timestamp:
            return {"a record's time", "timestamptz"};
        default:
            return {"a partition or an offset", "bigint"};
    }
}

bool can_hold(const engine::Column& column) {
    using engine::Kind;
    const Kind kind = column.type.kind;
    const bool is_moment = kind == Kind::timestamp || kind == Kind::timestamptz;
    switch (column.source) {
        case engine::ColumnOrigin::field:
            return true;
        case engine::ColumnOrigin::timestamp:
            return is_moment;
        case engine::ColumnOrigin::key:
            if (!column.path.empty()) return true;  // a field of it
            [[fallthrough]];
        case engine::ColumnOrigin::header:
            return kind != Kind::json && kind != Kind::jsonb && kind != Kind::other;
        case engine::ColumnOrigin::headers:
            return kind == Kind::jsonb;
        case engine::ColumnOrigin::value:
            return kind == Kind::bytea || kind == Kind::text || kind == Kind::varchar;
        case engine::ColumnOrigin::tombstone:
            return kind == Kind::boolean;
        case engine::ColumnOrigin::partition:
        case engine::ColumnOrigin::offset:
            break;
    }
    return !is_moment && kind != Kind::boolean && kind != Kind::uuid && kind != Kind::date &&
           kind != Kind::time && kind != Kind::bytea;
}

}  // namespace

void check_stream(postgres::Transaction& transaction, const PipelineFiles& files,
                  const sql::Statement& statement, const sql::RelationName& stream) {
    const std::string tree =
        "SELECT conbin::text FROM pg_constraint WHERE contype = 'c' AND conrelid = " +
        postgres::quote_literal(stream.quoted()) + "::regclass";
    check_constraint_tree(transaction, files, statement, tree);
}

void check_sources(const PipelineFiles& files, const sql::Statement& statement,
                   const engine::Schema& schema) {
    for (const engine::Column& column : schema.columns) {
        if (can_hold(column)) continue;
        const auto [what, type] = given_by(column.source);
        throw sql::PipelineError({diagnostic_at_word(
            files, statement, column.name,
            "column " + column.name + " of type " + column.type.sql + " can't hold " + what,
            "Declare it as " + type + ".")});
    }
}

}  // namespace tidewheel::apply
