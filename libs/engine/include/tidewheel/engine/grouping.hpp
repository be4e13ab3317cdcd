#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tidewheel/engine/batch.hpp"
#include "tidewheel/engine/expression.hpp"
#include "tidewheel/engine/program.hpp"
#include "tidewheel/engine/row_filter.hpp"

namespace tidewheel::engine {

// A partial aggregate of PostgreSQL: function(argument) FILTER (WHERE filter).
struct Aggregate {
    std::string function;                // count, sum, min, max, bool_and, bool_or
    std::optional<Expression> argument;  // nullopt: count(*)
    std::optional<Expression> filter;
    Type result;
    bool operator==(const Aggregate&) const = default;
};

// SELECT keys, aggregates FROM the batch WHERE where GROUP BY keys. Without keys there is one group,
// also over no row.
struct Grouping {
    std::vector<Expression> keys;
    std::vector<Aggregate> aggregates;
    bool operator==(const Grouping&) const = default;
};
struct GroupQuery {
    std::optional<Expression> where;
    std::vector<Grouping> groupings;
    bool operator==(const GroupQuery&) const = default;
};

// The groups of one grouping: its keys, then its aggregates, a row a group. Texts are views into
// the batch.
struct Groups {
    std::vector<Vector> columns;
    std::size_t size = 0;
};

// Groups the rows of a batch, in one pass for all groupings of a query. Declines like Program.
class GroupProgram {
  public:
    static std::variant<GroupProgram, Unsupported> compile(const Schema& schema,
                                                           const GroupQuery& query);
    // What a run needs besides; one a thread.
    class Scratch;
    std::shared_ptr<Scratch> make_scratch() const;

    // false: declined. The groups of the i-th grouping: groups(scratch, i), until the next run.
    bool run(const Batch& batch, RowNumbers rows, Scratch& scratch) const;
    static const Groups& groups(const Scratch& scratch, std::size_t i);

  private:
    // Adds rows to an aggregate: the group of each, the values of argument and filter.
    using Fold = bool (*)(Vector& state, std::span<const std::uint32_t> groups,
                          const Values* argument, const Values* filter);
    struct Step {
        Fold fold = nullptr;
        bool starts_at_zero = false;          // count; the others begin with NULL
        std::optional<std::size_t> argument;  // which result of values_
        std::optional<std::size_t> filter;
    };
    struct Plan {
        std::vector<std::size_t> keys;  // results of values_
        std::vector<Step> steps;
        std::vector<Kind> kinds;  // of the columns
    };
    friend class GroupRun;

    RowFilter where_;
    Program values_;
    std::vector<Plan> plans_;
};

}  // namespace tidewheel::engine
