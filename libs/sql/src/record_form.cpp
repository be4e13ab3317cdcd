#include "record_form.hpp"

#include <fmt/format.h>

#include "deparse.hpp"
#include "functions.hpp"
#include "names.hpp"
#include "output_name.hpp"
#include "rows.hpp"

namespace tidewheel::sql {
namespace {

// A relation alias that the statement doesn't use.
std::string fresh_alias(ast::Message& root, std::string alias) {
    bool is_taken = true;
    while (is_taken) {
        is_taken = false;
        ast::walk(root, [&](ast::Message& message) {
            if (auto* string = ast::as<ast::String>(&message)) {
                is_taken = is_taken || alias == string->sval;
            }
            return true;
        });
        if (is_taken) alias += '_';
    }
    return alias;
}

// now() without a name of its own is a column `now` to the SELECT around it, and has to stay one.
void keep_names(ast::Tree& tree, ast::Message& root) {
    ast::walk(root, [&](ast::Message& message) {
        auto* target = ast::as<ast::Target>(&message);
        if (target && target->val && !*target->name && is_now(*ast::content(target->val))) {
            target->name = tree.arena().copy(output_name(*target->val));
        }
        return true;
    });
}

void replace_now(ast::Tree& tree, ast::Message& root, const std::string& record) {
    keep_names(tree, root);
    ast::walk(root, [&](ast::Message& message) {
        auto* node = ast::as<ast::Node>(&message);
        if (node && ast::content(node) && is_now(*ast::content(node))) {
            const std::string type = type_of_now(*ast::content(node));
            const std::string time =
                "tidewheel.record_time(" + record + ".tidewheel_timestamp, 'now()')";
            *node = *tree.expression(type == "timestamptz" ? time : time + "::" + type);
        }
        return true;
    });
}

std::string one_record(const StreamReference& stream_reference, const std::string& record) {
    std::string columns;
    for (const auto& column : stream_reference.stream->columns) {
        if (!columns.empty()) columns += ", ";
        columns += record + "." + ast::quote_identifier(column.name);
    }
    return fmt::format("(SELECT {}) AS {}", columns,
                       ast::quote_identifier(alias_of(*stream_reference.place)));
}

// Puts a sub-select of the one record into the stream's place.
void replace_stream(ast::Tree& tree, ast::Message& root, const StreamReference& stream_reference,
                    const std::string& record) {
    ast::walk(root, [&](ast::Message& message) {
        auto* node = ast::as<ast::Node>(&message);
        if (!node || ast::as<ast::RangeVar>(node) != stream_reference.place) return true;
        ast::Node* item = tree.from_item(one_record(stream_reference, record));
        if (stream_reference.place->alias)
            ast::as<ast::RangeSubselect>(item)->alias = stream_reference.place->alias;
        *node = *item;
        return false;
    });
}

}  // namespace

std::string record_form(ast::Tree& tree, ast::Select& select,
                        const StreamReference& stream_reference) {
    ast::Message& root = ast::message(select);
    const std::string record = fresh_alias(root, "tidewheel_r");
    replace_now(tree, root, record);
    replace_stream(tree, root, stream_reference, record);
    return fmt::format(
        "SELECT {0}.tidewheel_seq, tidewheel_q.* FROM pg_temp.tidewheel_records AS {0} "
        "CROSS JOIN LATERAL ({1}) AS tidewheel_q",
        record, ast::deparse(*tree.wrap(root)));
}

bool uses_now(ast::Message& root) {
    bool found = false;
    ast::walk(root, [&](ast::Message& message) {
        found = found || is_now(message);
        return !found;
    });
    return found;
}

void refuse_now_in_from(const StreamReference& stream_reference, Refusals& refusals) {
    auto selects = stream_reference.levels;
    selects.insert(selects.end(), stream_reference.subqueries.begin(),
                   stream_reference.subqueries.end());
    for (auto* select : selects) {
        for (ast::Node* item : TIDEWHEEL_NODES(*select, from_clause)) {
            auto* function = ast::as<ast::RangeFunction>(item);
            auto* list = function && function->n_functions > 0
                             ? ast::as<ast::List>(function->functions[0])
                             : nullptr;
            if (list && list->n_items > 0 && ast::content(list->items[0]) &&
                is_now(*ast::content(list->items[0]))) {
                refusals.add(ast::location(*ast::content(item)), "now() is not supported in FROM",
                             "Write it into the SELECT list.");
            }
        }
    }
}

namespace {

char stage_schema[] = "pg_temp";

}  // namespace

void stage(ast::Message& root, const StreamReference& stream_reference) {
    const RelationName name = relation_name(*stream_reference.place);
    stream_reference.place->schemaname = stage_schema;
    if (name.schema.empty()) return;
    ast::walk(root, [&](ast::Message& message) {
        if (auto* reference = ast::as<ast::ColumnRef>(&message)) {
            const auto parts = ast::strings(TIDEWHEEL_NODES(*reference, fields));
            if (reference->n_fields >= 3 && parts[0] == name.schema && parts[1] == name.name) {
                ++reference->fields;
                --reference->n_fields;
            }
        }
        return true;
    });
}

}  // namespace tidewheel::sql
