#include "cli/topic_reset.hpp"

#include <ostream>

#include "cli/context.hpp"
#include "cli/question.hpp"
#include "cli/running_change.hpp"
#include "cli/table.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::cli {
namespace {

using postgres::Transaction;

std::vector<const AppliedStatement*> readers_of(Transaction& transaction, const Ledger& ledger,
                                                const std::string& topic) {
    std::vector<std::string> names;
    for (const postgres::Row& row :
         transaction.query("SELECT s.name FROM tidewheel.statements s WHERE s.rebuilds IS NULL AND "
                           "EXISTS (SELECT FROM tidewheel.progress p WHERE p.statement_id = s.id "
                           "AND p.topic = $1) ORDER BY 1",
                           {topic}))
        names.push_back(row.text(0));
    if (names.empty())
        throw Error(Error::Kind::setting, "no statement reads topic " + topic,
                    "tidewheel status lists them with their topics");
    return find_statements(ledger, names);
}

std::vector<std::string> consequences_of(Transaction& transaction,
                                         const std::vector<const AppliedStatement*>& readers,
                                         const std::string& topic) {
    std::vector<std::string> lines;
    for (const AppliedStatement* statement : readers)
        lines.push_back(statement->name + ": begins with the first records of topic " + topic +
                        "; what it has stored stays, and they add to it");
    const auto letters =
        transaction
            .query("SELECT count(*) FROM tidewheel.dead_letters WHERE topic = $1", {topic})[0]
            .integer(0);
    lines.push_back("the " + plural(letters, "dead letter") + " of the old topic " +
                    (letters == 1 ? "is" : "are") + " deleted: tidewheel dlq export keeps a copy");
    return lines;
}

int partitions_of(kafka::Admin& admin, const std::string& topic) {
    const auto partitions = admin.partitions(topic);
    if (!partitions)
        throw Error(Error::Kind::refused, "topic " + topic + " is gone",
                    "make it anew first: docs/how-to/missing-data.md");
    return *partitions;
}

// No topic loses a partition, but by being deleted. One that still reaches as far as its readers is
// the old one, for all that anybody can tell: reading it again would store and count everything
// twice.
void require_recreated(kafka::Admin& admin, Transaction& transaction, const std::string& topic,
                       int partitions) {
    for (const postgres::Row& row :
         transaction.query("SELECT partition, max(next_offset) FROM tidewheel.progress WHERE topic "
                           "= $1 AND next_offset IS NOT NULL GROUP BY 1",
                           {topic})) {
        const int partition = static_cast<int>(row.integer(0));
        if (partition >= partitions || row.integer(1) > admin.watermarks(topic, partition).second)
            return;
    }
    throw Error(Error::Kind::pipeline,
                "nothing says that topic " + topic +
                    " was made anew: it reaches as far as its statements have come",
                "what it holds would be stored and counted again; --allow-duplicates does it all "
                "the same");
}

// A rebuild that is under way has read the old topic: without progress it begins anew. Partitions
// that the new one doesn't have are no longer waited for; a statement that reads no others keeps
// them, to be seen.
void forget_topic(Transaction& transaction, const std::string& topic, int partitions) {
    transaction.query(
        "DELETE FROM tidewheel.progress WHERE topic = $1 AND statement_id IN (SELECT id FROM "
        "tidewheel.statements WHERE rebuilds IS NOT NULL)",
        {topic});
    transaction.query(
        "DELETE FROM tidewheel.progress p WHERE topic = $1 AND partition >= $2 AND EXISTS (SELECT "
        "FROM tidewheel.progress o WHERE o.statement_id = p.statement_id AND o.partition < $2)",
        {topic, std::to_string(partitions)});
    transaction.query(
        "UPDATE tidewheel.progress SET next_offset = NULL, end_offset = NULL WHERE topic = $1",
        {topic});
    transaction.query("DELETE FROM tidewheel.dead_letters WHERE topic = $1", {topic});
    transaction.query("DELETE FROM tidewheel.skipped WHERE topic = $1", {topic});
}

std::vector<std::string> look_or_forget(Context& context, const ResetOptions& options, bool look) {
    const std::string& topic = options.topic_recreated;
    kafka::Admin admin(context.kafka());
    std::vector<std::string> lines;
    change_what_runs(context, [&](Transaction& transaction, const Ledger& ledger) {
        const auto readers = readers_of(transaction, ledger, topic);
        const int partitions = partitions_of(admin, topic);
        if (!options.allow_duplicates) require_recreated(admin, transaction, topic, partitions);
        if (!look) fence_off(transaction, readers);
        lines = consequences_of(transaction, readers, topic);
        if (!look) forget_topic(transaction, topic, partitions);
    });
    return lines;
}

}  // namespace

int reset_topic(Context& context, const ResetOptions& options) {
    std::vector<std::string> lines = look_or_forget(context, options, true);
    if (!options.dry_run && !options.yes && !agreed(context, lines))
        return static_cast<int>(ExitCode::usage);
    if (!options.dry_run) lines = look_or_forget(context, options, false);
    codec::Json list = codec::Json::array();
    for (const std::string& line : lines) {
        list.push(line);
        if (!context.json) context.out << line << '\n';
    }
    if (context.json)
        print(context.out,
              codec::Json::object().set("done", !options.dry_run).set("changes", list));
    return 0;
}

}  // namespace tidewheel::cli
