#include "rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "batch_dependence.hpp"
#include "deparse.hpp"
#include "functions.hpp"
#include "names.hpp"
#include "record_form.hpp"
#include "route_values.hpp"
#include "stream_target.hpp"

namespace tidewheel::sql {
namespace {

// WITH before INSERT means the same as WITH before its SELECT, as long as no name occurs twice.
void move_with(ast::Tree& tree, ast::Insert& insert, ast::Select& select, Refusals& refusals) {
    if (!insert.with_clause) return;
    if (!select.with_clause) {
        std::swap(insert.with_clause, select.with_clause);
        return;
    }
    std::vector<ast::Node*> tables;
    std::vector<std::string> names;
    for (auto* with : {insert.with_clause, select.with_clause}) {
        for (ast::Node* node : TIDEWHEEL_NODES(*with, ctes)) {
            auto* table = ast::as<ast::CommonTable>(node);
            if (std::find(names.begin(), names.end(), table->ctename) != names.end()) {
                refusals.add(table->location,
                             fmt::format("WITH {} is specified twice", table->ctename),
                             "Give one of them another name.");
            }
            names.emplace_back(table->ctename);
            tables.push_back(node);
        }
    }
    select.with_clause->recursive = select.with_clause->recursive || insert.with_clause->recursive;
    select.with_clause->ctes = tree.arena().array(tables);
    select.with_clause->n_ctes = tables.size();
    insert.with_clause = nullptr;
}

void refuse_insert_clauses(ast::Insert& insert, Refusals& refusals) {
    const ast::Message& message = ast::message(insert);
    if (ast::is_set(message, "returning_list") || ast::is_set(message, "returning_clause")) {
        refusals.add(insert.relation->location, "RETURNING is not supported in a continuous INSERT",
                     "No client receives its rows.");
    }
    if (insert.override > PG_QUERY__OVERRIDING_KIND__OVERRIDING_NOT_SET) {
        refusals.add(insert.relation->location,
                     "OVERRIDING is not supported in a continuous INSERT",
                     "An identity column numbers the rows itself.");
    }
}

// The column that `SET column = excluded.column` takes over as it is.
bool is_replaced(const ast::Target& target) {
    const ast::Node* value = target.val;
    if (auto* assign = ast::as<ast::MultiAssign>(value)) {
        auto* row = ast::as<ast::Row>(assign->source);
        if (!row || assign->colno < 1 || static_cast<std::size_t>(assign->colno) > row->n_args) {
            return false;
        }
        value = row->args[assign->colno - 1];
    }
    auto* reference = ast::as<ast::ColumnRef>(value);
    return reference && target.n_indirection == 0 &&
           ast::strings(TIDEWHEEL_NODES(*reference, fields)) ==
               std::vector<std::string>{"excluded", target.name};
}

std::optional<std::vector<std::string>> replaced_columns(
    const PgQuery__OnConflictClause& conflict) {
    if (conflict.where_clause) return std::nullopt;
    std::vector<std::string> columns;
    for (ast::Node* node : TIDEWHEEL_NODES(conflict, target_list)) {
        auto* target = ast::as<ast::Target>(node);
        if (!is_replaced(*target)) return std::nullopt;
        columns.emplace_back(target->name);
    }
    return columns;
}

bool is_plain(const PgQuery__InferClause& infer) {
    const auto elements = TIDEWHEEL_NODES(infer, index_elems);
    return !infer.where_clause && !elements.empty() &&
           std::all_of(elements.begin(), elements.end(), [](ast::Node* node) {
               auto* element = ast::as<ast::IndexElement>(node);
               return *element->name && element->n_opclass == 0 && element->n_collation == 0;
           });
}

std::string conflict_text(PgQuery__OnConflictClause& conflict) {
    PgQuery__RangeVar table = PG_QUERY__RANGE_VAR__INIT;
    char name[] = "t";
    char permanent[] = "p";
    table.relname = name;
    table.relpersistence = permanent;
    table.inh = true;
    ast::Insert insert = PG_QUERY__INSERT_STMT__INIT;
    insert.relation = &table;
    insert.on_conflict_clause = &conflict;
    insert.override = PG_QUERY__OVERRIDING_KIND__OVERRIDING_NOT_SET;
    ast::Node node = PG_QUERY__NODE__INIT;
    node.node_case = PG_QUERY__NODE__NODE_INSERT_STMT;
    node.insert_stmt = &insert;
    constexpr std::string_view before = "INSERT INTO t DEFAULT VALUES ";
    return ast::deparse(node).substr(before.size());
}

// The clause is used in INSERTs that don't repeat the alias of `INSERT INTO t AS alias`.
void drop_target_alias(ast::Tree& tree, ast::Message& conflict, const ast::RangeVar& target) {
    if (!target.alias) return;
    ast::walk(conflict, [&](ast::Message& message) {
        auto* reference = ast::as<ast::ColumnRef>(&message);
        auto* qualifier = reference && reference->n_fields > 1
                              ? ast::as<ast::String>(reference->fields[0])
                              : nullptr;
        if (qualifier && std::string_view(qualifier->sval) == target.alias->aliasname) {
            qualifier->sval = tree.arena().copy(target.relname);
        }
        return true;
    });
}

// ON CONFLICT DO UPDATE may use nothing but the new row and the stored one.
void check_conflict(PgQuery__OnConflictClause& conflict, const Names& names,
                    const RelationName& target, Refusals& refusals) {
    ast::Message& root = ast::message(conflict);
    refuse_volatile(root, refusals);
    refuse_now(root, "in ON CONFLICT", "SELECT now() into a column, and use excluded.column.",
               refusals);
    ast::walk(root, [&](ast::Message& message) {
        auto* range = ast::as<ast::RangeVar>(&message);
        if (!range) return true;
        const RelationName name = relation_name(*range);
        if (names.stream(name) || names.resolve(name) == names.resolve(target)) {
            refusals.add(
                range->location,
                fmt::format("{} is read in a sub-select of ON CONFLICT", name.text()),
                "excluded.column is the new row's value; the stored row's has the table's name "
                "before it.");
        }
        return true;
    });
}

void read_conflict(PgQuery__OnConflictClause* conflict, RowStatement& rows) {
    if (!conflict) return;
    const bool updates = conflict->action == PG_QUERY__ON_CONFLICT_ACTION__ONCONFLICT_UPDATE;
    rows.on_conflict = updates ? OnConflict::update : OnConflict::nothing;
    rows.conflict_clause = conflict_text(*conflict);
    if (updates) rows.replaced_columns = replaced_columns(*conflict);
    if (!conflict->infer) return;
    rows.has_conflict_target = true;
    rows.conflict_constraint = conflict->infer->conname;
    rows.conflict_is_plain = is_plain(*conflict->infer);
    for (ast::Node* node : TIDEWHEEL_NODES(*conflict->infer, index_elems)) {
        auto* element = ast::as<ast::IndexElement>(node);
        if (*element->name) rows.conflict_columns.emplace_back(element->name);
    }
}

class RowsReader {
  public:
    RowsReader(ast::Tree& tree, const Names& names, Statement& statement, Refusals& refusals)
        : tree_(tree),
          insert_(*tree.statement_as<ast::Insert>()),
          select_(ast::as<ast::Select>(insert_.select_stmt)),
          names_(names),
          statement_(statement),
          refusals_(refusals) {
        rows_.target = relation_name(*insert_.relation);
    }

