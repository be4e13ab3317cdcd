#pragma once
#include <map>
#include <optional>
#include <vector>

#include "ast.hpp"
#include "names.hpp"
#include "source_text.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// How a SELECT reads its stream.
struct StreamReference {
    const Stream* stream = nullptr;
    ast::RangeVar* place = nullptr;  // the stream's name in FROM
    ast::Select* level = nullptr;    // the SELECT that has it in FROM
    // Every SELECT whose rows come from the stream, innermost first.
    std::vector<ast::Select*> levels;
    // SELECTs that don't read the stream, wherever they stand.
    std::vector<ast::Select*> subqueries;
    std::vector<ast::RangeVar*> others;  // what else stands in a FROM, CTEs apart
    bool keeps_order = true;             // rows come out in the records' order, with every plan
};

// Finds the stream in a SELECT. Refuses what has no meaning one record at a time: two streams, the
// stream twice, outside FROM, or on the nullable side of an outer join; reading `target`. A
// StreamReference without a stream: none is read, and nothing was refused.
StreamReference read_select(ast::Select& select, const Names& names,
                            const std::optional<RelationName>& target, Refusals& refusals);

// Reports that the statement reads no stream, and what a stream's name means in it. `what`: its
// name.
void refuse_no_stream(int location, const std::string& what, const std::string& hint,
                      const StreamReference& stream_reference, const Names& names,
                      Refusals& refusals);

// A stream that a relation name below the message means: for statements that must not read one.
const Stream* mentions_stream(ast::Message& root, const Names& names);

}  // namespace tidewheel::sql
