#include "view_kept.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "aggregates.hpp"
#include "deparse.hpp"
#include "functions.hpp"
#include "names.hpp"
#include "record_form.hpp"

namespace tidewheel::sql {
namespace {

// A relation that stands for the state table until its name is known.
constexpr std::string_view state_table = "tidewheel_state_of_this_view";

// Calls `visit` for every expression of an aggregate that depends on the row: the separator of
// string_agg() stays in its place. The fields of ROW(…)
// stand for it: no table has a column of its type.
void for_each_value(ast::Node& node, const std::function<void(ast::Node&)>& visit) {
    if (auto* row = ast::as<ast::Row>(&node)) {
        for (ast::Node* field : TIDEWHEEL_NODES(*row, args))
            for_each_value(*field, visit);
    } else if (auto* order = ast::as<ast::SortBy>(&node)) {
        for_each_value(*order->node, visit);
    } else if (auto* named = ast::as<ast::NamedArgument>(&node)) {
        for_each_value(*named->arg, visit);
    } else if (!is_constant(node)) {
        visit(node);
    }
}

void for_each_value(const ast::FunctionCall& call, const std::function<void(ast::Node&)>& visit) {
    if (!call.agg_within_group)
        for (ast::Node* argument : TIDEWHEEL_NODES(call, args))
            for_each_value(*argument, visit);
    for (ast::Node* order : TIDEWHEEL_NODES(call, agg_order))
        for_each_value(*order, visit);
}

bool has_column(ast::Message& root) {
    bool found = false;
    ast::walk(root, [&](ast::Message& message) {
        found = found || ast::as<ast::ColumnRef>(&message);
        return !found;
    });
    return found;
}

ast::RangeVar* staged_stream(ast::Message& root) {
    ast::RangeVar* found = nullptr;
    ast::walk(root, [&](ast::Message& message) {
        auto* range = ast::as<ast::RangeVar>(&message);
        if (range && std::string_view(range->schemaname) == "pg_temp") found = range;
        return !found;
    });
    return found;
}

void add_order(ast::Tree& tree, ast::FunctionCall& call, const std::string& order) {
    auto* ordered = ast::as<ast::FunctionCall>(
        tree.expression(fmt::format("pg_catalog.array_agg(1 ORDER BY {})", order)));
    std::vector<ast::Node*> all(call.agg_order, call.agg_order + call.n_agg_order);
    all.insert(all.end(), ordered->agg_order, ordered->agg_order + ordered->n_agg_order);
    call.n_agg_order = all.size();
    call.agg_order = tree.arena().array(all);
}

// The stream's columns and tidewheel_seq, in the stream's place.
void read_records(ast::Tree& tree, ast::Message& root, const Stream& stream,
                  const ast::RangeVar& place) {
    std::string columns;
    for (const StreamColumn& column : stream.columns)
        columns += ast::quote_identifier(column.name) + ", ";
    ast::Node* item =
        tree.from_item(fmt::format("(SELECT {}tidewheel_seq FROM pg_temp.tidewheel_records) AS {}",
                                   columns, ast::quote_identifier(alias_of(place))));
    if (place.alias) ast::as<ast::RangeSubselect>(item)->alias = place.alias;
    ast::walk(root, [&](ast::Message& message) {
        auto* node = ast::as<ast::Node>(&message);
        if (!node || ast::as<ast::RangeVar>(node) != &place) return true;
        *node = *item;
        return false;
    });
}

}  // namespace

Keeping keeping_of(const ast::FunctionCall& call) {
    const Aggregate* merged = find_aggregate(builtin_name(call));
    if (call.agg_within_group) return merged ? Keeping::state : Keeping::values;
    const bool counts_repeats =
        !merged || std::ranges::any_of(merged->form.partials, [](const PartialState& state) {
            return form_of(state.merge).counts_repeats;
        });
    if (call.agg_distinct && counts_repeats) return Keeping::values;
    return merged ? Keeping::state : Keeping::places;
}

std::string ViewStatement::finish(const std::string& table) const {
    std::string text = finish_before + table + finish_after;
    for (std::size_t place = 0; (place = text.find(state_table, place)) != std::string::npos;
         place += table.size())
        text.replace(place, state_table.size(), table);
    return text;
}

void ViewKept::replace(ast::Node& aggregate, Keeping keeping) {
    auto& call = *ast::as<ast::FunctionCall>(&aggregate);
    if (is_refused(call)) return;
    const std::size_t number = number_of(call, keeping);
    const KeptValues& kept = view_.kept[number];
    for_each_value(call, [&](ast::Node& value) {
        const auto column = std::ranges::find(kept.values, identity_.text(value), &Key::expression);
        value = *tree_.expression("tidewheel_kept." + column->column);
    });
    call.agg_filter = nullptr;
    if (keeping == Keeping::places)
        add_order(tree_, call,
                  "tidewheel_kept.kept_partition, tidewheel_kept.kept_offset, "
                  "tidewheel_kept.kept_row");
    aggregate = *tree_.expression(
        fmt::format("(SELECT {} {})", ast::deparse_expression(aggregate), from(number, keeping)));
}

// What is kept of the group at hand. A value that came several times counts as often.
std::string ViewKept::from(std::size_t number, Keeping keeping) const {
    std::string text = fmt::format("FROM {} AS tidewheel_kept", state_table);
    if (keeping == Keeping::values)
        text += " CROSS JOIN LATERAL pg_catalog.generate_series(1, tidewheel_kept.kept_count)";
    text += fmt::format(" WHERE tidewheel_kept.kept = {}", number + 1);
    if (view_.keys.empty()) return text;
    text += " AND tidewheel_kept.kept_group = tidewheel_state.kept_group";
    for (const Key& key : view_.keys)
        text += fmt::format(" AND tidewheel_kept.{0} IS NOT DISTINCT FROM tidewheel_state.{0}",
                            key.column);
    return text;
}

bool ViewKept::is_refused(ast::FunctionCall& call) {
    bool is_refused = false;
    for_each_value(call, [&](ast::Node& value) {
        if (!is_refused && is_row_of(value, *stream_reference_.stream, *stream_reference_.place))
            refuse_row(call);
        is_refused =
            is_refused || is_row_of(value, *stream_reference_.stream, *stream_reference_.place);
    });
    for (ast::Node* argument : TIDEWHEEL_NODES(call, args)) {
        if (!call.agg_within_group || is_refused || !has_column(argument->base)) continue;
        refusals_.add(ast::location(argument->base),
                      fmt::format("{} of other than a constant is not supported in a continuous "
                                  "view",
                                  function_name(ast::message(call))),
                      "Write a constant before WITHIN GROUP.");
        is_refused = true;
    }
    return is_refused;
}

void ViewKept::refuse_row(ast::FunctionCall& call) {
    std::string fields;
    for (const StreamColumn& column : stream_reference_.stream->columns)
        fields += fmt::format("{}{}, {}", fields.empty() ? "" : ", ",
                              ast::quote_literal(column.name), ast::quote_identifier(column.name));
    refusals_.add(
        call.location,
        fmt::format("{} of the whole row of stream {} is not supported in a continuous "
                    "view",
                    function_name(ast::message(call)), stream_reference_.stream->name.text()),
        fmt::format("Name the columns: jsonb_build_object({}).", fields));
}

std::vector<std::string> ViewKept::values_of(const ast::FunctionCall& call) {
    std::vector<std::string> values;
    for_each_value(call, [&](ast::Node& value) {
        const std::string text = identity_.text(value);
        if (std::ranges::find(values, text) == values.end()) values.push_back(text);
    });
    return values;
}

std::size_t ViewKept::number_of(ast::FunctionCall& call, Keeping keeping) {
    const std::vector<std::string> values = values_of(call);
    const std::string filter = call.agg_filter ? identity_.text(*call.agg_filter) : "";
    for (std::size_t i = 0; i < view_.kept.size(); ++i)
        if (keeping_[i] == keeping && view_.kept[i].filter == filter &&
            std::ranges::equal(view_.kept[i].values, values, {}, &Key::expression))
            return i;
    KeptValues kept{function_name(ast::message(call)), {}, filter, ""};
    for (const std::string& value : values)
        kept.values.push_back({fmt::format("v{}", ++columns_), value});
    view_.kept.push_back(std::move(kept));
    keeping_.push_back(keeping);
    return view_.kept.size() - 1;
}

void ViewKept::write_by_record() {
    for (std::size_t i = 0; i < view_.kept.size(); ++i) {
        KeptValues& kept = view_.kept[i];
        if (keeping_[i] != Keeping::places) continue;
        std::string columns;
        for (const std::vector<Key>& some : {view_.keys, kept.values})
            for (const Key& each : some)
                columns += (columns.empty() ? "" : ", ") + each.expression;
        std::string where = view_.where;
        if (!kept.filter.empty())
            where = where.empty() ? kept.filter : fmt::format("({}) AND ({})", where, kept.filter);
        ast::Tree tree(fmt::format("SELECT {} FROM {}{}", columns, view_.from,
                                   where.empty() ? "" : " WHERE " + where));
        StreamReference stream = stream_reference_;
        stream.level = tree.statement_as<ast::Select>();
        stream.place = staged_stream(ast::message(*stream.level));
        kept.by_record = record_form(tree, *stream.level, stream);
    }
}

void ViewKept::write_in_order(const std::string& select) {
    if (std::ranges::find(keeping_, Keeping::places) == keeping_.end()) return;
    ast::Tree tree(select);
    ast::Message& root = *ast::content(&tree.statement());
    const ast::RangeVar& place = *staged_stream(root);
    const std::string order = ast::quote_identifier(alias_of(place)) + ".tidewheel_seq";
    ast::walk(root, [&](ast::Message& message) {
        auto* call = ast::as<ast::FunctionCall>(&message);
        if (!call || !is_aggregate(message)) return true;
        if (keeping_of(*call) == Keeping::places) add_order(tree, *call, order);
        return false;
    });
    read_records(tree, root, *stream_reference_.stream, place);
    view_.in_order = ast::deparse(tree.statement());
}

}  // namespace tidewheel::sql
