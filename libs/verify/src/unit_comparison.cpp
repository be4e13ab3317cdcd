#include "unit_comparison.hpp"

#include "other_partitions.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::verify {
namespace {

using catalogue::StoredStatement;
using postgres::Session;

// Of a part of the records: other rows are those of other records, and a row that is not as
// expected may be made of them, too.
void leave_unjudged(const Scope& scope, Unit& unit) {
    Difference& difference = unit.result.difference;
    difference.unexpected = 0;
    difference.unexpected_rows.clear();
    if (difference.missing == 0 || stand_alone(unit)) return;
    unit.result.unjudged = difference.missing;
    difference.missing = 0;
    difference.missing_rows.clear();
    // Who asks for a part knows that some rows can't be judged by it.
    if (scope.is_part() && unit.result.unjudged < difference.expected) return;
    unit.result.obstacles.push_back(
        plural(unit.result.unjudged, "row") + " of " + std::to_string(difference.expected) +
        " cannot be judged: records that were not read may have a part in them");
}

// What may explain a difference, and what ends it.
void tell_of_changes(Session& session, Unit& unit) {
    if (unit.result.equal(false)) return;
    for (const StoredStatement* statement : unit.statements)
        for (const auto& row :
             session.run("SELECT date_trunc('second', changed_at) FROM tidewheel.statements WHERE "
                         "changed_at IS NOT NULL AND id = " +
                         std::to_string(statement->id)))
            unit.result.notes.push_back(
                statement->statement.name + " was changed at " + row.text(0) +
                ", for new records only: what it stored before follows other rules, and can't "
                "be told from an error" +
                (statement->state_table.empty()
                     ? ""
                     : "; tidewheel rebuild " + statement->statement.name + " recomputes it"));
}

// What was never replayed has nothing to be compared with: its problem says why.
bool can_compare(Session& session, const Unit& unit) {
    return session.run("SELECT EXISTS (SELECT FROM " + unit.expected.relation + ")")[0].boolean(0);
}

// false: there is nothing that could be compared.
bool find_difference(Session& session, Unit& unit) {
    if (unit.lacks_records) return false;
    const bool is_clean = unit.result.problems.empty() && unit.result.obstacles.empty();
    if (!is_clean && !can_compare(session, unit)) return false;
    unit.result.difference =
        compare_relations(session, unit.expected.relation, unit.expected.stored.quoted(),
                          compared_columns(session, unit.expected), unit.expected.adds_up);
    return true;
}

void judge(const Scope& scope, Unit& unit) {
    if (unit.is_part) leave_unjudged(scope, unit);
    if (!unit.may_lack.empty() && !unit.result.equal(false)) {
        unit.result.difference = {};
        unit.result.obstacles.push_back("cannot be verified: it differs, but " + unit.may_lack +
                                        ", and the records that were applied were not counted");
    }
}

}  // namespace

void compare(Session& session, const Scope& scope, Unit& unit) {
    unit.is_compared = true;
    if (find_difference(session, unit)) judge(scope, unit);
    tell_of_changes(session, unit);
}

void compare(Session& session, const Scope& scope, Unit& unit,
             const catalogue::StoredStream& stream, const PartitionEnds& ends) {
    unit.is_compared = true;
    if (find_difference(session, unit)) {
        if (unit.result.difference.missing > 0 && ends.size() > 1 &&
            accept_other_partitions(session, stream, *unit.statements.front(), ends, unit))
            find_difference(session, unit);
        judge(scope, unit);
    }
    tell_of_changes(session, unit);
}

}  // namespace tidewheel::verify
