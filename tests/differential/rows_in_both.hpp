#pragma once
#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "differential/random.hpp"
#include "tidewheel/codec/json_decoder.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/engine/program.hpp"
#include "tidewheel/executor/resolve.hpp"
#include "tidewheel/executor/stage.hpp"
#include "tidewheel/postgres/copy_encoder.hpp"
#include "tidewheel/postgres/session.hpp"
#include "tidewheel/testing/stack.hpp"

// The same rows, with values at the edges of every type, for the engine and for PostgreSQL.
namespace tidewheel::testing {

using engine::Kind;

inline const std::string things = R"(
CREATE FOREIGN TABLE things (
    b boolean, b2 boolean, s smallint, s2 smallint, i integer, i2 integer, l bigint, l2 bigint,
    r real, r2 real, d double precision, d2 double precision, n numeric, n2 numeric,
    p numeric(10,2), t text COLLATE "C", t2 text COLLATE "C", v varchar(10) COLLATE "C",
    u uuid, u2 uuid, day date, day2 date, c time, c2 time, ts timestamp, ts2 timestamp,
    tz timestamptz, tz2 timestamptz
) SERVER kafka OPTIONS (topic 'things', partitions '1');
)";

using Texts = std::vector<std::string>;

// JSON values at the edges of a kind.
inline const Texts& edges(Kind kind) {
    static const Texts booleans{"true", "false", "null"};
    static const Texts small{"0", "1", "-1", "7", "100", "32767", "-32768", "null"};
    static const Texts integers{"0",          "1",           "-1",    "7",   "100",
                                "2147483647", "-2147483648", "46341", "null"};
    static const Texts large{
        "0",          "1",          "-1",  "100", "9223372036854775807", "-9223372036854775808",
        "3037000500", "4294967296", "null"};
    static const Texts floats{"0",
                              "-0.0",
                              "1",
                              "-1.5",
                              "0.1",
                              "1e30",
                              "1e-30",
                              "3.4028234e38",
                              R"("NaN")",
                              R"("Infinity")",
                              R"("-Infinity")",
                              "null"};
    static const Texts doubles{"0",        "-0.0",           "1",      "-1.5",
                               "0.1",      "1e200",          "1e-200", "1.7976931348623157e308",
                               R"("NaN")", R"("-Infinity")", "null"};
    static const Texts numerics{"0",
                                "0.00",
                                "1",
                                "1.0",
                                "1.00",
                                "-1",
                                "0.5",
                                "-2.5",
                                "99.995",
                                "100",
                                "1e20",
                                "-1e-20",
                                "12345678901234567890.123456789",
                                "99999999999999999999999999999999999999",
                                "123456789012345678901234567890123456789012345",
                                "0.000000000000000000000000000000000000001",
                                "null"};
    static const Texts texts{
        R"("")",           R"("a")",      R"("A")",      R"("ab")", R"("a%b")", R"("a_b\\c")",
        R"("sale_event")", R"("Zürich")", R"("日本語")", R"("z ")", "null"};
    static const Texts uuids{R"("00000000-0000-0000-0000-000000000000")",
                             R"("ffffffff-ffff-ffff-ffff-ffffffffffff")",
                             R"("7f000000-0000-0000-0000-0000000000ff")", "null"};
    static const Texts dates{R"("2000-01-01")", R"("1999-12-31")", R"("2024-02-29")",
                             R"("0001-01-01")", R"("9999-12-31")", "null"};
    static const Texts clocks{R"("00:00:00")", R"("23:59:59.999999")", R"("12:30:00.5")", "null"};
    static const Texts moments{R"("2000-01-01T00:00:00Z")",
                               R"("1999-12-31T23:59:59.999999Z")",
                               R"("2024-02-29T12:34:56.789Z")",
                               R"("2026-03-29T01:30:00Z")",
                               R"("1970-01-01T00:00:00Z")",
                               R"("0001-01-01T00:00:00Z")",
                               R"("9999-12-31T23:59:59.999999Z")",
                               R"("2026-11-22T23:59:59Z")",
                               "null"};
    switch (kind) {
        case Kind::boolean:
            return booleans;
        case Kind::int16:
            return small;
        case Kind::int32:
            return integers;
        case Kind::int64:
            return large;
        case Kind::float32:
            return floats;
        case Kind::float64:
            return doubles;
        case Kind::numeric:
            return numerics;
        case Kind::uuid:
            return uuids;
        case Kind::date:
            return dates;
        case Kind::time:
            return clocks;
        case Kind::timestamp:
        case Kind::timestamptz:
            return moments;
        default:
            return texts;
    }
}

// One stream's rows, in a batch and in a session's stage.
class Both {
  public:
    Both()
        : connection_(database_.url()),
          stream_(declared()),
          session_(database_.url(), "native"),
          batch_(stream_.schema),
          decoder_(codec::make_json_decoder(stream_.schema)) {
        session_.run("SET search_path = " + path + "; BEGIN;" + executor::stage_ddl(stream_));
        resolving_.emplace(connection_);
        resolving_->run("SET LOCAL search_path = " + path);
        resolving_->run(executor::stage_ddl(stream_));
    }

    // Other rows, by seed.
    void fill(unsigned seed) {
        Random random(seed);
        batch_.clear();
        for (std::int64_t offset = 0; offset < 40; ++offset) {
            std::string text = "{";
            for (const engine::Column& column : stream_.schema.columns)
                text += (text.size() > 1 ? ", \"" : "\"") + column.name +
                        "\": " + value(column, random);
            text += "}";
            engine::Record record;
            record.value = text;
            record.offset = offset;
            record.timestamp = 1'700'000'000'000 + offset;
            batch_.add(std::move(record), [&](const engine::Record& each, engine::Batch& batch) {
                return decoder_->decode(each, batch);
            });
        }
        if (!batch_.rejected().empty())
            throw std::logic_error(batch_.rejected().front().reject.detail);
        stage();
    }

