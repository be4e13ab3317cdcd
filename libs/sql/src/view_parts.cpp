#include <fmt/format.h>

#include <array>
#include <map>

#include "column_identity.hpp"
#include "figure_name.hpp"
#include "functions.hpp"
#include "names.hpp"
#include "view.hpp"

namespace tidewheel::sql {
namespace {

struct Aggregate {
    std::string_view name;
    Merge merge;
};
constexpr Aggregate mergeable[] = {
    {"count", Merge::add},
    {"sum", Merge::add},
    {"min", Merge::least},
    {"max", Merge::greatest},
    {"bool_and", Merge::logical_and},
    {"every", Merge::logical_and},
    {"bool_or", Merge::logical_or},
};

const Aggregate* find_aggregate(std::string_view name) {
    for (const auto& aggregate : mergeable) {
        if (aggregate.name == name) return &aggregate;
    }
    return nullptr;
}

class ViewTaker {
  public:
    ViewTaker(ast::Tree& tree, ast::Select& select, const Reading& reading, ViewStatement& view,
              Refusals& refusals)
        : tree_(tree),
          select_(select),
          reading_(reading),
          view_(view),
          refusals_(refusals),
          identity_(tree, select, reading) {}

    void take() {
        if (select_.n_group_clause == 0 && !has_aggregate()) return refuse_plain();
        for (ast::Node* item : TIDEWHEEL_NODES(select_, group_clause))
            add_key(item);
        if (refusals_.any()) return;
        view_.from = ast::deparse_from(TIDEWHEEL_NODES(select_, from_clause));
        if (select_.where_clause) view_.where = identity_.text(*select_.where_clause);
        const std::string outputs = finish_targets();
        const std::string having =
            select_.having_clause ? finish_expression(*select_.having_clause) : "";
        if (refusals_.any()) return;
        if (view_.partials.empty()) count_rows();
        write_finish(outputs, having);
    }

  private:
    // --- keys

    void add_key(ast::Node* item) {
        if (item->node_case == PG_QUERY__NODE__NODE_GROUPING_SET) {
            refusals_.add(ast::location(item->base),
                          "GROUPING SETS, ROLLUP and CUBE are not supported in a continuous view",
                          "write a view for each grouping");
            return;
        }
        if (auto* row = ast::as<ast::Row>(item);
            row && row->row_format == PG_QUERY__COERCION_FORM__COERCE_IMPLICIT_CAST) {
            for (ast::Node* part : TIDEWHEEL_NODES(*row, args))  // GROUP BY (a, b) is GROUP BY a, b
                add_key(part);
            return;
        }
        ast::Node* expression = resolve_key(item);
        if (!expression || refuse_aggregate_key(*expression) || refuse_constant_key(*expression))
            return;
        const std::string column = fmt::format("k{}", view_.keys.size() + 1);
        if (keys_.emplace(identity_.canonical(*expression), column).second) {
            view_.keys.push_back({column, identity_.text(*expression)});
        }
    }

    // GROUP BY 1, GROUP BY hour: PostgreSQL takes a number for a place in the SELECT list, and a
    // name for an input column first, for an output column then.
    ast::Node* resolve_key(ast::Node* item) {
        if (auto* constant = ast::as<ast::Constant>(item)) return resolve_ordinal(*constant);
        auto* reference = ast::as<ast::ColumnRef>(item);
        if (!reference || reference->n_fields != 1) return item;
        const std::string name = ast::last_string(TIDEWHEEL_NODES(*reference, fields));
        if (has_column(*reading_.stream, name)) return item;
        for (ast::Node* node : TIDEWHEEL_NODES(select_, target_list)) {
            auto* target = ast::as<ast::Target>(node);
            if (name == target->name) return resolve_alias(item, *target);
        }
        return item;
    }

    ast::Node* resolve_ordinal(const ast::Constant& constant) {
        const bool is_number =
            constant.val_case == PG_QUERY__A__CONST__VAL_IVAL && !constant.isnull;
        const int place = is_number ? constant.ival->ival : 0;
        if (place < 1 || static_cast<std::size_t>(place) > select_.n_target_list) {
            refusals_.add(constant.location,
                          is_number
                              ? fmt::format("GROUP BY position {} is not in the SELECT list", place)
                              : std::string("a constant in GROUP BY"),
                          "group by a column, an expression or a position in the SELECT list");
            return nullptr;
        }
        return ast::as<ast::Target>(select_.target_list[place - 1])->val;
    }

