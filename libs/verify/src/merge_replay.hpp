#pragma once
#include <string>

#include "tidewheel/postgres/session.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::verify {

// Commands that run a MERGE over tidewheel_records, record by record, into a copy of its target. The
// copy grows while the command's plans are kept, so that only an index will do to find a row in it.
std::string merge_script(postgres::Session& session, const sql::RowStatement& rows,
                         const std::string& table);

}  // namespace tidewheel::verify
