#pragma once
#include <map>
#include <optional>
#include <vector>

#include "ast.hpp"
#include "source.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// How a SELECT reads its stream.
struct Reading {
    const Stream* stream = nullptr;
    ast::RangeVar* place = nullptr;  // the stream's name in FROM
    ast::Select* level = nullptr;    // the SELECT that has it in FROM
    std::vector<ast::Select*>
        levels;  // every SELECT whose rows come from the stream, innermost first
    std::vector<ast::Select*>
        subqueries;           // SELECTs that don't read the stream, wherever they stand
    bool keeps_order = true;  // rows come out in the records' order, whatever the planner does
};

// Finds the stream in a SELECT. Refuses what has no meaning one record at a time: two streams, the
// stream twice, outside FROM, or on the nullable side of an outer join; reading `target`. A Reading
// without a stream: none is read, and nothing was refused.
Reading read_select(ast::Select& select, const std::vector<Stream>& streams,
                    const std::optional<RelationName>& target, Refusals& refusals);

// Whether any relation name below the message may be that of a stream: for statements that must not
// read one.
const Stream* mentions_stream(ast::Message& root, const std::vector<Stream>& streams);

}  // namespace tidewheel::sql
