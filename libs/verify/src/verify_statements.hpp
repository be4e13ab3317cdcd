#pragma once
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/core/progress_sink.hpp"
#include "tidewheel/kafka/client.hpp"
#include "tidewheel/postgres/session.hpp"
#include "tidewheel/verify/verification.hpp"

namespace tidewheel::verify {

// The records of the scope, in the session's open transaction, which it ends. Of one snapshot:
// progress and stored rows are of the same moment, whatever the services do meanwhile.
std::vector<Verified> verify_statements(const catalogue::Catalogue& catalogue,
                                        const std::vector<int>& statements, const Scope& scope,
                                        postgres::Session& session, const Sources& sources,
                                        ProgressSink& progress);

}  // namespace tidewheel::verify
