#include "view.hpp"

#include <fmt/format.h>

#include "batch_dependence.hpp"
#include "deparse.hpp"
#include "functions.hpp"
#include "names.hpp"
#include "option_list.hpp"
#include "record_form.hpp"
#include "route_values.hpp"
#include "rows.hpp"
#include "view_decomposition.hpp"
#include "view_rows.hpp"

namespace tidewheel::sql {
namespace {

struct Refused {
    const char* field;
    const char* what;
    const char* hint;
};
constexpr Refused order_by = {"sort_clause", "ORDER BY is", "Order where you query the view."};
constexpr Refused of_select[] = {
    {"with_clause", "WITH is",
     "Write its query where it is used, or as a table that the view joins."},
    {"locking_clause", "FOR UPDATE and the like are", "Rows of a stream can't be locked."},
    {"group_distinct", "GROUP BY DISTINCT is", "List the groups in GROUP BY alone."},
};
constexpr Refused of_into[] = {
    {"access_method", "USING is", "Leave it out."},
    {"table_space_name", "TABLESPACE is", "Leave it out."},
    {"skip_data", "WITH NO DATA is", "Leave it out: the view is filled from the topic."},
};

void refuse(int location, const Refused& refused, Refusals& refusals) {
    refusals.add(location, fmt::format("{} not supported in a continuous view", refused.what),
                 refused.hint);
}

class ViewReader {
  public:
    ViewReader(ast::Tree& tree, const Names& names, Statement& statement, Refusals& refusals)
        : tree_(tree),
          definition_(*tree.statement_as<ast::CreateTableAs>()),
          select_(ast::as<ast::Select>(definition_.query)),
          names_(names),
          statement_(statement),
          refusals_(refusals) {
        view_.name = relation_name(*definition_.into->rel);
        for (const auto& name : ast::strings(TIDEWHEEL_NODES(*definition_.into, col_names))) {
            view_.output_columns.push_back(name);
        }
    }

    void read() {
        refuse_definition();
        if (!select_) {
            refusals_.add(location(), "a continuous view must be a SELECT");
            return;
        }
        const StreamReference stream_reference =
            read_select(*select_, names_, view_.name, refusals_);
        const bool of_rows = is_of_rows(*select_);
        check(stream_reference, of_rows);
        if (refusals_.any()) return;
        stage(ast::message(*select_), stream_reference);
        statement_.stream = names_.created(stream_reference.stream->name);
        statement_.route_values = route_values(stream_reference);
        statement_.select = ast::deparse(*definition_.query);
        if (select_->n_distinct_clause > 0 && !has_groups(*select_)) group_by_all();
        (of_rows ? keep_rows : decompose)(tree_, *select_, stream_reference, view_, refusals_);
        statement_.body = std::move(view_);
    }

  private:
    int location() const { return definition_.into->rel->location; }

    void refuse_definition() {
        read_options();
        for (const auto& refused : of_into) {
            if (ast::is_set(ast::message(*definition_.into), refused.field)) {
                refuse(location(), refused, refusals_);
            }
        }
        if (definition_.if_not_exists) {
            refuse(location(),
                   {"", "IF NOT EXISTS is",
                    "Leave it out: `tidewheel apply` creates only what is missing."},
                   refusals_);
        }
    }

    void check(const StreamReference& stream_reference, bool of_rows) {
        if (!stream_reference.stream) {
            refuse_no_stream(location(), fmt::format("the view {}", view_.name.text()),
                             "Over ordinary tables, write CREATE VIEW.", stream_reference, names_,
                             refusals_);
            return;
        }
        refuse_volatile(ast::message(*select_), refusals_);
        of_rows ? check_rows(stream_reference) : check_groups(stream_reference);
    }

    // As of a continuous INSERT. A view's rows have no order.
    void check_rows(const StreamReference& stream_reference) {
        if (select_->n_sort_clause > 0) refuse(location(), order_by, refusals_);
        refuse_now_in_from(stream_reference, refusals_);
        refuse_batch_dependence(stream_reference, "a continuous view", refusals_);
    }

    void check_groups(const StreamReference& stream_reference) {
        if (stream_reference.level != select_) {
            refusals_.add(stream_reference.place->location,
                          fmt::format("stream {} is read inside a CTE or a sub-select",
                                      stream_reference.stream->name.text()),
                          "Name the stream in the FROM of the view itself.");
        }
        for (const auto& refused : of_select) {
            if (ast::is_set(ast::message(*select_), refused.field)) {
                refuse(location(), refused, refusals_);
            }
        }
        refuse_choice();
        refuse_now(
            ast::message(*select_), "in a continuous view",
            "A view must mean the same in every replay; compare with now() where you query it.",
            refusals_);
    }

    void read_options() {
        OptionList options(TIDEWHEEL_NODES(*definition_.into, options), refusals_);
        for (const ast::Option* option : options.all()) {
            const auto* number = ast::as<ast::Integer>(option->arg);
            if (std::string_view(option->defname) != "values_per_group")
                options.refuse(*option,
                               fmt::format("a continuous view has no option {}", option->defname),
                               "The only one is values_per_group.");
            else if (!number || number->ival < 1)
                options.refuse(*option, "values_per_group must be a number from 1",
                               fmt::format("The default is {}.", default_most_kept));
            else
                view_.most_kept = number->ival;
        }
    }

    // Of groups PostgreSQL may choose some when the view is read; a row of the stream is gone by
    // then.
    void refuse_choice() {
        if ((select_->limit_count || select_->limit_offset) && select_->n_sort_clause == 0)
            refusals_.add(location(), "LIMIT without ORDER BY may choose any rows",
                          "Say by ORDER BY which rows come first.");
        if (has_groups(*select_)) return;
        if (select_->n_distinct_clause > 0 && ast::content(select_->distinct_clause[0]))
            refuse(location(),
                   {"", "DISTINCT ON without GROUP BY is",
                    "For the last row of each key, write INSERT INTO … SELECT … ON CONFLICT (key) "
                    "DO UPDATE."},
                   refusals_);
        ast::walk(ast::message(*select_), [&](ast::Message& message) {
            if (is_window_call(message))
                refusals_.add(ast::location(message),
                              fmt::format("the window function {} needs GROUP BY in a continuous "
                                          "view",
                                          function_name(message)),
                              "Store the rows by INSERT, and use it where you query them.");
            return true;
        });
    }

    // SELECT DISTINCT a, b is SELECT a, b … GROUP BY a, b. A constant distinguishes nothing.
    void group_by_all() {
        std::vector<ast::Node*> keys;
        for (ast::Node* node : TIDEWHEEL_NODES(*select_, target_list)) {
            ast::Node* value = ast::as<ast::Target>(node)->val;
            if (!is_constant(*value)) keys.push_back(value);
        }
        select_->n_distinct_clause = 0;
        select_->n_group_clause = keys.size();
        select_->group_clause = tree_.arena().array(keys);
    }

    ast::Tree& tree_;
    ast::CreateTableAs& definition_;
    ast::Select* select_;
    const Names& names_;
    Statement& statement_;
    Refusals& refusals_;
    ViewStatement view_;
};

}  // namespace

void read_view(ast::Tree& tree, const Names& names, Statement& statement, Refusals& refusals) {
    ViewReader(tree, names, statement, refusals).read();
}

}  // namespace tidewheel::sql
