#include "tidewheel/executor/kept_script.hpp"

#include <vector>

#include "tidewheel/catalogue/state_table.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::executor {
namespace {

// The values of one of the view's KeptValues.
class Script {
  public:
    Script(const catalogue::StoredStatement& statement, std::size_t place)
        : table_(statement.state_table),
          view_(std::get<sql::ViewStatement>(statement.statement.body)),
          kept_(view_.kept[place]),
          number_(std::to_string(place + 1)) {}

    std::string name() const { return "kept" + number_; }

    // INSERT … RETURNING g, is_new
    std::string insert() const { return kept_.by_record.empty() ? upsert() : append(); }

    // SELECT, over name(): refuses a group that has too many.
    std::string check() const {
        const std::string most = std::to_string(view_.most_kept);
        return "SELECT tidewheel.require_room(f.n + (SELECT count(*) FROM (SELECT FROM " + table_ +
               " v WHERE v.kept = " + number_ + " AND v.kept_group = f.g LIMIT " + most + ") w), " +
               most + ", " + postgres::quote_literal(kept_.aggregate) +
               ") FROM (SELECT g, count(*) AS n FROM " + name() + " WHERE is_new GROUP BY g) f";
    }

  private:
    std::vector<std::string> columns() const {
        std::vector<std::string> names = catalogue::key_columns(view_);
        for (const sql::Key& value : kept_.values)
            names.push_back(value.column);
        return names;
    }

    std::string append() const {
        std::vector<std::string> names{"tidewheel_seq"}, values;
        for (const std::string& column : columns()) {
            const bool is_only_key = view_.keys.empty() && column == catalogue::only_key;
            values.push_back(is_only_key ? "true" : "q." + column);
            if (!is_only_key) names.push_back(column);
        }
        return "INSERT INTO " + table_ + " (" + joined(columns(), ", ") +
               ", kept, kept_partition, kept_offset, kept_row) SELECT " + joined(values, ", ") +
               ", " + number_ +
               ", ($1::integer[])[q.tidewheel_seq + 1], ($2::bigint[])[q.tidewheel_seq + 1], "
               "row_number() OVER (PARTITION BY q.tidewheel_seq) FROM (" +
               kept_.by_record + ") q (" + joined(names, ", ") +
               ") RETURNING kept_group AS g, true AS is_new";
    }

    std::string upsert() const {
        std::vector<std::string> select;
        for (const sql::Key& key : view_.keys)
            select.push_back(key.expression + " AS " + key.column);
        if (view_.keys.empty()) select.push_back(std::string("true AS ") + catalogue::only_key);
        for (const sql::Key& value : kept_.values)
            select.push_back(value.expression + " AS " + value.column);
        const std::string list = joined(columns(), ", ");
        return "INSERT INTO " + table_ + " AS s (" + list + ", kept, kept_count) SELECT " + list +
               ", " + number_ + ", count(*) FROM (SELECT " + joined(select, ", ") + source() +
               ") q GROUP BY " + list + " ON CONFLICT (" +
               joined(catalogue::kept_identity(view_, kept_), ", ") + ") WHERE kept = " + number_ +
               " DO UPDATE SET kept_count = s.kept_count + excluded.kept_count RETURNING "
               "s.kept_group AS g, s.xmax = 0 AS is_new";
    }

    std::string source() const {
        const std::string source = catalogue::source_of(view_);
        if (kept_.filter.empty()) return source;
        return source.substr(0, source.size() - view_.where.size()) +
               (view_.where.empty() ? " WHERE " + kept_.filter
                                    : "(" + view_.where + ") AND (" + kept_.filter + ")");
    }

    const std::string& table_;
    const sql::ViewStatement& view_;
    const sql::KeptValues& kept_;
    std::string number_;
};

}  // namespace

std::string kept_script(const catalogue::StoredStatement& statement) {
    const auto& view = std::get<sql::ViewStatement>(statement.statement.body);
    if (view.kept.empty()) return "";
    std::vector<std::string> inserts, checks;
    for (std::size_t i = 0; i < view.kept.size(); ++i) {
        const Script script(statement, i);
        inserts.push_back(script.name() + " AS (" + script.insert() + ")");
        checks.push_back(script.check());
    }
    // Of a view that keeps values once alone, the parameters would have no type.
    return "WITH places AS (SELECT $1::integer[], $2::bigint[]), " + joined(inserts, ", ") + " " +
           joined(checks, " UNION ALL ");
}

}  // namespace tidewheel::executor