    void read() {
        refuse_insert_clauses(insert_, refusals_);
        move_with(tree_, insert_, *select_, refusals_);
        const StreamReference stream_reference =
            read_select(*select_, names_, rows_.target, refusals_);
        check(stream_reference);
        if (const Stream* into = names_.stream(rows_.target)) {
            refuse_circle(insert_, *into, stream_reference.stream, refusals_);
            write_to_stream(tree_, insert_, names_, *into, rows_, refusals_);
        }
        if (!refusals_.any()) fill(stream_reference);
    }

  private:
    void check(const StreamReference& stream_reference) {
        refuse_volatile(ast::message(*select_), refusals_);
        if (insert_.on_conflict_clause) {
            check_conflict(*insert_.on_conflict_clause, names_, rows_.target, refusals_);
        }
        if (!stream_reference.stream) {
            refuse_no_stream(
                insert_.relation->location, fmt::format("this INSERT into {}", rows_.target.text()),
                "Declare a stream with CREATE FOREIGN TABLE … SERVER kafka; for fixed rows write "
                "INSERT … VALUES.",
                stream_reference, names_, refusals_);
            return;
        }
        refuse_now_in_from(stream_reference, refusals_);
        refuse_batch_dependence(stream_reference, "a continuous INSERT", refusals_);
    }

    void fill(const StreamReference& stream_reference) {
        for (ast::Node* node : TIDEWHEEL_NODES(insert_, cols)) {
            rows_.target_columns.emplace_back(ast::as<ast::Target>(node)->name);
        }
        rows_.uses_now = uses_now(ast::message(*select_));
        statement_.stream = names_.created(stream_reference.stream->name);
        statement_.route_values = route_values(stream_reference);
        write_forms(stream_reference);
        if (insert_.on_conflict_clause) {
            drop_target_alias(tree_, ast::message(*insert_.on_conflict_clause), *insert_.relation);
        }
        read_conflict(insert_.on_conflict_clause, rows_);
        rows_.needs_order =
            rows_.uses_now || rows_.on_conflict == OnConflict::update ||
            (rows_.on_conflict == OnConflict::nothing && !stream_reference.keeps_order);
        rows_.keeps_order = stream_reference.keeps_order;
        statement_.body = std::move(rows_);
    }

    void write_forms(const StreamReference& stream_reference) {
        stage(tree_.statement().base, stream_reference);
        rows_.batch_insert = ast::deparse(tree_.statement());
        statement_.select = ast::deparse(*insert_.select_stmt);
        rows_.record_select = record_form(tree_, *select_, stream_reference);
    }

    ast::Tree& tree_;
    ast::Insert& insert_;
    ast::Select* select_;
    const Names& names_;
    Statement& statement_;
    Refusals& refusals_;
    RowStatement rows_;
};

}  // namespace

void read_rows(ast::Tree& tree, const Names& names, Statement& statement, Refusals& refusals) {
    RowsReader(tree, names, statement, refusals).read();
}

}  // namespace tidewheel::sql
