#include "merge_into.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "batch_dependence.hpp"
#include "deparse.hpp"
#include "functions.hpp"
#include "merge_keys.hpp"
#include "names.hpp"
#include "record_form.hpp"
#include "route_values.hpp"

namespace tidewheel::sql {
namespace {

constexpr auto in_using = "Select it in USING: USING (SELECT … FROM the stream) AS s.";

class MergeReader {
  public:
    MergeReader(ast::Tree& tree, const Names& names, Statement& statement, Refusals& refusals)
        : tree_(tree),
          merge_(*tree.statement_as<ast::Merge>()),
          names_(names),
          statement_(statement),
          refusals_(refusals) {
        rows_.target = relation_name(*merge_.relation);
    }

    void read() {
        refuse_clauses();
        check_actions();
        if (!find_source()) return;
        const StreamReference stream_reference =
            read_select(*select_, names_, rows_.target, refusals_);
        check(stream_reference);
        if (!refusals_.any()) fill(stream_reference);
    }

  private:
    std::string what() const { return fmt::format("this MERGE into {}", rows_.target.text()); }

    void refuse_clauses() {
        const int place = merge_.relation->location;
        if (const Stream* stream = names_.stream(rows_.target))
            refusals_.add(
                place, fmt::format("{} is a stream: MERGE can't write to it", stream->name.text()),
                fmt::format("Write INSERT INTO {} (…) SELECT …: each row becomes a record.",
                            stream->name.text()));
        if (!merge_.relation->inh)
            refusals_.add(place, "ONLY is not supported in a continuous MERGE",
                          "Name the partition itself.");
        if (merge_.with_clause)
            refusals_.add(place, "WITH is not supported in a continuous MERGE",
                          "Write it inside of USING: USING (WITH … SELECT …) AS s.");
        if (ast::is_set(ast::message(merge_), "returning_list") ||
            ast::is_set(ast::message(merge_), "returning_clause"))
            refusals_.add(place, "RETURNING is not supported in a continuous MERGE",
                          "No client receives its rows.");
    }

    // ON and WHEN see the row of the source and the stored row, and nothing else.
    void check_actions() {
        check_expressions(merge_.join_condition->base);
        for (ast::Node* node : TIDEWHEEL_NODES(merge_, merge_when_clauses)) {
            const auto& clause = *ast::as<ast::MergeWhen>(node);
            check_expressions(node->base);
            if (clause.override > PG_QUERY__OVERRIDING_KIND__OVERRIDING_NOT_SET)
                refusals_.add(merge_.relation->location,
                              "OVERRIDING is not supported in a continuous MERGE",
                              "An identity column numbers the rows itself.");
#if PG_VERSION_NUM >= 170000
            if (clause.match_kind == PG_QUERY__MERGE_MATCH_KIND__MERGE_WHEN_NOT_MATCHED_BY_SOURCE)
                refusals_.add(merge_.relation->location,
                              "NOT MATCHED BY SOURCE is not supported in a continuous MERGE",
                              "It would be about the rows that a batch has no record of.");
#endif
        }
    }

    void check_expressions(ast::Message& root) {
        refuse_volatile(root, refusals_);
        refuse_now(root, "in ON and WHEN of a continuous MERGE",
                   "Select it in USING: USING (SELECT *, now() AS at FROM the stream) AS s.",
                   refusals_);
        ast::walk(root, [&](ast::Message& message) {
            if (!ast::as<ast::Select>(&message)) return true;
            refusals_.add(ast::location(message),
                          "a sub-select in ON or WHEN is not supported in a continuous MERGE",
                          in_using);
            return false;
        });
    }

    // False: there is none, which has been refused.
    bool find_source() {
        if (auto* range = ast::as<ast::RangeVar>(merge_.source_relation)) {
            const Stream* stream = names_.stream(relation_name(*range));
            if (!stream) {
                StreamReference none;
                none.others = {range};
                refuse_no_stream(range->location, what(), in_using, none, names_, refusals_);
                return false;
            }
            merge_.source_relation = tree_.from_item(select_from(*range, *stream));
        }
        auto* sub = ast::as<ast::RangeSubselect>(merge_.source_relation);
        if (!sub || !sub->alias) {
            refusals_.add(merge_.relation->location,
                          "USING of a continuous MERGE must be a stream, or a sub-select with a "
                          "name that reads one",
                          in_using);
            return false;
        }
        merge_into_.source = sub->alias->aliasname;
        merge_into_.source_columns = ast::strings(TIDEWHEEL_NODES(*sub->alias, colnames));
        select_ = ast::as<ast::Select>(sub->subquery);
        return true;
    }

