#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/comparison.hpp"
#include "tidewheel/kafka/client.hpp"
#include "tidewheel/postgres/catalogue.hpp"
#include "tidewheel/postgres/session.hpp"

namespace tidewheel::cli {

// What became of one stored relation (a view, or a table with all statements that insert into it).
struct Verified {
    std::vector<std::string> statements;
    std::string stored;
    Difference difference;
    std::vector<std::string> problems;  // what else is wrong: a record that PostgreSQL would judge
                                        // otherwise, history that is gone
    std::vector<std::string> notes;     // what is right, and worth knowing

    bool equal(bool ignore_unexpected) const {
        return problems.empty() && difference.missing == 0 &&
               (ignore_unexpected || difference.unexpected == 0);
    }
};

// Hears of the work: so many records more are to be read, so many more have been.
struct VerificationProgress {
    std::function<void(std::int64_t)> planned, read;
};

// Verifies the statements (and the others that insert into the same tables) in the
// session's open transaction, which it ends. Of one snapshot: progress and stored rows are of the
// same moment, whatever the services do meanwhile.
std::vector<Verified> verify_statements(const postgres::Catalogue& catalogue,
                                        const std::vector<int>& statements,
                                        postgres::Session& session,
                                        const kafka::ClientSettings& kafka,
                                        const VerificationProgress& progress);

}  // namespace tidewheel::cli
