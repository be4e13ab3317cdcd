#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/engine/expression.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::executor {

// The CHECKs of a stream that judge a JSON object before it is a record: they read its fields alone,
// and the engine computes them as this PostgreSQL does.
struct FieldRules {
    std::vector<catalogue::CheckRule> rules;
    std::vector<engine::Expression> checks;                 // of the rules, in their order
    std::vector<std::pair<std::string, std::string>> left;  // the others: name and reason
};

// Throws DatabaseError where PostgreSQL can't answer now.
FieldRules field_rules(postgres::Connection& connection, const catalogue::StoredStream& stream);

}  // namespace tidewheel::executor
