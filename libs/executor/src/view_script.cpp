#include "tidewheel/executor/view_script.hpp"

#include <algorithm>

#include "tidewheel/catalogue/state_table.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/executor/view_rows.hpp"
#include "unnested.hpp"

namespace tidewheel::executor {
namespace {

const sql::ViewStatement& view_of(const catalogue::StoredStatement& statement) {
    return std::get<sql::ViewStatement>(statement.statement.body);
}

// Distinct expressions that several views share, each with a name in the pass.
class Shared {
  public:
    explicit Shared(std::string stem) : stem_(std::move(stem)) {}
    std::string name(const std::string& expression) {
        const auto found = std::find(expressions_.begin(), expressions_.end(), expression);
        const auto index = found - expressions_.begin();
        if (found == expressions_.end()) expressions_.push_back(expression);
        return stem_ + std::to_string(index);
    }
    std::vector<std::string> select_list() const {
        std::vector<std::string> list;
        for (std::size_t i = 0; i < expressions_.size(); ++i)
            list.push_back(expressions_[i] + " AS " + stem_ + std::to_string(i));
        return list;
    }
    const std::vector<std::string>& expressions() const { return expressions_; }

  private:
    std::string stem_;
    std::vector<std::string> expressions_;
};

// A view's keys among those of the pass, as indexes in ascending order.
using GroupingSet = std::vector<std::size_t>;

GroupingSet grouping_set(const sql::ViewStatement& view, const std::vector<std::string>& all) {
    GroupingSet set;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (std::any_of(view.keys.begin(), view.keys.end(),
                        [&](const sql::Key& key) { return key.expression == all[i]; }))
            set.push_back(i);
    return set;
}

std::string grouping_set_sql(const GroupingSet& set, const std::vector<std::string>& all) {
    std::vector<std::string> keys;
    for (const std::size_t index : set)
        keys.push_back(all[index]);
    return "(" + joined(keys, ", ") + ")";
}

// What GROUPING() over all keys of the pass says in the rows of a set: a bit is 1 where the key is
// not in it.
std::string grouping_mask(const GroupingSet& set, std::size_t keys) {
    long mask = 0;
    for (std::size_t i = 0; i < keys; ++i)
        mask = mask * 2 + (std::count(set.begin(), set.end(), i) ? 0 : 1);
    return std::to_string(mask);
}

// INSERT INTO state … SELECT values FROM source, in key order so that concurrent lanes can't
// deadlock. values: of the keys, then of the partials.
std::string upsert(const catalogue::StoredStatement& statement,
                   const std::vector<std::string>& values, const std::string& source) {
    const sql::ViewStatement& view = view_of(statement);
    std::vector<std::string> columns = catalogue::key_columns(view), order, merges;
    for (std::size_t i = 0; i < columns.size(); ++i)
        order.push_back(std::to_string(i + 1));
    const std::string key_list = joined(columns, ", ");
    for (const sql::Partial& partial : view.partials) {
        columns.push_back(partial.column);
        merges.push_back(
            partial.column + " = " +
            sql::merged(partial.merge, "s." + partial.column, "excluded." + partial.column));
    }
    return "INSERT INTO " + statement.state_table + " AS s (" + joined(columns, ", ") +
           ") SELECT " + joined(values, ", ") + " FROM " + source + " ORDER BY " +
           joined(order, ", ") + " ON CONFLICT (" + key_list + ")" + catalogue::group_index(view) +
           " DO " + (merges.empty() ? "NOTHING" : "UPDATE SET " + joined(merges, ", "));
}

// From the pass.
std::string upsert(const catalogue::StoredStatement& statement, Shared& keys, Shared& partials,
                   const std::string& where) {
    const sql::ViewStatement& view = view_of(statement);
    std::vector<std::string> values;
    for (const sql::Key& key : view.keys)
        values.push_back(keys.name(key.expression));
    if (values.empty()) values.push_back("true");
    for (const sql::Partial& partial : view.partials)
        values.push_back(partials.name(partial.expression));
    return upsert(statement, values, "delta" + where) + " RETURNING 1";
}

}  // namespace

std::vector<std::vector<const catalogue::StoredStatement*>> share_passes(
    const std::vector<const catalogue::StoredStatement*>& views) {
    std::vector<std::vector<const catalogue::StoredStatement*>> passes;
    constexpr std::size_t most_keys = 31;  // GROUPING() takes no more
    for (const catalogue::StoredStatement* view : views) {
        if (is_of_rows(*view)) continue;
        const auto fits = [&](const std::vector<const catalogue::StoredStatement*>& pass) {
            std::size_t keys = view_of(*view).keys.size();
            for (const catalogue::StoredStatement* each : pass)
                keys += view_of(*each).keys.size();
            return catalogue::source_of(view_of(*pass.front())) ==
                       catalogue::source_of(view_of(*view)) &&
                   keys <= most_keys && pass.front()->search_path == view->search_path;
        };
        const auto pass = std::find_if(passes.begin(), passes.end(), fits);
        if (pass == passes.end())
            passes.push_back({view});
        else
            pass->push_back(view);
    }
    return passes;
}

std::string view_upsert(const catalogue::StoredStatement& view,
                        const std::vector<engine::Kind>& kinds) {
    std::vector<std::string> values;
    if (view_of(view).keys.empty()) values.push_back("true");
    for (std::size_t i = 1; i <= kinds.size(); ++i)
        values.push_back("c" + std::to_string(i));
    return upsert(view, values, unnested(kinds));
}

std::string view_script(const std::vector<const catalogue::StoredStatement*>& views) {
    Shared keys("k"), partials("p");
    for (const catalogue::StoredStatement* view : views) {
        for (const sql::Key& key : view_of(*view).keys)
            keys.name(key.expression);
        for (const sql::Partial& partial : view_of(*view).partials)
            partials.name(partial.expression);
    }
    const std::vector<std::string>& all = keys.expressions();
    std::vector<std::string> sets, masks;
    for (const catalogue::StoredStatement* view : views) {
        const GroupingSet set = grouping_set(view_of(*view), all);
        if (const std::string sql = grouping_set_sql(set, all);
            !std::count(sets.begin(), sets.end(), sql)) {
            sets.push_back(sql);
            masks.push_back(grouping_mask(set, all.size()));
        }
    }
    const bool masked = sets.size() > 1;
    std::vector<std::string> select = keys.select_list();
    for (const std::string& partial : partials.select_list())
        select.push_back(partial);
    if (masked) select.push_back("GROUPING(" + joined(all, ", ") + ") AS mask");
    if (select.empty()) select.push_back("true");

    std::string script = "WITH delta AS MATERIALIZED (SELECT " + joined(select, ", ") +
                         catalogue::source_of(view_of(*views.front())) +
                         " GROUP BY GROUPING SETS (" + joined(sets, ", ") + "))";
    std::vector<std::string> counts;
    for (std::size_t i = 0; i < views.size(); ++i) {
        const std::string name = "v" + std::to_string(i);
        const std::string mask = grouping_mask(grouping_set(view_of(*views[i]), all), all.size());
        script += ", " + name + " AS (" +
                  upsert(*views[i], keys, partials, masked ? " WHERE mask = " + mask : "") + ")";
        counts.push_back("(SELECT count(*) FROM " + name + ")");
    }
    counts.push_back(masked ? "(SELECT count(*) FROM delta WHERE mask NOT IN (" +
                                  joined(masks, ", ") + "))"
                            : "0");
    return script + " SELECT " + joined(counts, ", ");
}

}  // namespace tidewheel::executor
