#include "csv_documents.hpp"

#include <random>

namespace tidewheel::verify {

using postgres::quote_literal;
using postgres::quote_name;

namespace {

constexpr std::size_t most_records = 1'000, most_bytes = 8u << 20;

std::string copy_of(const engine::CsvForm& form) {
    const auto is = [](const std::string& text) { return quote_literal(text); };
    return "COPY pg_temp.tidewheel_csv FROM STDIN (FORMAT csv, ENCODING 'UTF8', DELIMITER " +
           is({form.delimiter}) + ", QUOTE " + is({form.quote}) + ", ESCAPE " + is({form.escape}) +
           ", NULL " + is(form.null) + ")";
}

// In no record: nobody can have foreseen it.
std::string make_mark() {
    std::random_device random;
    std::string mark;
    for (int i = 0; i < 4; ++i)
        mark += std::to_string(random()) + "-";
    return mark;
}

}  // namespace

CsvDocuments::CsvDocuments(const catalogue::StoredStream& stream, postgres::Session& session)
    : form_(stream.stream.csv),
      session_(session),
      copy_statement_(copy_of(stream.stream.csv)),
      mark_(make_mark()) {
    std::string columns =
        "tidewheel_mark text, tidewheel_partition integer, tidewheel_offset bigint";
    for (const engine::Column& column : stream.schema.columns)
        if (column.source == engine::ColumnOrigin::field)
            columns += ", " + quote_name(column.name) + " text";
    session_.run("CREATE TEMP TABLE tidewheel_csv (" + columns +
                 "); CREATE TEMP TABLE tidewheel_documents (partition integer, \"offset\" bigint, "
                 "document text)");
}

void CsvDocuments::add(const engine::Record& record) {
    if (!record.value || record.value->empty()) return;
    waiting_.push_back({record.partition, record.offset, std::string(*record.value)});
    waiting_bytes_ += record.value->size();
    if (waiting_.size() < most_records && waiting_bytes_ < most_bytes) return;
    take(waiting_);
    waiting_.clear();
    waiting_bytes_ = 0;
}

void CsvDocuments::finish() {
    if (!waiting_.empty()) take(waiting_);
    waiting_.clear();
    session_.run(
        "ANALYZE pg_temp.tidewheel_documents; UPDATE pg_temp.tidewheel_raw r SET document = "
        "d.document FROM pg_temp.tidewheel_documents d WHERE d.partition = r.partition AND "
        "d.\"offset\" = r.\"offset\"; DROP TABLE pg_temp.tidewheel_csv, "
        "pg_temp.tidewheel_documents");
}

// All at once; where that can't be, by halves, down to the ones that are no rows.
void CsvDocuments::take(std::span<const Raw> records) {
    session_.run("SAVEPOINT tidewheel_csv");
    bool is_taken = false;
    try {
        is_taken = copy(records);
    } catch (const postgres::DatabaseError& error) {
        if (!error.is_about_data()) throw;
    }
    if (!is_taken) session_.run("ROLLBACK TO SAVEPOINT tidewheel_csv");
    session_.run("RELEASE SAVEPOINT tidewheel_csv");
    if (is_taken || records.size() == 1) return;
    const std::size_t half = records.size() / 2;
    take(records.first(half));
    take(records.subspan(half));
}

// A record is a line of its own, which begins with the mark. If there are as many rows as records, and
// each begins with the mark, each record is one row, whatever is in it.
bool CsvDocuments::copy(std::span<const Raw> records) {
    std::string lines;
    for (const Raw& record : records)
        lines += line_of(record);
    if (session_.copy(copy_statement_, lines) != records.size()) return false;
    const auto marked =
        session_.run("SELECT count(*) FROM pg_temp.tidewheel_csv WHERE tidewheel_mark = " +
                     quote_literal(mark_));
    if (static_cast<std::size_t>(marked[0].integer(0)) != records.size()) return false;
    session_.run(
        "INSERT INTO pg_temp.tidewheel_documents SELECT tidewheel_partition, tidewheel_offset, "
        "row_to_json(c)::text FROM pg_temp.tidewheel_csv c; TRUNCATE pg_temp.tidewheel_csv");
    return true;
}

std::string CsvDocuments::line_of(const Raw& record) const {
    std::string line;
    for (const std::string& text :
         {mark_, std::to_string(record.partition), std::to_string(record.offset)})
        line += quoted(text) + form_.delimiter;
    line += record.value;
    return record.value.ends_with('\n') || record.value.ends_with('\r') ? line : line + '\n';
}

std::string CsvDocuments::quoted(const std::string& text) const {
    std::string all(1, form_.quote);
    for (const char c : text) {
        if (c == form_.quote || c == form_.escape) all += form_.escape;
        all += c;
    }
    return all + form_.quote;
}

}  // namespace tidewheel::verify
