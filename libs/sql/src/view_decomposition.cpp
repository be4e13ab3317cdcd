#include "view_decomposition.hpp"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "column_identity.hpp"
#include "deparse.hpp"
#include "functions.hpp"
#include "output_name.hpp"
#include "view_kept.hpp"
#include "view_keys.hpp"
#include "view_partials.hpp"

namespace tidewheel::sql {
namespace {

// What is selected without a name gets the one that PostgreSQL gives it.
std::string selected_name(const ast::Target& target) {
    return *target.name ? target.name : output_name(*target.val);
}

void write_finish(ViewStatement& view, const std::string& outputs, const std::string& having) {
    const bool has_one_row = view.keys.empty(), keeps_values = !view.kept.empty();
    view.finish_before =
        fmt::format("SELECT{} FROM {}", outputs,
                    has_one_row ? "(VALUES (1)) AS tidewheel_one (n) LEFT JOIN " : "");
    if (keeps_values) view.finish_after = " AS tidewheel_state";
    const std::string is_group = keeps_values ? "tidewheel_state.kept = 0" : "true";
    if (has_one_row) view.finish_after += " ON " + is_group;
    if (!has_one_row && keeps_values)
        view.finish_after += " WHERE " + is_group + (having.empty() ? "" : " AND (" + having + ")");
    else if (!having.empty())
        view.finish_after += " WHERE " + having;
}

// In ORDER BY and DISTINCT ON a name means what is selected under it; so does an expression that is
// selected, too. From 1; 0: it isn't.
std::size_t place_of(ast::Node& choice, ast::Select& select) {
    auto* reference = ast::as<ast::ColumnRef>(&choice);
    const std::string name = reference && reference->n_fields == 1
                                 ? ast::last_string(TIDEWHEEL_NODES(*reference, fields))
                                 : "";
    const std::string text = ast::deparse_expression(choice);
    for (std::size_t i = 0; i < select.n_target_list; ++i) {
        auto* target = ast::as<ast::Target>(select.target_list[i]);
        if ((!name.empty() && name == selected_name(*target)) ||
            text == ast::deparse_expression(*target->val))
            return i + 1;
    }
    return 0;
}

class ViewTaker {
  public:
    ViewTaker(ast::Tree& tree, ast::Select& select, const StreamReference& stream_reference,
              ViewStatement& view, Refusals& refusals)
        : tree_(tree),
          select_(select),
          view_(view),
          refusals_(refusals),
          identity_(tree, select, stream_reference),
          keys_(tree, select, stream_reference, view, identity_, refusals),
          partials_(tree, stream_reference, view, identity_, refusals),
          kept_(tree, stream_reference, view, identity_, refusals) {}

    void take() {
        keys_.take();
        if (refusals_.any()) return;
        view_.from = ast::deparse_from(TIDEWHEEL_NODES(select_, from_clause));
        if (select_.where_clause) view_.where = identity_.text(*select_.where_clause);
        const std::string outputs = finish_targets();
        const std::string having = select_.having_clause && !keys_.has_sets()
                                       ? finish_expression(*select_.having_clause)
                                       : "";
        const std::string distinct = finish_distinct();
        const std::string tail = finish_tail();
        if (refusals_.any()) return;
        partials_.count_rows_if_empty();
        kept_.write_by_record();
        kept_.write_in_order(ast::deparse(*tree_.wrap(ast::message(select_))));
        write_finish(view_, distinct + " " + outputs, having);
        view_.finish_after += tail;
    }

  private:
    std::string finish_targets() {
        std::string list;
        std::size_t place = 0;
        for (ast::Node* node : TIDEWHEEL_NODES(select_, target_list)) {
            auto* target = ast::as<ast::Target>(node);
            if (!list.empty()) list += ", ";
            view_.outputs.push_back(
                {column_name(*target, place++), finish_expression(*target->val)});
            list += fmt::format("{} AS {}", view_.outputs.back().expression,
                                ast::quote_identifier(view_.outputs.back().column));
        }
        return list;
    }

    std::string column_name(const ast::Target& target, std::size_t place) const {
        if (place < view_.output_columns.size()) return view_.output_columns[place];
        return selected_name(target);
    }

    std::string finish_expression(ast::Node& expression) {
        ast::Node* copy = tree_.copy(expression);
        finish(*copy);
        return refusals_.any() ? std::string() : ast::deparse_expression(*copy);
    }

    // Puts columns of the state in the place of keys and aggregates, from the outside in.
    void finish(ast::Node& node) {
        ast::Message* inner = ast::content(&node);
        if (!inner) return;
        if (inner->descriptor != ast::descriptor<ast::String> && keys_.replace(node)) return;
        if (keys_.has_sets() && ast::as<ast::Grouping>(inner)) return finish_below(*inner);
        if (is_aggregate(*inner)) return take_aggregate(node);
        if (auto* call = ast::as<ast::FunctionCall>(inner)) return finish_call(*call);
        if (ast::as<ast::SubLink>(inner)) {
            refusals_.add(
                ast::location(*inner),
                "a sub-select is not supported in the SELECT list or HAVING of a continuous "
                "view",
                "Join the table in FROM, or look it up where you query the view.");
        } else if (auto* reference = ast::as<ast::ColumnRef>(inner)) {
            refuse_column(*reference);
        } else {
            finish_below(*inner);
        }
    }

