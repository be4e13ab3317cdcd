#include "cross_read_check.hpp"

#include "error_location.hpp"
#include "node_tree.hpp"

namespace tidewheel::apply {
namespace {

using catalogue::StoredStatement;
using postgres::Transaction;

// As PostgreSQL has resolved the statement: the OIDs in FROM, wherever that stands.
std::string relations_read(Transaction& transaction, const StoredStatement& stored) {
    const bool is_view = std::holds_alternative<sql::ViewStatement>(stored.statement.body);
    const std::string& text = stored.resolution.text;
    if (text.empty()) return "{}";  // no service runs it
    std::string oids;
    in_scratch(transaction, [&] {
        transaction.run("SET LOCAL search_path = " + stored.search_path);
        transaction.run(
            "CREATE FUNCTION pg_temp.tidewheel_statement() RETURNS void LANGUAGE sql BEGIN "
            "ATOMIC\n" +
            (is_view ? sql::query_of(text) : text) + "\n;END");
        const auto row = transaction.query(
            "SELECT prosqlbody::text FROM pg_proc WHERE oid = "
            "'pg_temp.tidewheel_statement()'::regprocedure")[0];
        for (const QueryNode& query : queries_in(row.text(0)))
            for (const std::string& oid : query.relations)
                if (query.is_select) oids += (oids.empty() ? "" : ",") + oid;
    });
    return "{" + oids + "}";
}

std::string relation_written(const StoredStatement& stored) {
    const auto* rows = std::get_if<sql::RowStatement>(&stored.statement.body);
    return rows ? rows->target.quoted() : stored.state_table;
}

// Through views and partitions.
bool reaches(Transaction& transaction, const std::string& read, const std::string& written) {
    return transaction
        .query(
            "WITH RECURSIVE reached(oid) AS (SELECT unnest($1::oid[]) UNION SELECT below.oid FROM "
            "reached r CROSS JOIN LATERAL (SELECT d.refobjid FROM pg_rewrite w JOIN pg_depend d ON "
            "d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = "
            "'pg_class'::regclass WHERE w.ev_class = r.oid AND w.ev_type = '1' UNION ALL SELECT "
            "inhrelid FROM pg_inherits WHERE inhparent = r.oid) below(oid)) SELECT EXISTS (SELECT "
            "FROM reached WHERE oid = $2::regclass OR oid IN (SELECT relid FROM "
            "pg_partition_tree($2::regclass)))",
            {read, written})[0]
        .boolean(0);
}

sql::Diagnostic entangled(const PipelineFiles& files, const StoredStatement& reader,
                          const StoredStatement& writer) {
    if (reader.id == writer.id)
        return diagnostic_at(files, reader.statement, 0,
                             reader.statement.name +
                                 " reads the table that it fills: the result would depend on how "
                                 "records are batched",
                             "Use ON CONFLICT DO UPDATE, which sees the stored row.");
    return diagnostic_at(
        files, reader.statement, 0,
        reader.statement.name + " reads what " + writer.statement.name +
            " fills from the same stream: its rows would depend on the order of the two "
            "within a batch",
        "Join the two in the query that reads them, or in an ordinary view; or look the row up in "
        "a trigger.");
}

}  // namespace

void require_independence(Transaction& transaction, const PipelineFiles& files,
                          const std::vector<StoredStatement>& statements) {
    for (const StoredStatement& reader : statements) {
        const std::string read = relations_read(transaction, reader);
        for (const StoredStatement& writer : statements)
            if (writer.stream_id == reader.stream_id &&
                reaches(transaction, read, relation_written(writer)))
                throw sql::PipelineError({entangled(files, reader, writer)});
    }
}

}  // namespace tidewheel::apply