    // The name might also be a column of a joined table, which only PostgreSQL knows.
    ast::Node* resolve_alias(ast::Node* item, const ast::Target& target) {
        auto* same = ast::as<ast::ColumnRef>(target.val);
        if (same && ast::last_string(TIDEWHEEL_NODES(*same, fields)) == target.name) return item;
        const bool reads_others = select_.n_from_clause > 1 ||
                                  ast::as<ast::RangeVar>(select_.from_clause[0]) != reading_.place;
        if (reads_others) {
            refusals_.add(ast::location(item->base),
                          fmt::format("GROUP BY {}: a column of a joined table, or the one in the "
                                      "SELECT list?",
                                      target.name),
                          "write the expression, or its position in the SELECT list");
        }
        return target.val;
    }

    static bool contains_aggregate(ast::Message& root) {
        bool found = false;
        ast::walk(root, [&](ast::Message& message) {
            found = found || is_aggregate(message);
            return !found;
        });
        return found;
    }

    bool has_aggregate() const {
        bool found = select_.having_clause && contains_aggregate(select_.having_clause->base);
        for (ast::Node* target : TIDEWHEEL_NODES(select_, target_list)) {
            found = found || contains_aggregate(target->base);
        }
        return found;
    }

    bool refuse_aggregate_key(ast::Node& expression) {
        const bool found = contains_aggregate(expression.base);
        if (found) {
            refusals_.add(ast::location(expression.base), "an aggregate can't be grouped by");
        }
        return found;
    }

    // PostgreSQL takes a constant in GROUPING SETS, where views that share a pass have their keys,
    // for a position.
    bool refuse_constant_key(ast::Node& expression) {
        ast::Node* inner = &expression;
        while (auto* cast = ast::as<ast::TypeCast>(inner))
            inner = cast->arg;
        const bool is_constant = ast::as<ast::Constant>(inner) != nullptr;
        if (is_constant) {
            refusals_.add(ast::location(expression.base), "a constant as a group key",
                          "leave it out of GROUP BY; it may stay in the SELECT list");
        }
        return is_constant;
    }

    // --- the finishing SELECT

    std::string finish_targets() {
        std::string list;
        std::size_t place = 0;
        for (ast::Node* node : TIDEWHEEL_NODES(select_, target_list)) {
            auto* target = ast::as<ast::Target>(node);
            if (!list.empty()) list += ", ";
            list += fmt::format("{} AS {}", finish_expression(*target->val),
                                ast::quote_identifier(output_name(*target, place++)));
        }
        return list;
    }

