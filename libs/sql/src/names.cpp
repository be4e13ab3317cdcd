#include "names.hpp"

#include <algorithm>

namespace tidewheel::sql {

std::string RelationName::quoted() const {
    return schema.empty() ? ast::quote_identifier(name)
                          : ast::quote_identifier(schema) + "." + ast::quote_identifier(name);
}

std::string RelationName::text() const {
    return schema.empty() ? name : schema + "." + name;
}

RelationName relation_name(const ast::RangeVar& range) {
    return {range.schemaname, range.relname};
}

std::string alias_of(const ast::RangeVar& range) {
    return range.alias ? range.alias->aliasname : range.relname;
}

bool may_be_same(const RelationName& left, const RelationName& right) {
    return left.name == right.name &&
           (left.schema.empty() || right.schema.empty() || left.schema == right.schema);
}

const Stream* find_stream(const std::vector<Stream>& streams, const RelationName& name) {
    const auto exact = [&](const Stream& stream) { return stream.name == name; };
    const auto loose = [&](const Stream& stream) { return may_be_same(stream.name, name); };
    auto found = std::find_if(streams.begin(), streams.end(), exact);
    if (found == streams.end()) found = std::find_if(streams.begin(), streams.end(), loose);
    return found == streams.end() ? nullptr : &*found;
}

bool has_column(const Stream& stream, const std::string& name) {
    return std::any_of(stream.columns.begin(), stream.columns.end(),
                       [&](const StreamColumn& column) { return column.name == name; });
}

std::vector<std::string> column_names(const Stream& stream) {
    std::vector<std::string> names;
    for (const auto& column : stream.columns)
        names.push_back(column.name);
    return names;
}

}  // namespace tidewheel::sql
