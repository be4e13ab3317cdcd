#pragma once
#include <string>

#include "tidewheel/catalogue/catalogue.hpp"

// An independent decoder, for `verify` alone: the stream's shape read from the raw record by
// PostgreSQL's own jsonb, in SQL. Slow and simple on purpose; it shares nothing with the services'
// decoder but the DDL. Pure.
namespace tidewheel::verify {

// Temporary relations of a verification:
//   tidewheel_raw   the records as they came: partition, offset, record_time, key, headers, payload
//   tidewheel_good  the stream's columns with its constraints, then tidewheel_partition,
//   tidewheel_offset, tidewheel_timestamp
std::string raw_table_ddl();
// CREATE FUNCTION pg_temp.tidewheel_header(bytea) RETURNS text: as codec::headers_json has it.
std::string header_ddl();
std::string good_table_ddl(const catalogue::StoredStream& stream);

// INSERT INTO tidewheel_good … of every raw record for which `condition` (over tidewheel_raw r)
// holds. A record that can't be decoded is an error.
std::string decode_script(const catalogue::StoredStream& stream, const std::string& condition);

// CREATE FUNCTION pg_temp.tidewheel_judge(pg_temp.tidewheel_raw) RETURNS text: NULL when a record
// is good by PostgreSQL's judgement, else why not.
std::string judge_ddl(const catalogue::StoredStream& stream);

}  // namespace tidewheel::verify
