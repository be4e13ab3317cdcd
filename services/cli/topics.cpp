#include "cli/topics.hpp"

#include "cli/source_errors.hpp"

namespace tidewheel::cli {
namespace {

bool was_read(postgres::Transaction& transaction, const std::string& topic) {
    return transaction
        .query(
            "SELECT EXISTS (SELECT FROM tidewheel.progress WHERE topic = $1 AND next_offset > 0)",
            {topic})[0]
        .boolean(0);
}

std::string both_numbers(const sql::Stream& stream, int found) {
    return "topic " + stream.topic + " has " + std::to_string(found) + " partitions, but stream " +
           stream.name.text() + " says " + std::to_string(stream.partitions);
}

class TopicExamination {
  public:
    TopicExamination(postgres::Transaction& transaction, kafka::Admin& admin, const Ledger& ledger,
                     const PipelineFiles& files)
        : transaction_(transaction), admin_(admin), files_(files) {
        for (const AppliedStream& applied : ledger.streams)
            stream_of_.emplace(applied.topic, applied.name.text());
    }

    void add(const Change& change) {
        const auto* stream = std::get_if<sql::Stream>(&change.statement.body);
        if (!stream) return;
        const bool is_new = change.verdict == Verdict::create;
        if (is_new && is_taken(change.statement, *stream)) return;
        const std::optional<int> found = admin_.partitions(stream->topic);
        if (!found)
            miss(change.statement, *stream);
        else if (!is_new && *found > stream->partitions)
            report_.warnings[change.statement.name] =
                both_numbers(*stream, *found) +
                "; the added ones are read by the statements that read all partitions, and not by "
                "those whose WHERE pins the route to some";
        else if (*found != stream->partitions)
            refuse(change.statement, "partitions", both_numbers(*stream, *found),
                   "write partitions '" + std::to_string(*found) + "', or name another topic");
    }

    TopicReport finish() {
        if (!wrong_.empty()) throw sql::PipelineError(std::move(wrong_));
        return std::move(report_);
    }

  private:
    bool is_taken(const sql::Statement& statement, const sql::Stream& stream) {
        const auto [first, is_free] = stream_of_.emplace(stream.topic, stream.name.text());
        if (is_free) return false;
        refuse(statement, "topic",
               "topic " + stream.topic + " is read by stream " + first->second + " already",
               "a topic has one stream: let the statements read " + first->second +
                   ", with the columns of both");
        return true;
    }

    void miss(const sql::Statement& statement, const sql::Stream& stream) {
        if (!was_read(transaction_, stream.topic)) {
            check_creation(statement, stream);
            report_.missing.push_back({stream.topic, stream.partitions, stream.replication});
        } else
            refuse(statement, "topic",
                   "topic " + stream.topic + " is gone, although records of it were applied",
                   "an empty new topic would not be the same: bring it back, or tidewheel drop "
                   "--cascade " +
                       stream.name.text() + " and apply again");
    }

    // All topics are looked at before one is created: that can't be rolled back.
    void check_creation(const sql::Statement& statement, const sql::Stream& stream) {
        const auto objection =
            admin_.objection(stream.topic, stream.partitions, stream.replication);
        if (!objection) return;
        const std::string what = "topic " + stream.topic + " can't be created: " + *objection;
        const bool without_replication_it_can =
            stream.replication > 0 && !admin_.objection(stream.topic, stream.partitions);
        if (without_replication_it_can)
            refuse(statement, "replication", what,
                   "leave replication out for the brokers' default, or start more brokers");
        else
            refuse(statement, "topic", what,
                   "another topic, or another number of partitions; or create it by Kafka's own "
                   "tools, and apply again");
    }

    void refuse(const sql::Statement& statement, const std::string& word, std::string what,
                std::string hint) {
        wrong_.push_back(
            diagnostic_at_word(files_, statement, word, std::move(what), std::move(hint)));
    }

    postgres::Transaction& transaction_;
    kafka::Admin& admin_;
    const PipelineFiles& files_;
    std::map<std::string, std::string> stream_of_;  // by topic
    TopicReport report_;
    std::vector<sql::Diagnostic> wrong_;
};

}  // namespace

TopicReport examine_topics(postgres::Transaction& transaction, kafka::Admin& admin,
                           const std::vector<Change>& changes, const Ledger& ledger,
                           const PipelineFiles& files) {
    TopicExamination examination(transaction, admin, ledger, files);
    for (const Change& change : changes)
        examination.add(change);
    return examination.finish();
}

}  // namespace tidewheel::cli