    std::string output_name(const ast::Target& target, std::size_t place) const {
        if (place < view_.output_columns.size()) return view_.output_columns[place];
        return *target.name ? target.name : figure_name(*target.val);
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
        if (!keys_.empty() && inner->descriptor != ast::descriptor<ast::String> && is_key(node))
            return;
        if (is_aggregate(*inner)) return finish_aggregate(node);
        if (ast::as<ast::SubLink>(inner)) {
            refusals_.add(ast::location(*inner),
                          "a sub-select in the SELECT list or HAVING of a continuous view",
                          "join the table in FROM, or look it up where you query the view");
        } else if (auto* reference = ast::as<ast::ColumnRef>(inner)) {
            refuse_column(*reference);
        } else {
            finish_below(*inner);
        }
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

    bool is_key(ast::Node& node) {
        if (!is_expression(node)) return false;
        const auto key = keys_.find(identity_.canonical(node));
        if (key == keys_.end()) return false;
        node = *tree_.expression(key->second);
        return true;
    }

    // Parts of an expression that are no expression themselves: lists, WHEN branches.
    static bool is_expression(const ast::Node& node) {
        switch (node.node_case) {
            case PG_QUERY__NODE__NODE_LIST:
            case PG_QUERY__NODE__NODE_CASE_WHEN:
            case PG_QUERY__NODE__NODE_SORT_BY:
            case PG_QUERY__NODE__NODE_A_STAR:
            case PG_QUERY__NODE__NODE_A_INDICES:
            case PG_QUERY__NODE__NODE_TYPE_NAME:
            case PG_QUERY__NODE__NODE_NAMED_ARG_EXPR:
            case PG_QUERY__NODE__NODE_RES_TARGET:
                return false;
            default:
                return true;
        }
    }

    void refuse_column(const ast::ColumnRef& reference) {
        const auto name = ast::last_string(TIDEWHEEL_NODES(reference, fields));
        const bool is_star =
            ast::as<ast::Star>(reference.fields[reference.n_fields - 1]) != nullptr;
        refusals_.add(
            reference.location,
            is_star ? std::string("* is not supported in a continuous view")
                    : fmt::format("column {} must appear in GROUP BY or in an aggregate", name),
            is_star ? "list the columns" : "");
    }

    // --- aggregates

    void finish_aggregate(ast::Node& node) {
        auto* call = ast::as<ast::FunctionCall>(&node);
        const std::string name = function_name(*ast::content(&node));
        const std::string bare = call ? ast::last_string(TIDEWHEEL_NODES(*call, funcname)) : "";
        if (refuse_shape(call, bare, node)) return;
        if (bare == "avg") {
            node = *tree_.expression(average(node));
            return;
        }
        const std::string column = partial(node, find_aggregate(bare)->merge);
        // A view without GROUP BY has one row, even before the first record.
        const bool may_be_missing = bare == "count" && view_.keys.empty();
        node = *tree_.expression(may_be_missing ? fmt::format("COALESCE({}, 0)", column) : column);
    }

    bool refuse_shape(ast::FunctionCall* call, const std::string& name, ast::Node& node) {
        const auto refuse = [&](const std::string& what, const std::string& hint) {
            refusals_.add(ast::location(node.base), what + " is not supported in a continuous view",
                          hint);
            return true;
        };
        if (!call || (name != "avg" && !find_aggregate(name))) {
            return refuse(fmt::format("the aggregate {}", function_name(*ast::content(&node))),
                          "count, sum, avg, min, max, bool_and, bool_or and every are");
        }
        if (call->agg_distinct) return refuse(name + "(DISTINCT …)", "");
        if (call->n_agg_order > 0) {
            return refuse(fmt::format("ORDER BY in {}()", name),
                          "it makes no difference to the result");
        }
        if (call->agg_within_group) return refuse("WITHIN GROUP", "");
        return false;
    }

    std::string partial(ast::Node& call, Merge merge) {
        const std::string canonical = identity_.canonical(call);
        const auto found = partials_.find(canonical);
        if (found != partials_.end()) return found->second;
        const std::string column = fmt::format("a{}", view_.partials.size() + 1);
        view_.partials.push_back({column, identity_.text(call), merge});
        partials_.emplace(canonical, column);
        return column;
    }

    // avg(x) is sum(x) / count(x), in the type that PostgreSQL's avg has: tidewheel.average() is
    // overloaded for that.
    std::string average(ast::Node& call) {
        const std::string sum = partial(*renamed(call, "sum"), Merge::add);
        const std::string count = partial(*renamed(call, "count"), Merge::add);
        return fmt::format("tidewheel.average({}, {})", sum, count);
    }

    ast::Node* renamed(ast::Node& original, const std::string& name) {
        ast::Node* copy = tree_.copy(original);
        auto* call = ast::as<ast::FunctionCall>(copy);
        auto* other = ast::as<ast::FunctionCall>(tree_.expression(name + "()"));
        call->funcname = other->funcname;
        call->n_funcname = other->n_funcname;
        if (name == "sum") widen(*call);
        return copy;
    }

    // PostgreSQL adds up the real numbers of an avg in double precision, those of a sum in real.
    void widen(ast::FunctionCall& call) {
        auto* reference = ast::as<ast::ColumnRef>(call.args[0]);
        if (!reference) return;
        const std::string name = ast::last_string(TIDEWHEEL_NODES(*reference, fields));
        for (const auto& column : reading_.stream->columns) {
            if (column.name != name || (column.type != "real" && column.type != "float4")) continue;
            call.args[0] =
                tree_.expression(ast::deparse_expression(*call.args[0]) + "::double precision");
        }
    }

    // Every state table has at least one aggregate, so that all of them merge alike.
    void count_rows() { view_.partials.push_back({"a1", "count(*)", Merge::add}); }

    void refuse_plain() {
        refusals_.add(
            -1, fmt::format("the view {} has neither GROUP BY nor an aggregate", view_.name.text()),
            "rows that are only filtered or changed are an INSERT INTO … SELECT …");
    }

    void write_finish(const std::string& outputs, const std::string& having) {
        const bool has_one_row = view_.keys.empty();
        view_.finish_before =
            fmt::format("SELECT {} FROM {}", outputs,
                        has_one_row ? "(VALUES (1)) AS tidewheel_one (n) LEFT JOIN " : "");
        if (has_one_row) view_.finish_after = " ON true";
        if (!having.empty()) view_.finish_after += " WHERE " + having;
    }

    ast::Tree& tree_;
    ast::Select& select_;
    const Reading& reading_;
    ViewStatement& view_;
    Refusals& refusals_;
    ColumnIdentity identity_;
    std::map<std::string, std::string> keys_;  // canonical expression → its column in the state
    std::map<std::string, std::string> partials_;  // likewise
};

}  // namespace

void take_apart(ast::Tree& tree, ast::Select& select, const Reading& reading, ViewStatement& view,
                Refusals& refusals) {
    ViewTaker(tree, select, reading, view, refusals).take();
}

}  // namespace tidewheel::sql
