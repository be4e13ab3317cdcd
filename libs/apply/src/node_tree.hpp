#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tidewheel::apply {

// A query in PostgreSQL's own, resolved form, as far as rules ask.
struct QueryNode {
    bool is_select = false;
    // Its own, those that a sub-select writes over its columns included.
    bool has_aggregates = false;
    bool has_windows = false;
    bool has_target_sets = false;         // set-returning functions in the SELECT list
    std::vector<std::string> aggregates;  // OIDs of the aggregate functions over its own rows
    std::vector<std::string> relations;   // OIDs of what it reads, in sub-selects and CTEs, too

    bool reads(const std::string& relation) const;
};

// The queries in the text of a pg_node_tree (pg_rewrite.ev_action, pg_proc.prosqlbody), outer
// before inner.
std::vector<QueryNode> queries_in(std::string_view tree);

}  // namespace tidewheel::apply
