#include "tidewheel/catalogue/skipped_offsets.hpp"

#include <vector>

namespace tidewheel::catalogue {

using std::to_string;

void note_skipped(postgres::Transaction& transaction, const SkippedOffsets& skipped) {
    transaction.query(
        "INSERT INTO tidewheel.skipped (statement_id, topic, partition, begin_offset, end_offset, "
        "reason) VALUES ($1, $2, $3, $4, $5, $6)",
        {to_string(skipped.statement), skipped.topic, to_string(skipped.partition),
         to_string(skipped.begin), to_string(skipped.end), skipped.reason});
}

void note_passed(postgres::Transaction& transaction, int statement, const std::string& topic,
                 int partition, std::int64_t end, const std::string& reason) {
    transaction.query(
        "INSERT INTO tidewheel.skipped (statement_id, topic, partition, begin_offset, end_offset, "
        "reason) SELECT $1::integer, $2, $3::integer, coalesce(max(end_offset), 0), $4::bigint, $5 "
        "FROM tidewheel.skipped WHERE statement_id = $1::integer AND partition = $3::integer "
        "HAVING coalesce(max(end_offset), 0) < $4::bigint",
        {to_string(statement), topic, to_string(partition), to_string(end), reason});
}

void forget_skipped(postgres::Transaction& transaction, int statement, int partition,
                    std::int64_t from) {
    const std::vector<postgres::Parameter> place{to_string(statement), to_string(partition),
                                                 to_string(from)};
    const std::string of_place =
        " WHERE statement_id = $1::integer AND partition = $2::integer AND ";
    transaction.query("DELETE FROM tidewheel.skipped" + of_place + "begin_offset >= $3::bigint",
                      place);
    transaction.query("UPDATE tidewheel.skipped SET end_offset = $3::bigint" + of_place +
                          "end_offset > $3::bigint",
                      place);
}

void forget_skipped(postgres::Transaction& transaction, const std::string& topic) {
    transaction.query(
        "DELETE FROM tidewheel.skipped s WHERE topic = $1 AND NOT EXISTS (SELECT FROM "
        "tidewheel.progress p WHERE p.statement_id = s.statement_id AND p.topic = $1 AND "
        "p.partition = s.partition AND p.next_offset IS NOT NULL)",
        {topic});
}

void take_skipped_of_shadow(postgres::Transaction& transaction, int view, int shadow) {
    transaction.query("DELETE FROM tidewheel.skipped WHERE statement_id = $1", {to_string(view)});
    transaction.query("UPDATE tidewheel.skipped SET statement_id = $1 WHERE statement_id = $2",
                      {to_string(view), to_string(shadow)});
}

}  // namespace tidewheel::catalogue
