#pragma once
#include <cstdint>
#include <string>

#include "tidewheel/postgres/connection.hpp"

// The offsets that a statement was made to pass over without reading them, as `status` and `verify`
// read them: nothing else writes tidewheel.skipped (lint). The statements' progress is locked by
// the transaction (fence in progress.hpp). Every function throws DatabaseError.
namespace tidewheel::catalogue {

struct SkippedOffsets {
    int statement;
    std::string topic;
    int partition;
    std::int64_t begin, end;  // end: the first that is read again
    std::string reason;       // for people: why they were not read
};

void note_skipped(postgres::Transaction& transaction, const SkippedOffsets& skipped);
// The statement has passed everything before `end`: records the part of it, from the last row's end
// on, that no row covers yet, if there is any.
void note_passed(postgres::Transaction& transaction, int statement, const std::string& topic,
                 int partition, std::int64_t end, const std::string& reason);
// The statement reads the partition from this offset on: it skips nothing there.
void forget_skipped(postgres::Transaction& transaction, int statement, int partition,
                    std::int64_t from);
// The topic was created again, and its readers have begun again (begin_topic_again): they skip
// nothing there.
void forget_skipped(postgres::Transaction& transaction, const std::string& topic);
// The view has skipped what its shadow has, and nothing else.
void take_skipped_of_shadow(postgres::Transaction& transaction, int view, int shadow);

}  // namespace tidewheel::catalogue