    void take_aggregate(ast::Node& node) {
        ++view_.aggregates;
        auto* call = ast::as<ast::FunctionCall>(&node);
        const Keeping keeping = call ? keeping_of(*call) : Keeping::state;
        // Any of the values is one that need not be kept with the others.
        if (keeping == Keeping::state || builtin_name(*call) == "any_value")
            return partials_.replace(node, keys_.has_sets());
        if (keys_.has_sets())
            refusals_.add(ast::location(node.base),
                          fmt::format("{}, whose values are kept, is not supported with GROUPING "
                                      "SETS, ROLLUP and CUBE",
                                      function_name(*ast::content(&node))),
                          "Write a view for each grouping.");
        else
            kept_.replace(node, keeping);
    }

    void finish_call(ast::FunctionCall& call) {
        ast::FunctionCall* outer = std::exchange(call_, &call);
        finish_below(ast::message(call));
        call_ = outer;
    }

    void finish_below(ast::Message& message) {
        ast::for_each_child(message, [&](const ast::Field&, ast::Message& child) {
            auto* node = ast::as<ast::Node>(&child);
            if (node) {
                finish(*node);
            } else if (!ast::as<ast::TypeName>(&child)) {
                finish_below(child);
            }
        });
    }

    void refuse_column(const ast::ColumnRef& reference) {
        const auto name = ast::last_string(TIDEWHEEL_NODES(reference, fields));
        const bool is_star =
            ast::as<ast::Star>(reference.fields[reference.n_fields - 1]) != nullptr;
        refusals_.add(
            reference.location,
            is_star ? std::string("* is not supported in a continuous view")
                    : fmt::format("column {} must appear in GROUP BY or in an aggregate", name),
            is_star ? "List the columns."
            : call_ ? fmt::format("If {0}() is an aggregate, write {0}(…) FILTER (WHERE true).",
                                  ast::last_string(TIDEWHEEL_NODES(*call_, funcname)))
                    : "");
        if (call_) mention(*call_, refusals_);
    }

    // GROUPING SETS and the like are made of the groups of the state, which are the smallest.
    void finish_grouping(ast::Select& tail) {
        if (!keys_.has_sets()) {
            tail.n_group_clause = 0;
            tail.having_clause = nullptr;
            return;
        }
        for (ast::Node* item : TIDEWHEEL_NODES(tail, group_clause))
            keys_.point_at_state(*item);
        if (tail.having_clause) finish(*tail.having_clause);
    }

    // What PostgreSQL does with the groups when the view is read: GROUPING SETS, WINDOW, ORDER BY,
    // LIMIT.
    std::string finish_tail() {
        auto& tail = *ast::as<ast::Select>(tree_.copy(*tree_.wrap(ast::message(select_))));
        tail.n_distinct_clause = tail.n_target_list = tail.n_from_clause = 0;
        tail.where_clause = nullptr;
        finish_grouping(tail);
        for (ast::Node* window : TIDEWHEEL_NODES(tail, window_clause))
            finish(*window);
        for (ast::Node* order : TIDEWHEEL_NODES(tail, sort_clause))
            finish_choice(*ast::as<ast::SortBy>(order)->node);
        for (ast::Node* number : {tail.limit_count, tail.limit_offset})
            if (number) finish(*number);
        if (refusals_.any()) return "";
        return ast::deparse(*tree_.wrap(ast::message(tail))).substr(std::strlen("SELECT"));
    }

    std::string finish_distinct() {
        if (select_.n_distinct_clause == 0) return "";
        std::string list;
        for (ast::Node* expression : TIDEWHEEL_NODES(select_, distinct_clause)) {
            if (!ast::content(expression)) return " DISTINCT";
            ast::Node* copy = tree_.copy(*expression);
            finish_choice(*copy);
            if (refusals_.any()) return "";
            list += (list.empty() ? "" : ", ") + ast::deparse_expression(*copy);
        }
        return " DISTINCT ON (" + list + ")";
    }

    void finish_choice(ast::Node& node) {
        if (ast::as<ast::Constant>(&node)) return;
        const std::size_t place = place_of(node, select_);
        if (place > 0)
            node = *tree_.expression(std::to_string(place));
        else
            finish(node);
    }

    ast::Tree& tree_;
    ast::Select& select_;
    ViewStatement& view_;
    Refusals& refusals_;
    ColumnIdentity identity_;
    ViewKeys keys_;
    ViewPartials partials_;
    ViewKept kept_;
    ast::FunctionCall* call_ = nullptr;  // in whose arguments we are
};

}  // namespace

void decompose(ast::Tree& tree, ast::Select& select, const StreamReference& stream_reference,
               ViewStatement& view, Refusals& refusals) {
    ViewTaker(tree, select, stream_reference, view, refusals).take();
}

}  // namespace tidewheel::sql