    std::variant<std::vector<engine::Expression>, engine::Unsupported> resolve(
        const Texts& expressions) {
        return executor::resolve(*resolving_, stream_, path, expressions, "pg_temp.things");
    }

    // PostgreSQL's texts of an expression for some rows; nullopt: it raises an error.
    std::optional<Texts> asked(const std::string& list, const std::string& rest) {
        Texts texts;
        try {
            for (const postgres::Row& row :
                 session_.run("SAVEPOINT asked; SELECT " + list +
                              " FROM pg_temp.tidewheel_records things " + rest + "; RELEASE asked"))
                for (std::size_t i = 0; i < row.size(); ++i)
                    texts.push_back(row.is_null(i) ? "NULL" : row.text(i));
        } catch (const postgres::DatabaseError& error) {
            if (error.retryable()) throw;
            session_.run("ROLLBACK TO asked; RELEASE asked");
            return std::nullopt;
        }
        return texts;
    }

    Texts texts_of(const engine::Vector& column, std::size_t size) {
        postgres::CopyEncoder& encoder = session_.encoder();
        encoder.clear();
        postgres::begin_array(encoder, column.kind(), size);
        for (std::size_t row = 0; row < size; ++row)
            postgres::encode(encoder, column, row);
        const std::string_view array = encoder.payload();
        Texts texts;
        for (const postgres::Row& row :
             session_.run("SELECT v::text FROM unnest($1::" + postgres::array_type(column.kind()) +
                              ") WITH ORDINALITY u (v, n) ORDER BY n",
                          {&array, 1}))
            texts.push_back(row.is_null(0) ? "NULL" : row.text(0));
        return texts;
    }

    // Some of the rows as a FROM item of SQL, with those columns that the text names: it replays
    // the text in any session.
    std::string rows_as_sql(const std::string& text, engine::RowNumbers rows) {
        Texts names, columns;
        for (const engine::Column& column : stream_.schema.columns) {
            if (!names_column(text, column.name)) continue;
            names.push_back(column.name);
            columns.push_back("format('%L::" + column.type.sql +
                              (is_text(column.type.kind) ? " COLLATE \"C\"" : "") + "', " +
                              column.name + ")");
        }
        if (names.empty()) return "generate_series(1, " + std::to_string(rows.size()) + ") things";
        Texts numbers;
        for (const std::uint32_t row : rows)
            numbers.push_back(std::to_string(row));
        const auto values =
            asked("'(' || " + joined(columns, " || ', ' || ") + " || ')'",
                  "WHERE tidewheel_seq IN (" + joined(numbers, ",") + ") ORDER BY tidewheel_seq");
        return "(VALUES " + joined(values.value(), ", ") + ") things (" + joined(names, ", ") + ")";
    }

    const engine::Schema& schema() const { return stream_.schema; }
    const engine::Batch& batch() const { return batch_; }

  private:
    inline static const std::string path = "pg_catalog, public, pg_temp";

    static bool is_text(Kind kind) { return kind == Kind::text || kind == Kind::varchar; }

    static bool names_column(const std::string& text, const std::string& name) {
        const auto is_word = [&](std::size_t at) {
            return at < text.size() && (std::isalnum(text[at]) || text[at] == '_');
        };
        for (std::size_t at = text.find(name); at != std::string::npos;
             at = text.find(name, at + 1))
            if ((at == 0 || !is_word(at - 1)) && !is_word(at + name.size())) return true;
        return false;
    }

    catalogue::StoredStream declared() {
        catalogue::StoredStream stream;
        postgres::Transaction transaction(connection_);
        stream.stream =
            std::get<sql::Stream>(sql::parse_pipeline(things, "p.sql").statements.front().body);
        stream.stream.name.schema = "public";
        transaction.run(stream.stream.as_ordinary_table);
        stream.schema = catalogue::resolve_schema(transaction, stream.stream);
        transaction.commit();
        return stream;
    }

    static std::string value(const engine::Column& column, Random& random) {
        if (column.name != "p" && column.name != "v") return random.of(edges(column.type.kind));
        return random.of(column.name == "p" ? Texts{"0", "1.5", "-99.99", "12345678.9", "null"}
                                            : Texts{R"("a")", R"("ab")", R"("")", "null"});
    }

    void stage() {
        session_.run("TRUNCATE pg_temp.tidewheel_batch");
        postgres::CopyEncoder& encoder = session_.encoder();
        const std::vector<bool> all(stream_.schema.columns.size(), true);
        encoder.begin();
        for (std::size_t row = 0; row < batch_.rows(); ++row) {
            encoder.row(static_cast<std::int16_t>(all.size() + 2));
            for (std::size_t i = 0; i < all.size(); ++i)
                postgres::encode(encoder, std::as_const(batch_).column(i), row);
            encoder.int32(static_cast<std::int32_t>(row));
            encoder.optional_int64(engine::postgres_time(batch_.record_of(row).timestamp));
        }
        encoder.finish();
        session_.copy(executor::stage_copy(stream_.schema, all), encoder.payload());
    }

    testing::TemporaryDatabase database_;
    postgres::Connection connection_;
    catalogue::StoredStream stream_;
    std::optional<postgres::Transaction> resolving_;
    postgres::Session session_;
    engine::Batch batch_;
    std::unique_ptr<engine::Decoder> decoder_;
};

}  // namespace tidewheel::testing
