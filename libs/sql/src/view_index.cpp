#include "tidewheel/sql/view_index.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ast.hpp"
#include "deparse.hpp"
#include "names.hpp"
#include "source_text.hpp"

// CREATE INDEX on a view, as PostgreSQL can run it: on the state table.
namespace tidewheel::sql {
namespace {

class IndexReader {
  public:
    IndexReader(ast::Tree& tree, const ViewStatement& view, Refusals& refusals)
        : tree_(tree), view_(view), refusals_(refusals) {}

    void read(ast::Index& index) {
        refuse_what_a_state_cannot_have(index);
        for (ast::Node* node : TIDEWHEEL_NODES(index, index_params)) {
            auto& element = *ast::as<ast::IndexElement>(node);
            if (*element.name)
                replace_name(element, index.relation->location);
            else
                replace_columns(ast::message(*element.expr));
        }
        for (ast::Node* node : TIDEWHEEL_NODES(index, index_including_params))
            include(*ast::as<ast::IndexElement>(node), index.relation->location);
        if (index.where_clause) replace_columns(ast::message(*index.where_clause));
    }

  private:
    void refuse_what_a_state_cannot_have(const ast::Index& index) {
        const int location = index.relation->location;
        if (index.unique)
            refusals_.add(location, "a UNIQUE index on a continuous view is not supported",
                          view_.rows
                              ? "Leave UNIQUE out, which would refuse records; an INSERT with ON "
                                "CONFLICT keeps one row of a key."
                              : "Leave UNIQUE out: the view's group keys are unique already, and "
                                "any other rule would refuse records.");
        if (view_.keys.empty() && !view_.rows)
            refusals_.add(
                location,
                fmt::format("the view {} has one row and cannot use an index", view_.name.text()),
                "Leave the index out.");
    }

    const Output* find(const std::string& column) const {
        const auto found = std::ranges::find(view_.outputs, column, &Output::column);
        return found == view_.outputs.end() ? nullptr : &*found;
    }

    // No other output has a sub-select.
    bool is_kept(const Output& output) {
        bool found = false;
        ast::walk(tree_.expression(output.expression)->base, [&](ast::Message& message) {
            found = found || ast::as<ast::SubLink>(&message);
            return !found;
        });
        return found;
    }

    const Output* require(const std::string& column, int location) {
        const Output* output = find(column);
        if (output && is_kept(*output))
            refusals_.add(location,
                          fmt::format("column {} of view {} is an aggregate of values that are "
                                      "kept, which no index can have",
                                      column, view_.name.text()));
        if (output) return is_kept(*output) ? nullptr : output;
        std::vector<std::string> columns;
        for (const Output& each : view_.outputs)
            columns.push_back(each.column);
        refusals_.add(location, fmt::format("view {} has no column {}", view_.name.text(), column),
                      did_you_mean(column, columns));
        return nullptr;
    }

    void replace_name(ast::IndexElement& element, int location) {
        const Output* output = require(element.name, location);
        if (!output) return;
        element.name = tree_.arena().copy("");
        element.expr = tree_.expression(output->expression);
    }

    // INCLUDE takes columns alone.
    void include(ast::IndexElement& element, int location) {
        const Output* output = require(element.name, location);
        if (!output) return;
        auto* reference = ast::as<ast::ColumnRef>(tree_.expression(output->expression));
        if (!reference)
            return refusals_.add(
                location,
                fmt::format("column {} of view {} is computed when it is read, and can't be in "
                            "INCLUDE",
                            output->column, view_.name.text()),
                "Index it as a column of its own.");
        element.name = tree_.arena().copy(ast::last_string(TIDEWHEEL_NODES(*reference, fields)));
    }

    void replace_columns(ast::Message& root) {
        ast::walk(root, [&](ast::Message& message) {
            auto* node = ast::as<ast::Node>(&message);
            auto* reference = node ? ast::as<ast::ColumnRef>(node) : nullptr;
            if (!reference) return true;
            const Output* output =
                require(ast::last_string(TIDEWHEEL_NODES(*reference, fields)), reference->location);
            if (output) *node = *tree_.expression(output->expression);
            return false;
        });
    }

    ast::Tree& tree_;
    const ViewStatement& view_;
    Refusals& refusals_;
};

void put_on(ast::Tree& tree, ast::Index& statement, const std::string& state_table,
            const std::string& index) {
    auto* table = ast::as<ast::RangeVar>(tree.from_item(state_table));
    statement.relation->schemaname = table->schemaname;
    statement.relation->relname = table->relname;
    statement.idxname = tree.arena().copy(index);
    statement.if_not_exists = false;
}

// libpg_query leaves out the parentheses that PostgreSQL wants around a cast, so that each
// expression stands aside for a call while the rest is written.
std::string written(ast::Tree& tree, ast::Index& statement) {
    std::vector<std::pair<std::string, std::string>> aside;
    for (ast::Node* node : TIDEWHEEL_NODES(statement, index_params)) {
        auto& element = *ast::as<ast::IndexElement>(node);
        if (*element.name) continue;
        const std::string call = fmt::format("tidewheel_expression_{}()", aside.size());
        aside.emplace_back(call, "(" + ast::deparse_expression(*element.expr) + ") ");
        element.expr = tree.expression(call);
    }
    std::string text = ast::deparse(tree.statement());
    for (const auto& [call, expression] : aside)
        text.replace(text.find(call), call.size(), expression);
    return text;
}

}  // namespace

std::string index_on_state(const std::string& text, const ViewStatement& view,
                           const std::string& state_table, const std::string& index) {
    SourceText source(text, "");
    Refusals refusals(source, 0);
    ast::Tree tree(text);
    auto& statement = *tree.statement_as<ast::Index>();
    IndexReader(tree, view, refusals).read(statement);
    source.finish();
    put_on(tree, statement, state_table, index);
    return written(tree, statement);
}

}  // namespace tidewheel::sql
