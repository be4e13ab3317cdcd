#include "names.hpp"

#include <algorithm>

namespace tidewheel::sql {

RelationName relation_name(const ast::RangeVar& range) {
    return {range.schemaname, range.relname};
}

std::string alias_of(const ast::RangeVar& range) {
    return range.alias ? range.alias->aliasname : range.relname;
}

std::string dotted(ast::Nodes parts) {
    std::string name;
    for (const auto& part : ast::strings(parts))
        name += (name.empty() ? "" : ".") + part;
    return name;
}

Names::Names(std::vector<Stream> known, Scope scope)
    : streams_(std::move(known)), scope_(std::move(scope)) {}

RelationName Names::created(const RelationName& name) const {
    return {name.schema.empty() ? scope_.search_path.front() : name.schema, name.name};
}

bool Names::has(const RelationName& name) const {
    const auto is_it = [&](const Stream& stream) { return created(stream.name) == name; };
    return others_.contains(name) || std::any_of(streams_.begin(), streams_.end(), is_it) ||
           (scope_.exists && scope_.exists(name));
}

RelationName Names::resolve(const RelationName& name) const {
    if (!name.schema.empty()) return name;
    for (const std::string& schema : scope_.search_path)
        if (has({schema, name.name})) return {schema, name.name};
    return created(name);
}

const Stream* Names::stream(const RelationName& name) const {
    const RelationName meant = resolve(name);
    const auto found = std::find_if(streams_.begin(), streams_.end(), [&](const Stream& stream) {
        return created(stream.name) == meant;
    });
    return found == streams_.end() ? nullptr : &*found;
}

const Stream* Names::namesake(const std::string& name) const {
    const auto found = std::find_if(streams_.begin(), streams_.end(),
                                    [&](const Stream& stream) { return stream.name.name == name; });
    return found == streams_.end() ? nullptr : &*found;
}

void Names::declare(const Stream& stream) {
    const RelationName name = created(stream.name);
    const auto older = std::find_if(streams_.begin(), streams_.end(),
                                    [&](const Stream& each) { return created(each.name) == name; });
    if (older != streams_.end())
        *older = stream;
    else
        streams_.push_back(stream);
}

void Names::add(const RelationName& relation) {
    others_.insert(created(relation));
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

bool is_row_of(const ast::Node& expression, const Stream& stream, const ast::RangeVar& place) {
    auto* reference = ast::as<ast::ColumnRef>(&expression);
    if (!reference) return false;
    const auto name = ast::strings(TIDEWHEEL_NODES(*reference, fields));
    const std::string alias = alias_of(place);
    if (name.size() < reference->n_fields) return name.empty() || name.back() == alias;
    return name.size() == 1 && name[0] == alias && !has_column(stream, name[0]);
}

}  // namespace tidewheel::sql
