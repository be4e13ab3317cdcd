#include "view.hpp"

#include <fmt/format.h>

#include "functions.hpp"
#include "names.hpp"
#include "rows.hpp"

namespace tidewheel::sql {
namespace {

struct Refused {
    const char* field;
    const char* what;
    const char* hint;
};
constexpr Refused of_select[] = {
    {"with_clause", "WITH is",
     "write its query where it is used, or as a table that the view joins"},
    {"distinct_clause", "DISTINCT is", "GROUP BY keeps one row of each group"},
    {"window_clause", "WINDOW is", "use the window in the query that reads the view"},
    {"sort_clause", "ORDER BY is", "order where you query the view"},
    {"limit_count", "LIMIT is", "limit where you query the view"},
    {"limit_offset", "OFFSET is", "skip where you query the view"},
    {"locking_clause", "FOR UPDATE and its relatives are", "rows of a stream can't be locked"},
    {"group_distinct", "GROUP BY DISTINCT is", "list the groups in GROUP BY alone"},
};
constexpr Refused of_into[] = {
    {"access_method", "USING is", "leave it out"},
    {"options", "WITH (…) is", "leave it out"},
    {"table_space_name", "TABLESPACE is", "leave it out"},
    {"skip_data", "WITH NO DATA is", "leave it out: the view fills itself from the topic"},
};

void refuse(int location, const Refused& refused, Refusals& refusals) {
    refusals.add(location, fmt::format("{} not supported in a continuous view", refused.what),
                 refused.hint);
}

class ViewReader {
  public:
    ViewReader(ast::Tree& tree, const std::vector<Stream>& streams, Statement& statement,
               Refusals& refusals)
        : tree_(tree),
          definition_(*tree.statement_as<ast::CreateTableAs>()),
          select_(ast::as<ast::Select>(definition_.query)),
          streams_(streams),
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
            refusals_.add(location(), "a view is made of a SELECT");
            return;
        }
        const Reading reading = read_select(*select_, streams_, view_.name, refusals_);
        check(reading);
        if (refusals_.any()) return;
        unqualify(ast::message(*select_), reading);
        statement_.stream = reading.stream->name;
        statement_.pinned = pinned_values(reading);
        statement_.select = ast::deparse(*definition_.query);
        take_apart(tree_, *select_, reading, view_, refusals_);
        statement_.body = std::move(view_);
    }

  private:
    int location() const { return definition_.into->rel->location; }

    void refuse_definition() {
        for (const auto& refused : of_into) {
            if (ast::is_set(ast::message(*definition_.into), refused.field)) {
                refuse(location(), refused, refusals_);
            }
        }
        if (definition_.if_not_exists) {
            refuse(location(),
                   {"", "IF NOT EXISTS is",
                    "leave it out: `tidewheel apply` makes only what is missing"},
                   refusals_);
        }
    }

    void check(const Reading& reading) {
        if (!reading.stream) {
            refusals_.add(location(), fmt::format("the view {} reads no stream", view_.name.text()),
                          "over ordinary tables, CREATE VIEW does");
            return;
        }
        if (reading.level != select_) {
            refusals_.add(reading.place->location,
                          fmt::format("stream {} is read inside a CTE or a sub-select",
                                      reading.stream->name.text()),
                          "name the stream in the FROM of the view itself");
        }
        for (const auto& refused : of_select) {
            if (ast::is_set(ast::message(*select_), refused.field)) {
                refuse(location(), refused, refusals_);
            }
        }
        refuse_volatile(ast::message(*select_), refusals_);
        refuse_now(
            ast::message(*select_), "in a continuous view",
            "a view must mean the same at every replay: compare with now() where you query it",
            refusals_);
        refuse_windows();
    }

    void refuse_windows() {
        ast::walk(ast::message(*select_), [&](ast::Message& message) {
            if (is_window_call(message)) {
                refusals_.add(
                    ast::location(message),
                    fmt::format("the window function {} is not supported in a continuous view",
                                function_name(message)),
                    "use it in the query that reads the view");
            }
            return true;
        });
    }

    ast::Tree& tree_;
    ast::CreateTableAs& definition_;
    ast::Select* select_;
    const std::vector<Stream>& streams_;
    Statement& statement_;
    Refusals& refusals_;
    ViewStatement view_;
};

}  // namespace

void read_view(ast::Tree& tree, const std::vector<Stream>& streams, Statement& statement,
               Refusals& refusals) {
    ViewReader(tree, streams, statement, refusals).read();
}

}  // namespace tidewheel::sql
