#include "file_options.hpp"

#include <algorithm>

namespace tidewheel::capture {
namespace {

using catalogue::StoredSink;
using postgres::Row;
using postgres::Transaction;

// As of the reference of capture services: five minutes or 10 MB.
constexpr const char* default_roll_after = "300 s";
constexpr const char* default_roll_bytes = "10 MB";

std::string or_default(const std::string& given, const char* otherwise) {
    return given.empty() ? otherwise : given;
}

std::vector<Column> read_columns(Transaction& transaction, const StoredSink& sink) {
    std::map<std::string, Column> by_name;
    for (const Row& row : transaction.query(
             "SELECT column_name, CASE udt_schema WHEN 'pg_catalog' THEN udt_name ELSE '' END, "
             "coalesce(numeric_precision, 0), coalesce(numeric_scale, 0), is_nullable = 'NO' FROM "
             "information_schema.columns WHERE table_schema = $1 AND table_name = $2",
             {sink.sink.name.schema, sink.sink.name.name}))
        by_name[row.text(0)] = {row.text(0), row.text(1), static_cast<int>(row.integer(2)),
                                static_cast<int>(row.integer(3)), row.boolean(4)};
    std::vector<Column> columns;
    for (const std::string& name : sink.sink.columns) {
        const auto found = by_name.find(name);
        if (found == by_name.end())
            throw Error(Error::Kind::refused, "column " + name + " is gone",
                        "Drop the sink and apply the pipeline again.");
        columns.push_back(found->second);
    }
    return columns;
}

}  // namespace

std::unique_ptr<FileEncoder> FileOptions::encoder() const {
    if (format == "ndjson") return ndjson_encoder(columns);
    return avro_encoder({sink, uid, deflate}, columns);
}

FileOptions read_options(Transaction& transaction, const StoredSink& sink) {
    const sql::Sink& given = sink.sink;
    FileOptions options;
    options.sink = sql::label(given.name);
    options.uid = sink.uid;
    options.path = given.option("path");
    options.format = or_default(given.option("format"), "avro");
    options.deflate = given.option("codec") == "deflate";
    const Row limits =
        transaction
            .query("SELECT (extract(epoch FROM $1::interval) * 1000000)::bigint, pg_size_bytes($2)",
                   {or_default(given.option("roll_after"), default_roll_after),
                    or_default(given.option("roll_bytes"), default_roll_bytes)})
            .at(0);
    options.roll_after = std::chrono::microseconds(limits.integer(0));
    options.roll_bytes = static_cast<std::size_t>(limits.integer(1));
    options.columns = read_columns(transaction, sink);
    if (const auto time = std::ranges::find(given.columns, given.option("time"));
        time != given.columns.end())
        options.time_column = static_cast<std::size_t>(time - given.columns.begin());
    for (const Row& row : transaction.query("SELECT id, topic FROM tidewheel.streams"))
        options.topics[static_cast<int>(row.integer(0))] = row.text(1);
    return options;
}

}  // namespace tidewheel::capture