    // The columns of the stream that the statement uses; one at least.
    std::string select_from(const ast::RangeVar& range, const Stream& stream) const {
        std::string columns;
        for (const StreamColumn& column : stream.columns)
            if (uses(column.name, alias_of(range)))
                columns += (columns.empty() ? "" : ", ") + ast::quote_identifier(column.name);
        if (columns.empty()) columns = ast::quote_identifier(stream.columns.front().name);
        return fmt::format("(SELECT {} FROM {}) AS {}", columns, relation_name(range).quoted(),
                           ast::quote_identifier(alias_of(range)));
    }

    // By its name, or with the whole row.
    bool uses(const std::string& column, const std::string& source) const {
        bool found = false;
        const auto look = [&](ast::Message& message) {
            auto* reference = ast::as<ast::ColumnRef>(&message);
            if (!reference) return !found;
            const auto parts = ast::strings(TIDEWHEEL_NODES(*reference, fields));
            found = found || parts.size() < reference->n_fields || parts.back() == column ||
                    parts == std::vector{source};
            return true;
        };
        ast::walk(merge_.join_condition->base, look);
        for (ast::Node* clause : TIDEWHEEL_NODES(merge_, merge_when_clauses))
            ast::walk(clause->base, look);
        return found;
    }

    void check(const StreamReference& stream_reference) {
        refuse_volatile(ast::message(*select_), refusals_);
        if (!stream_reference.stream)
            return refuse_no_stream(merge_.relation->location, what(),
                                    "USING must read a stream, which CREATE FOREIGN TABLE … SERVER "
                                    "kafka declares.",
                                    stream_reference, names_, refusals_);
        refuse_batch_dependence(stream_reference, "a continuous INSERT", refusals_);
    }

    void fill(const StreamReference& stream_reference) {
        statement_.stream = names_.created(stream_reference.stream->name);
        statement_.route_values = route_values(stream_reference);
        rows_.on_conflict = OnConflict::update;
        rows_.needs_order = true;
        rows_.keeps_order = stream_reference.keeps_order;
        fill_merge();
        stage(ast::message(*select_), stream_reference);
        statement_.select =
            ast::deparse(*ast::as<ast::RangeSubselect>(merge_.source_relation)->subquery);
        rows_.record_select = record_form(tree_, *select_, stream_reference);
        merge_into_.clauses = clauses();
        rows_.merge = std::move(merge_into_);
        statement_.body = std::move(rows_);
    }

    void fill_merge() {
        const std::string target = alias_of(*merge_.relation);
        merge_into_.keys = merge_keys(merge_, target, merge_into_.source);
        rows_.target_columns = inserted_columns(merge_);
        merge_into_.alias = ast::quote_identifier(target);
        merge_into_.source = ast::quote_identifier(merge_into_.source);
        merge_into_.deletes =
            std::ranges::any_of(TIDEWHEEL_NODES(merge_, merge_when_clauses), [](ast::Node* node) {
                return ast::as<ast::MergeWhen>(node)->command_type ==
                       PG_QUERY__CMD_TYPE__CMD_DELETE;
            });
    }

    std::string clauses() {
        const std::string source = "pg_temp.tidewheel_source";
        merge_.source_relation = tree_.from_item(source);
        const std::string text = ast::deparse(tree_.statement());
        return text.substr(text.find(" ON ", text.find(" USING " + source)) + 1);
    }

    ast::Tree& tree_;
    ast::Merge& merge_;
    ast::Select* select_ = nullptr;
    const Names& names_;
    Statement& statement_;
    Refusals& refusals_;
    RowStatement rows_;
    MergeInto merge_into_;
};

}  // namespace

void read_merge(ast::Tree& tree, const Names& names, Statement& statement, Refusals& refusals) {
    MergeReader(tree, names, statement, refusals).read();
}

}  // namespace tidewheel::sql
