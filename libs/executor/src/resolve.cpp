#include "tidewheel/executor/resolve.hpp"

#include <map>

#include "resolution_probe.hpp"
#include "settled_parts.hpp"
#include "tidewheel/sql/resolved.hpp"

namespace tidewheel::executor {
namespace {

using catalogue::ColumnType;
using engine::Expression;
using engine::Unsupported;
using Expressions = std::vector<Expression>;

// Every distinct part of some expressions, by its text.
class Parts {
  public:
    Parts(const engine::Schema& schema, const Expressions& expressions) : schema_(schema) {
        for (const Expression& each : expressions)
            add(each);
    }

    const std::vector<std::string>& texts() const { return texts_; }
    std::size_t place_of(const Expression& part) const { return places_.at(text_of(part)); }

    bool are(const Expressions& others) const {
        for (std::size_t i = 0; i < texts_.size(); ++i)
            if (text_of(others.at(i)) != texts_[i]) return false;
        return true;
    }

    void fill(Expression& expression, const std::vector<ColumnType>& types) const {
        const ColumnType& type = types.at(place_of(expression));
        for (Expression& argument : expression.arguments)
            fill(argument, types);
        expression.type = type.type;
        expression.bytewise = type.is_bytewise;
        expression.c_order = type.has_c_order;
        expression.collation = type.collation;
    }

  private:
    std::string text_of(const Expression& part) const { return sql::text_of(part, schema_); }

    void add(const Expression& part) {
        std::string text = text_of(part);
        if (!places_.try_emplace(text, texts_.size()).second) return;
        texts_.push_back(std::move(text));
        for (const Expression& argument : part.arguments)
            add(argument);
    }

    const engine::Schema& schema_;
    std::vector<std::string> texts_;
    std::map<std::string, std::size_t> places_;
};

// Throws Unsupported.
sql::ResolvedSelect read(const Probed& probed, const engine::Schema& schema) {
    auto read = sql::read_select(probed.text, schema);
    if (const auto* unsupported = std::get_if<Unsupported>(&read)) throw *unsupported;
    auto select = std::get<sql::ResolvedSelect>(std::move(read));
    if (select.values.size() != probed.types.size()) throw Unsupported{"the whole row"};
    return select;
}

Expressions read_list(const Probed& probed, const engine::Schema& schema) {
    sql::ResolvedSelect select = read(probed, schema);
    if (select.where) throw Unsupported{"WHERE"};
    return std::move(select.values);
}

// PostgreSQL has resolved the expressions as a whole. Their parts must mean by themselves what they
// mean there, so that their types are those: they do when they are printed as they were written.
// What is not (a CASE a WHEN b that became a = b) is taken as it is printed, and tried again.
Expressions type_parts(postgres::Transaction& transaction, const catalogue::StoredStream& stream,
                       Expressions expressions) {
    constexpr int most_attempts = 4;
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        const Parts parts(stream.schema, expressions);
        const Probed probed =
            probe(transaction, stream, plain_search_path, parts.texts(), staged_name(stream));
        const Expressions printed = read_list(probed, stream.schema);
        if (parts.are(printed)) {
            for (Expression& expression : expressions) {
                parts.fill(expression, probed.types);
                settle(transaction, expression);
            }
            return expressions;
        }
        for (Expression& expression : expressions)
            expression = printed.at(parts.place_of(expression));
    }
    throw Unsupported{"PostgreSQL prints it differently each time"};
}

// As an assignment to a column of this type converts the value. Where PostgreSQL has such a
// conversion, the explicit cast is the same one, but for character types with a length: it cuts
// what an assignment refuses. A text goes there as it is.
Expression assigned(Expression value, const engine::Type& from, const engine::Type& type) {
    if (engine::length_limit(type)) {
        if (from.kind == engine::Kind::text || from.kind == engine::Kind::varchar) return value;
        throw Unsupported{"assignment to " + type.sql};
    }
    Expression cast;
    cast.node = Expression::Node::cast;
    cast.type = type;
    cast.arguments.push_back(std::move(value));
    return cast;
}

}  // namespace

std::variant<Expressions, Unsupported> resolve(postgres::Transaction& transaction,
                                               const catalogue::StoredStream& stream,
                                               const std::string& search_path,
                                               const std::vector<std::string>& expressions,
                                               const std::string& from) {
    if (expressions.empty()) return Expressions();
    return in_probing<Expressions>(transaction, [&] {
        const Probed whole = probe(transaction, stream, search_path, expressions, from);
        return type_parts(transaction, stream, read_list(whole, stream.schema));
    });
}

std::variant<ResolvedInsert, Unsupported> resolve_insert(postgres::Transaction& transaction,
                                                         const catalogue::StoredStream& stream,
                                                         const catalogue::StoredStatement& insert,
                                                         const std::vector<engine::Type>& target) {
    return in_probing<ResolvedInsert>(transaction, [&] {
        const Probed whole =
            probe(transaction, stream, insert.search_path, insert.statement.select, target.size());
        sql::ResolvedSelect select = read(whole, stream.schema);
        for (std::size_t i = 0; i < target.size(); ++i)
            if (const engine::Type& from = whole.types.at(i).type; from != target[i])
                select.values[i] = assigned(std::move(select.values[i]), from, target[i]);
        if (select.where) select.values.push_back(std::move(*select.where));
        ResolvedInsert resolved;
        resolved.values = type_parts(transaction, stream, std::move(select.values));
        if (select.where) {
            resolved.where = std::move(resolved.values.back());
            resolved.values.pop_back();
        }
        return resolved;
    });
}

}  // namespace tidewheel::executor
