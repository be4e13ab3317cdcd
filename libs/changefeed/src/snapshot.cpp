#include "snapshot.hpp"

#include <chrono>

#include "tidewheel/core/failpoint.hpp"

namespace tidewheel::changefeed {
namespace {

using postgres::quote_name;
using postgres::Rows;
using postgres::Transaction;

constexpr std::chrono::minutes longest_transaction{10};
constexpr const char* fetch = "FETCH 2000 FROM tidewheel_snapshot";

Tuple tuple_of(const postgres::Row& row) {
    Tuple tuple(row.size());
    for (std::size_t i = 0; i < row.size(); ++i)
        if (const auto& field = row.field(i)) tuple[i] = {Cell::State::text, *field};
    return tuple;
}

// Columns by name: SELECT * would have the generated ones, too. Each as text, as pgoutput has it.
std::string select(const Relation& relation, const sql::RelationName& table) {
    std::string columns;
    for (const RelationColumn& column : relation.columns)
        columns += (columns.empty() ? "" : ", ") + quote_name(column.name);
    return "SELECT " + columns + " FROM ONLY " + table.quoted();
}

}  // namespace

void send_snapshot(postgres::Connection& connection, const SnapshotOf& what,
                   EnvelopeWriter& envelope, RecordBatch& batch,
                   const std::function<void()>& meanwhile) {
    std::optional<Transaction> transaction(std::in_place, connection);
    transaction->run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    transaction->run("SET TRANSACTION SNAPSHOT " + postgres::quote_literal(what.snapshot));
    const Relation relation = read_relation(*transaction, what.table);
    const TableShape shape = shape_of(relation, read_facts(*transaction, relation));
    transaction->run("DECLARE tidewheel_snapshot NO SCROLL CURSOR FOR " +
                     select(relation, what.table));
    auto began = Clock::system().now();
    Rows rows = transaction->query(fetch);
    bool is_first = true;
    while (!rows.empty()) {
        const Rows more = transaction->query(fetch);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const bool is_last = more.empty() && i + 1 == rows.size();
            envelope.snapshot(shape, tuple_of(rows[i]), what.at,
                              is_last    ? InSnapshot::last
                              : is_first ? InSnapshot::first
                                         : InSnapshot::middle);
            is_first = false;
        }
        failpoint("during_copy");
        if (Clock::system().now() - began > longest_transaction) {
            batch.commit({true, 0, 0});
            began = Clock::system().now();
        }
        meanwhile();
        rows = more;
    }
}

}  // namespace tidewheel::changefeed
