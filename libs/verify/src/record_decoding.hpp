#pragma once
#include <string>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/postgres/session.hpp"

namespace tidewheel::verify {

// Fills pg_temp.tidewheel_good from pg_temp.tidewheel_raw: the records that services took, which
// are those that some statement has read and that are no dead letters of the stream's own rules
// (pg_temp.tidewheel_parked, dead_letter_audit.hpp). Returns what is wrong: records that they took
// and PostgreSQL refuses, at most ten.
std::vector<std::string> decode_records(postgres::Session& session,
                                        const catalogue::StoredStream& stream);

}  // namespace tidewheel::verify
