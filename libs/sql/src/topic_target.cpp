#include "tidewheel/sql/topic_target.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "deparse.hpp"
#include "names.hpp"
#include "stream_target.hpp"

namespace tidewheel::sql {
namespace {

using engine::ColumnOrigin;

constexpr std::size_t longest_name = 63;  // of PostgreSQL's identifiers, in bytes

// FNV-1a.
std::string hash_of(const std::string& text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return fmt::format("{:016x}", hash);
}

bool begins_with(const std::vector<std::string>& path, const std::vector<std::string>& prefix) {
    return prefix.size() <= path.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

// Two columns that are one field, or of which one is inside the other, can't both be written.
const StreamColumn* entangled_with(const Stream& stream, const StreamColumn& column) {
    for (const StreamColumn& other : stream.columns)
        if (&other != &column && other.source == ColumnOrigin::field &&
            begins_with(column.path, other.path))
            return &other;
    return nullptr;
}

void point_at(ast::Tree& tree, ast::Insert& insert, const RelationName& target) {
    insert.relation->schemaname = tree.arena().copy(target.schema);
    insert.relation->relname = tree.arena().copy(target.name);
}

void check_columns(const ast::Insert& insert, const Stream& stream, Refusals& refusals) {
    for (ast::Node* node : TIDEWHEEL_NODES(insert, cols)) {
        const auto* target = ast::as<ast::Target>(node);
        const auto column = std::ranges::find(stream.columns, target->name, &StreamColumn::name);
        if (column != stream.columns.end() && !is_writable(*column))
            refusals.add(
                target->location,
                fmt::format("column {} of {} can't be written", column->name, stream.name.text()),
                "It says where a record stands, or when it was sent: Kafka sets that. "
                "Fields and the key can be written.");
    }
    const auto fixed = std::ranges::find_if_not(stream.columns, is_writable);
    if (insert.n_cols == 0 && fixed != stream.columns.end())
        refusals.add(insert.relation->location,
                     fmt::format("this INSERT into {} doesn't name its columns, and column {} "
                                 "can't be written",
                                 stream.name.text(), fixed->name),
                     fmt::format("Write INSERT INTO {} (…), with the columns that the SELECT "
                                 "yields.",
                                 stream.name.text()));
}

}  // namespace

RelationName outbox_of(const RelationName& stream) {
    const std::string prefix = "outbox_of_";
    const std::string name = label(stream);
    return {"tidewheel",
            prefix + (prefix.size() + name.size() <= longest_name ? name : hash_of(name))};
}

bool is_writable(const StreamColumn& column) {
    return column.source == ColumnOrigin::field || column.source == ColumnOrigin::key;
}

const StreamColumn* key_of(const Stream& stream) {
    for (const StreamColumn& column : stream.columns)
        if (column.source == ColumnOrigin::key) return &column;
    const auto named = std::ranges::find(stream.columns, stream.key, &StreamColumn::name);
    return stream.key.empty() || named == stream.columns.end() ? nullptr : &*named;
}

bool is_value(const Stream& stream, const StreamColumn& column) {
    return column.source == ColumnOrigin::field && &column != key_of(stream);
}

Unwritable why_unwritable(const Stream& stream) {
    if (stream.format != "json")
        return {fmt::format("its format is {}", stream.format),
                "Records of the format json can be written."};
    if (stream.changes_of)
        return {"its records are the changes of table " + stream.changes_of->text(),
                "Declare another stream, of another topic."};
    if (!stream.rules.empty())
        return {"it has a route, and records go to the partition of their key",
                "Declare another stream, without a route."};
    if (std::ranges::none_of(stream.columns,
                             [&](const auto& each) { return is_value(stream, each); }))
        return {"it has no column that is a field, but the key", ""};
    const StreamColumn* key = key_of(stream);
    if (key && !stream.key.empty() && key->name != stream.key)
        return {fmt::format("its key is column {} by one option and {} by another", key->name,
                            stream.key),
                "Leave one of them out."};
    if (std::ranges::count(stream.columns, ColumnOrigin::key, &StreamColumn::source) > 1)
        return {"two of its columns are the key", ""};
    if (key && key->source == ColumnOrigin::key && !key->path.empty())
        return {fmt::format("its key is JSON, of which column {} is a field", key->name),
                "A key is written as the text of one column."};
    if (key && key->type == "bytea")
        return {fmt::format("its key, column {}, is of type bytea", key->name),
                "A key is written as the text of its column."};
    for (const StreamColumn& column : stream.columns)
        if (column.source == ColumnOrigin::field)
            if (const StreamColumn* other = entangled_with(stream, column))
                return {fmt::format("column {} is the field of column {}, or inside it",
                                    column.name, other->name),
                        "Declare another stream, in which each field is in one column."};
    return {};
}

std::string with_target(const std::string& insert, const RelationName& target) {
    ast::Tree tree(insert);
    point_at(tree, *tree.statement_as<ast::Insert>(), target);
    return ast::deparse(tree.statement());
}

void refuse_circle(const ast::Insert& insert, const Stream& into, const Stream* from,
                   Refusals& refusals) {
    if (from && from->topic == into.topic && !into.topic.empty())
        refusals.add(
            insert.relation->location,
            fmt::format("this INSERT reads topic {}, to which it writes: its records would "
                        "go round for ever",
                        into.topic),
            "Write to another topic.");
}

void write_to_stream(ast::Tree& tree, ast::Insert& insert, const Names& names, const Stream& stream,
                     RowStatement& rows, Refusals& refusals) {
    const int location = insert.relation->location;
    const bool is_broken = stream.topic.empty();  // which has been said
    const Unwritable why = why_unwritable(stream);
    if (!why.what.empty() && !is_broken)
        refusals.add(
            location,
            fmt::format("INSERT can't write to stream {}: {}", stream.name.text(), why.what),
            why.hint);
    if (insert.on_conflict_clause)
        refusals.add(location,
                     fmt::format("ON CONFLICT is not supported in an INSERT into stream {}",
                                 stream.name.text()),
                     "Records that were sent are not looked up. Leave ON CONFLICT out.");
    check_columns(insert, stream, refusals);
    rows.into_stream = names.created(stream.name);
    rows.target = outbox_of(*rows.into_stream);
    point_at(tree, insert, rows.target);
}

}  // namespace tidewheel::sql
