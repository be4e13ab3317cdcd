#include "tidewheel/operate/topic_reset.hpp"

#include <algorithm>

#include "tidewheel/catalogue/catalogue_change.hpp"
#include "tidewheel/catalogue/dead_letters.hpp"
#include "tidewheel/catalogue/progress.hpp"
#include "tidewheel/catalogue/skipped_offsets.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/engine/fingerprint.hpp"
#include "tidewheel/executor/stream_plan.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/partition.hpp"
#include "tidewheel/postgres/sql_text.hpp"

namespace tidewheel::operate {
namespace {

using postgres::Transaction;

// Also those that read no partition of it in this database.
std::vector<const catalogue::AppliedStatement*> readers_of(
    const catalogue::CatalogueRows& catalogue_rows, const std::string& topic) {
    std::vector<const catalogue::AppliedStatement*> readers;
    for (const catalogue::AppliedStatement& each : catalogue_rows.statements)
        if (catalogue_rows.stream(each.stream_id)->topic == topic) readers.push_back(&each);
    if (readers.empty())
        throw Error(Error::Kind::setting, "no statement reads topic " + topic,
                    "tidewheel status lists the statements with their topics.");
    std::ranges::sort(readers, {}, &catalogue::AppliedStatement::name);
    return readers;
}

bool holds(const kafka::ClientSettings& settings, const engine::TopicPartition& where,
           const engine::Fingerprint& last) {
    bool found = false;
    kafka::read_partition(
        settings, where, last.offset, last.offset + 1, std::chrono::seconds(10),
        [&](const engine::Record& record) { found = engine::fingerprint_of(record) == last; });
    return found;
}

// Those whose last applied record is in the present topic: a statement that had applied nothing of
// the old one there has begun with the new one, and may not begin again. PostgreSQL is asked for
// each partition by itself: it ends a session that leaves a change waiting for long.
std::vector<catalogue::Reading> readings_of_present(
    const Servers& servers, kafka::Admin& admin, Transaction& transaction, const std::string& topic,
    const std::vector<const catalogue::AppliedStatement*>& readers, int partitions) {
    std::vector<int> ids;
    for (const catalogue::AppliedStatement* reader : readers)
        ids.push_back(reader->id);
    std::vector<catalogue::Reading> found;
    for (int partition = 0; partition < partitions; ++partition) {
        const auto [first, end] = admin.watermarks(topic, partition);
        std::optional<std::pair<engine::Fingerprint, bool>> looked_up;
        for (const postgres::Row& row : transaction.query(
                 "SELECT statement_id, last_offset, last_time, last_checksum FROM "
                 "tidewheel.progress WHERE statement_id = ANY ($1) AND topic = $2 AND partition = "
                 "$3 AND last_offset >= $4 AND last_offset < $5 AND missing_since IS NULL ORDER BY "
                 "2, 3, 4",
                 {postgres::id_array(ids), topic, std::to_string(partition), std::to_string(first),
                  std::to_string(end)})) {
            const engine::Fingerprint last{row.integer(1), row.integer(2), row.integer(3)};
            if (!looked_up || looked_up->first != last)
                looked_up.emplace(last, holds(servers.kafka, {topic, partition}, last));
            if (looked_up->second) found.push_back({static_cast<int>(row.integer(0)), partition});
        }
    }
    return found;
}

// How many of the topic's partitions the statement reads in this database.
std::size_t count_read(const catalogue::Catalogue& catalogue, const std::string& statement,
                       int partitions) {
    const catalogue::StoredStatement& stored = *catalogue.find_statement(statement);
    const catalogue::StoredStream& stream = catalogue.stream(stored.stream_id);
    std::size_t read = 0;
    for (int partition = 0; partition < partitions; ++partition)
        if (executor::reads(stored, stream, partition)) ++read;
    return read;
}

// read: the number of partitions that the statement reads; begun: those of them that it has begun.
std::string consequence(const std::string& topic, std::size_t read,
                        const std::vector<std::string>& begun) {
    if (read == 0) return "reads nothing of topic " + topic + " in this database";
    const std::string continues = "continues in partition " + joined(begun, ", ") +
                                  ", which it has read since the topic was recreated";
    if (begun.size() == read) return continues;
    return "starts at the first records of topic " + topic +
           ", which are added to what it has stored" + (begun.empty() ? "" : "; " + continues);
}

std::vector<std::string> consequences_of(
    Transaction& transaction, const std::vector<const catalogue::AppliedStatement*>& readers,
    const std::string& topic, int partitions, const std::vector<catalogue::Reading>& of_present) {
    const catalogue::Catalogue catalogue = catalogue::read_catalogue(transaction);
    std::vector<std::string> lines;
    for (const catalogue::AppliedStatement* statement : readers) {
        std::vector<std::string> begun;
        for (const catalogue::Reading& each : of_present)
            if (each.statement == statement->id) begun.push_back(std::to_string(each.partition));
        const std::size_t read = count_read(catalogue, statement->name, partitions);
        lines.push_back(statement->name + ": " + consequence(topic, read, begun));
    }
    const std::int64_t deleted =
        catalogue::count_dead_letters_to_delete(transaction, topic, of_present);
    lines.push_back("the " + plural(deleted, "dead letter") + " of the old topic " +
                    (deleted == 1 ? "is" : "are") + " deleted; tidewheel dlq export saves a copy");
    return lines;
}

int partitions_of(kafka::Admin& admin, const std::string& topic) {
    const auto partitions = admin.partitions(topic);
    if (!partitions)
        throw Error(Error::Kind::refused, "topic " + topic + " does not exist",
                    "Recreate it first. See docs/how-to/missing-data.md.");
    return *partitions;
}

// A lane that found another record than the one it had applied has recorded that. A topic loses
// partitions only by being deleted. One that still reaches as far as its readers is presumably the
// old one: reading it again would store and count everything twice.
void require_recreated(kafka::Admin& admin, Transaction& transaction, const std::string& topic,
                       int partitions) {
    if (!transaction
             .query("SELECT FROM tidewheel.progress WHERE topic = $1 AND missing_cause = "
                    "'replaced' LIMIT 1",
                    {topic})
             .empty())
        return;
    for (const postgres::Row& row :
         transaction.query("SELECT partition, coalesce(max(next_offset), 0) FROM "
                           "tidewheel.progress WHERE topic = $1 GROUP BY 1",
                           {topic})) {
        const int partition = static_cast<int>(row.integer(0));
        if (partition >= partitions || row.integer(1) > admin.watermarks(topic, partition).second)
            return;
    }
    throw Error(Error::Kind::pipeline,
                "there is no evidence that topic " + topic +
                    " was recreated: it holds everything that its statements have read",
                "Its records would be stored and counted again. --allow-duplicates resets it "
                "nevertheless.");
}

void forget_topic(Transaction& transaction, const std::string& topic, int partitions,
                  const std::vector<catalogue::Reading>& of_present) {
    catalogue::begin_topic_again(transaction, topic, partitions, of_present);
    catalogue::delete_dead_letters(transaction, topic, of_present);
    catalogue::forget_skipped(transaction, topic);
}

std::vector<std::string> look_or_forget(const Servers& servers, const TopicReset& request,
                                        bool look) {
    const std::string& topic = request.topic;
    kafka::Admin admin(servers.kafka);
    std::vector<std::string> lines;
    catalogue::change_what_runs(
        servers.database,
        [&](Transaction& transaction, const catalogue::CatalogueRows& catalogue_rows) {
            const auto readers = readers_of(catalogue_rows, topic);
            const int partitions = partitions_of(admin, topic);
            if (!request.allow_duplicates) require_recreated(admin, transaction, topic, partitions);
            if (!look) catalogue::fence_off(transaction, readers);
            std::vector<catalogue::Reading> of_present;
            if (!request.allow_duplicates)
                of_present =
                    readings_of_present(servers, admin, transaction, topic, readers, partitions);
            lines = consequences_of(transaction, readers, topic, partitions, of_present);
            if (!look) forget_topic(transaction, topic, partitions, of_present);
        });
    return lines;
}

}  // namespace

std::vector<std::string> consequences_of(const Servers& servers, const TopicReset& request) {
    return look_or_forget(servers, request, true);
}

std::vector<std::string> reset_topic(const Servers& servers, const TopicReset& request) {
    return look_or_forget(servers, request, false);
}

}  // namespace tidewheel::operate
