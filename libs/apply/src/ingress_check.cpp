#include "ingress_check.hpp"

#include <algorithm>

#include "error_location.hpp"

namespace tidewheel::apply {
namespace {

using engine::ColumnOrigin;
using engine::Kind;

[[noreturn]] void refuse(const PipelineFiles& files, const sql::Statement& statement,
                         const std::string& word, std::string what, std::string hint) {
    throw sql::PipelineError(
        {diagnostic_at_word(files, statement, word, std::move(what), std::move(hint))});
}

// Kinds whose values have one text each.
bool can_be_key(Kind kind) {
    constexpr Kind kinds[] = {Kind::text,  Kind::varchar, Kind::uuid,
                              Kind::int16, Kind::int32,   Kind::int64};
    return std::ranges::find(kinds, kind) != std::end(kinds);
}

// Whether what writes the record gives it what this column takes from beside the value.
bool is_given(const engine::Column& column, const catalogue::StoredStream& stream) {
    if (column.source == ColumnOrigin::key)
        return column.path.empty() && !stream.stream.key.empty() &&
               stream.schema.columns
                   .at(static_cast<std::size_t>(stream.schema.find(stream.stream.key)))
                   .not_null;
    const bool is_idempotency_key =
        column.header == sql::idempotency_header && !stream.stream.ingress.empty();
    return column.source != ColumnOrigin::header || is_idempotency_key;
}

void check_key(const PipelineFiles& files, const sql::Statement& statement,
               const catalogue::StoredStream& stream) {
    const std::string& key = stream.stream.key;
    const engine::Column& column =
        stream.schema.columns.at(static_cast<std::size_t>(stream.schema.find(key)));
    if (column.source != ColumnOrigin::field)
        refuse(files, statement, "key", "key '" + key + "' is not a field of the record",
               "Name a column that takes its value from the JSON object.");
    if (!can_be_key(column.type.kind))
        refuse(files, statement, "key",
               "key '" + key + "' is of type " + column.type.sql + ", which can't be a key",
               "A key can be text, varchar, uuid, smallint, integer or bigint.");
}

// What the route's rules are compared with is the text in the record.
void check_route(const PipelineFiles& files, const sql::Statement& statement,
                 const catalogue::StoredStream& stream) {
    const std::string& route = stream.stream.route;
    if (route.empty()) return;
    const engine::Column& column =
        stream.schema.columns.at(static_cast<std::size_t>(stream.schema.find(route)));
    if (column.type.kind != Kind::text && column.type.kind != Kind::varchar)
        refuse(files, statement, "route",
               "route '" + route + "' is of type " + column.type.sql +
                   ", by which no ingress can choose a partition",
               "With an ingress, route by a column of type text.");
}

const sql::Statement* declaration_of(const catalogue::StoredStream& stream,
                                     const std::vector<Change>& changes,
                                     const std::string& schema) {
    for (const Change& change : changes) {
        const auto* declared = std::get_if<sql::Stream>(&change.statement.body);
        if (declared && qualified(declared->name, schema) == stream.stream.name)
            return &change.statement;
    }
    return nullptr;
}

}  // namespace

void check_ingress(const PipelineFiles& files, const sql::Statement& statement,
                   const catalogue::StoredStream& stream) {
    if (!stream.stream.key.empty()) check_key(files, statement, stream);
    const bool has_ingress = !stream.stream.ingress.empty();
    if (!has_ingress && stream.stream.source.url.empty()) return;
    check_route(files, statement, stream);
    for (const engine::Column& column : stream.schema.columns)
        if (column.not_null && !is_given(column, stream))
            refuse(
                files, statement, column.name,
                "column " + column.name + " is NOT NULL, but no " +
                    (has_ingress ? "request" : "source") + " can give it a value",
                column.source == ColumnOrigin::key
                    ? "The option key 'column' says which field becomes the key; the field must be "
                      "NOT NULL, too."
                    : (has_ingress ? "The only header that becomes one of the record is "
                                     "Idempotency-Key."
                                   : "Records from a source have no headers."));
}

void require_own_paths(const PipelineFiles& files, const std::vector<Change>& changes,
                       const std::vector<catalogue::StoredStream>& streams,
                       const std::string& schema) {
    for (const catalogue::StoredStream& stream : streams) {
        const sql::Statement* statement = declaration_of(stream, changes, schema);
        if (!statement || stream.stream.ingress.empty()) continue;
        for (const catalogue::StoredStream& other : streams)
            if (other.id != stream.id && other.stream.ingress == stream.stream.ingress)
                refuse(files, *statement, "ingress",
                       "ingress '" + stream.stream.ingress + "' is also that of stream " +
                           sql::label(other.stream.name),
                       "Each stream needs a path of its own.");
    }
}

}  // namespace tidewheel::apply
