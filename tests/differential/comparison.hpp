#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "differential/rows_in_both.hpp"
#include "tidewheel/engine/grouping.hpp"

namespace tidewheel::testing {

// What the engine and PostgreSQL disagree about.
struct Difference {
    std::string sql;   // replays PostgreSQL's side in any session
    std::string says;  // what each of them says
};

// SELECT list FROM things WHERE … GROUP BY keys, as text and as the engine takes it.
struct Grouped {
    std::string list, rest;
    engine::GroupQuery query;
};

// Computes the same thing in both. Where PostgreSQL raises an error, the engine must decline.
class Comparison {
  public:
    struct Counts {
        int compared = 0, declined = 0, refused = 0, left = 0;
    };

    explicit Comparison(Both& both);

    // Over all rows, and where that is an error, over each row alone.
    void expression(const std::string& text);
    // The groups of all rows.
    void groups(const Grouped& question);

    const std::vector<Difference>& differences() const { return differences_; }
    const Counts& counts() const { return counts_; }
    // The functions that were computed: a name and the kinds of its arguments.
    const std::set<std::string>& reached() const { return reached_; }

  private:
    using Outcome = std::optional<Texts>;  // nullopt: an error, or declined
    struct Compiled;
    void each_row(const std::string& text, const Compiled& compiled);
    bool agree(const Outcome& theirs, const Outcome& ours, const std::string& list,
               const std::string& rest, engine::RowNumbers rows);

    Both& both_;
    std::vector<std::uint32_t> all_;
    std::vector<Difference> differences_;
    Counts counts_;
    std::set<std::string> reached_;
};

// What NativeFunction is counted by.
std::string name_of(const engine::NativeFunction& function);

}  // namespace tidewheel::testing
