#include <algorithm>
#include <utility>

#include "resolution_probe.hpp"
#include "tidewheel/executor/resolve.hpp"

// What has to be resolved of a stream's CHECKs and of a view.
namespace tidewheel::executor {
namespace {

using engine::Expression;
using engine::Unsupported;
using Expressions = std::vector<Expression>;

bool uses_record_time(const Expression& expression) {
    return expression.node == Expression::Node::record_time ||
           std::ranges::any_of(expression.arguments, uses_record_time);
}

// now() is a record's time in rows alone; elsewhere a pipeline can't have it.
std::variant<Expressions, Unsupported> without_now(std::variant<Expressions, Unsupported> result) {
    const auto* expressions = std::get_if<Expressions>(&result);
    if (expressions && std::ranges::any_of(*expressions, uses_record_time))
        return Unsupported{"now()"};
    return result;
}

std::vector<std::string> texts_of(const sql::ViewStatement& view) {
    std::vector<std::string> texts;
    const auto add = [&](const std::string& text) {
        if (!text.empty()) texts.push_back(text);
    };
    add(view.where);
    for (const sql::Key& key : view.keys)
        add(key.expression);
    for (const sql::Partial& partial : view.partials) {
        add(partial.call.argument);
        add(partial.call.filter);
    }
    // Where there is nothing else, FROM has to be read nevertheless: it may multiply rows.
    if (texts.empty()) texts.push_back("true");
    return texts;
}

// Puts the expressions of texts_of(view) in their places.
ResolvedView view_of(const sql::ViewStatement& view, Expressions expressions) {
    auto next = expressions.begin();
    const auto take = [&](const std::string& text) -> std::optional<Expression> {
        if (text.empty()) return std::nullopt;
        return std::move(*next++);
    };
    ResolvedView resolved;
    resolved.where = take(view.where);
    for (const sql::Key& key : view.keys)
        resolved.keys.push_back(take(key.expression).value());
    for (const sql::Partial& partial : view.partials) {
        resolved.partials.push_back({partial.call.function, {}, {}, {}});
        resolved.partials.back().argument = take(partial.call.argument);
        resolved.partials.back().filter = take(partial.call.filter);
    }
    return resolved;
}

// The aggregates as a whole: they are PostgreSQL's own, and have these types.
std::variant<std::vector<catalogue::ColumnType>, Unsupported> types_of_partials(
    postgres::Transaction& transaction, const catalogue::StoredStream& stream,
    const catalogue::StoredStatement& stored) {
    const auto& view = std::get<sql::ViewStatement>(stored.statement.body);
    std::vector<std::string> partials;
    for (const sql::Partial& partial : view.partials)
        partials.push_back(partial.expression);
    return in_probing<std::vector<catalogue::ColumnType>>(transaction, [&] {
        return probe(transaction, stream, stored.search_path, partials, view.from).types;
    });
}

}  // namespace

std::variant<Expressions, Unsupported> resolve_rules(postgres::Transaction& transaction,
                                                     const catalogue::StoredStream& stream) {
    std::vector<std::string> texts;
    for (const catalogue::CheckRule& check : stream.checks)
        texts.push_back(check.expression);
    return without_now(resolve(transaction, stream, plain_search_path, texts, staged_name(stream)));
}

std::variant<ResolvedView, Unsupported> resolve_view(postgres::Transaction& transaction,
                                                     const catalogue::StoredStream& stream,
                                                     const catalogue::StoredStatement& stored) {
    const auto& view = std::get<sql::ViewStatement>(stored.statement.body);
    for (const sql::Partial& partial : view.partials)
        if (partial.call.function.empty()) return Unsupported{"aggregate " + partial.expression};
    auto expressions =
        without_now(resolve(transaction, stream, stored.search_path, texts_of(view), view.from));
    if (auto* unsupported = std::get_if<Unsupported>(&expressions)) return *unsupported;
    const auto types = types_of_partials(transaction, stream, stored);
    if (const auto* unsupported = std::get_if<Unsupported>(&types)) return *unsupported;
    ResolvedView resolved = view_of(view, std::get<Expressions>(std::move(expressions)));
    for (std::size_t i = 0; i < resolved.partials.size(); ++i)
        resolved.partials[i].type = std::get<std::vector<catalogue::ColumnType>>(types).at(i).type;
    return resolved;
}

}  // namespace tidewheel::executor
