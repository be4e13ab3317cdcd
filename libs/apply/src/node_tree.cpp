#include "node_tree.hpp"

#include <algorithm>
#include <cctype>

namespace tidewheel::apply {
namespace {

// Nodes are "{NAME :field value …}"; a backslash escapes what else a string would be confused with.
class TreeReader {
  public:
    explicit TreeReader(std::string_view tree) : tree_(tree) {}

    std::vector<QueryNode> read() {
        for (at_ = 0; at_ < tree_.size(); ++at_)
            switch (tree_[at_]) {
                case '\\':
                    ++at_;
                    break;
                case '{':
                    open();
                    break;
                case '}':
                    close();
                    break;
                case ':':
                    read_field();
                    break;
                default:
                    break;
            }
        return std::move(queries_);
    }

  private:
    bool follows(std::string_view text) const { return tree_.substr(at_).starts_with(text); }

    void open() {
        ++depth_;
        if (!follows("{QUERY ")) return;
        open_.push_back({queries_.size(), depth_});
        queries_.emplace_back();
    }

    void close() {
        if (!open_.empty() && open_.back().depth == depth_) open_.pop_back();
        --depth_;
    }

    void read_field() {
        if (open_.empty()) return;
        if (follows(":relid ")) return add_relation();
        if (follows(":aggfnoid ")) return aggregates_.push_back(number(":aggfnoid "));
        if (follows(":agglevelsup ")) return add_aggregate();
        if (open_.back().depth != depth_) return;
        QueryNode& query = queries_[open_.back().query];
        query.is_select = query.is_select || follows(":commandType 1 ");
        query.has_aggregates = query.has_aggregates || follows(":hasAggs true");
        query.has_windows = query.has_windows || follows(":hasWindowFuncs true");
        query.has_target_sets = query.has_target_sets || follows(":hasTargetSRFs true");
    }

    // Of the field here.
    std::string number(std::string_view field) const {
        std::string digits;
        for (std::size_t i = at_ + field.size();
             i < tree_.size() && std::isdigit(static_cast<unsigned char>(tree_[i])); ++i)
            digits += tree_[i];
        return digits;
    }

    // The arguments stand between an aggregate's function and the query whose rows it is over.
    void add_aggregate() {
        const std::size_t outwards = std::stoul(number(":agglevelsup "));
        if (aggregates_.empty() || outwards >= open_.size()) return;
        queries_[open_[open_.size() - 1 - outwards].query].aggregates.push_back(aggregates_.back());
        aggregates_.pop_back();
    }

    void add_relation() {
        const std::string oid = number(":relid ");
        for (const Open& each : open_)
            queries_[each.query].relations.push_back(oid);
    }

    struct Open {
        std::size_t query;
        int depth;
    };
    std::string_view tree_;
    std::size_t at_ = 0;
    int depth_ = 0;
    std::vector<Open> open_;
    std::vector<QueryNode> queries_;
    std::vector<std::string> aggregates_;  // whose node is open
};

}  // namespace

bool QueryNode::reads(const std::string& relation) const {
    return std::find(relations.begin(), relations.end(), relation) != relations.end();
}

std::vector<QueryNode> queries_in(std::string_view tree) {
    return TreeReader(tree).read();
}

}  // namespace tidewheel::apply
