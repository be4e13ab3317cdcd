#include "merge_replay.hpp"

#include <vector>

#include "tidewheel/core/text.hpp"

namespace tidewheel::verify {
namespace {

using postgres::quote_name;

// The rows of the source, in the order of the records, and of a record as they come.
std::string source_rows(const sql::RowStatement& rows) {
    std::string columns = "tidewheel_seq";
    for (const std::string& name : rows.merge->source_columns)
        columns += ", " + quote_name(name);
    return "SELECT *, row_number() OVER () AS tidewheel_row FROM (" + rows.record_select + ") q (" +
           columns + ")";
}

}  // namespace

std::string merge_script(postgres::Session& session, const sql::RowStatement& rows,
                         const std::string& table) {
    const std::string source = source_rows(rows);
    const std::vector<std::string> fields = session.run(source + " LIMIT 0").columns;
    std::vector<std::string> values;
    for (std::size_t i = 1; i + 1 < fields.size(); ++i)  // those in between are the source's own
        values.push_back("tidewheel_record." + quote_name(fields[i]) + " AS " +
                         quote_name(fields[i]));
    return "SET LOCAL enable_seqscan = off; DO " +
           postgres::quote_literal(
               "#variable_conflict use_column\nDECLARE tidewheel_record record;\nBEGIN\nFOR "
               "tidewheel_record IN " +
               source + " ORDER BY tidewheel_seq, tidewheel_row LOOP\n" +
               rows.merge->over(table, "SELECT " + joined(values, ", ")) + ";\nEND LOOP;\nEND") +
           "; SET LOCAL enable_seqscan = on";
}

}  // namespace tidewheel::verify
