#include "tidewheel/apply/topic_check.hpp"

#include <algorithm>

#include "error_location.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::apply {
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
    TopicExamination(postgres::Transaction& transaction, kafka::Admin& admin,
                     const std::vector<Change>& changes,
                     const catalogue::CatalogueRows& catalogue_rows, const PipelineFiles& files,
                     const std::string& schema)
        : transaction_(transaction), admin_(admin), files_(files), schema_(schema) {
        for (const catalogue::AppliedStream& applied : catalogue_rows.streams) {
            declared_[applied.topic][sql::label(applied.name)] = {applied.partitions, 0};
            topics_[applied.name] = applied.topic;
            applied_[applied.topic].push_back(sql::label(applied.name));
        }
        for (const Change& change : changes)
            if (const auto* stream = std::get_if<sql::Stream>(&change.statement.body)) {
                const sql::RelationName name = qualified(stream->name, schema);
                declared_[stream->topic][sql::label(name)] = {stream->partitions,
                                                              stream->replication};
                topics_[name] = stream->topic;
            }
    }

    void add(const Change& change) {
        const bool is_new = change.kind == ChangeKind::create;
        if (is_new && change.statement.stream) look_at_beginning(change.statement);
        const auto* stream = std::get_if<sql::Stream>(&change.statement.body);
        if (!stream) return;
        const std::optional<int> found = admin_.partitions(stream->topic);
        if (!found)
            miss(change.statement, *stream);
        else if (!is_new && *found > stream->partitions)
            report_.warnings[change.statement.name] =
                both_numbers(*stream, *found) +
                "; statements that read all partitions read the added ones, those whose WHERE pins "
                "the route to some do not";
        else if (*found != stream->partitions)
            refuse(change.statement, "partitions", both_numbers(*stream, *found),
                   "Write partitions '" + std::to_string(*found) + "', or name another topic.");
        else if (change.kind != ChangeKind::unchanged && admin_.is_compacted(stream->topic))
            report_.warnings[change.statement.name] =
                "topic " + stream->topic +
                " is compacted: services store every record that they find, but rebuild, reset and "
                "verify lack those that compaction has removed";
    }

    TopicReport finish() {
        if (!wrong_.empty()) throw sql::PipelineError(std::move(wrong_));
        return std::move(report_);
    }

  private:
    // What a new statement will never see.
    void look_at_beginning(const sql::Statement& statement) {
        const auto topic = topics_.find(qualified(*statement.stream, schema_));
        if (topic == topics_.end()) return;
        auto found = beginnings_.find(topic->second);
        if (found == beginnings_.end())
            found = beginnings_.emplace(topic->second, deleted_beginning(topic->second)).first;
        if (!found->second.empty())
            report_.warnings[statement.name] =
                found->second + "; " + statement.name + " begins with those that are left";
    }

    // Empty: the topic has its first records, or none yet.
    std::string deleted_beginning(const std::string& topic) {
        const int partitions = admin_.partitions(topic).value_or(0);
        for (int partition = 0; partition < partitions; ++partition)
            if (const std::int64_t first = admin_.watermarks(topic, partition).first; first > 0)
                return "topic " + topic + " begins at offset " + std::to_string(first) +
                       " of partition " + std::to_string(partition) +
                       ": the records before were deleted";
        return "";
    }

    // A topic is made once, as all of its streams say.
    void create(const sql::Statement& statement, const sql::Stream& stream) {
        int replication = stream.replication;
        for (const auto& [other, declared] : declared_[stream.topic]) {
            if (declared.partitions != stream.partitions)
                return refuse_differing(statement, "partitions", stream, other);
            if (replication > 0 && declared.replication > 0 && declared.replication != replication)
                return refuse_differing(statement, "replication", stream, other);
            replication = std::max(replication, declared.replication);
        }
        if (stream.replication == replication) check_creation(statement, stream);
        if (std::ranges::find(report_.missing, stream.topic, &MissingTopic::topic) ==
            report_.missing.end())
            report_.missing.push_back({stream.topic, stream.partitions, replication});
    }

    void refuse_differing(const sql::Statement& statement, const std::string& option,
                          const sql::Stream& stream, const std::string& other) {
        refuse(statement, option,
               "streams " + sql::label(stream.name) + " and " + other + " declare different " +
                   option + " for topic " + stream.topic + ", which does not exist yet",
               "Declare the same " + option + " in all streams of a topic.");
    }

    void miss(const sql::Statement& statement, const sql::Stream& stream) {
        if (!was_read(transaction_, stream.topic)) {
            create(statement, stream);
        } else
            refuse(statement, "topic",
                   "topic " + stream.topic + " does not exist, although records of it were applied",
                   "An empty topic cannot replace it. Restore it, or run `tidewheel drop "
                   "--cascade " +
                       joined(applied_[stream.topic], " ") + "` and apply again.");
    }

    // All topics are checked before one is created, since that can't be rolled back.
    void check_creation(const sql::Statement& statement, const sql::Stream& stream) {
        const auto objection =
            admin_.objection(stream.topic, stream.partitions, stream.replication);
        if (!objection) return;
        const std::string what = "topic " + stream.topic + " can't be created: " + *objection;
        const bool without_replication_it_can =
            stream.replication > 0 && !admin_.objection(stream.topic, stream.partitions);
        if (without_replication_it_can)
            refuse(statement, "replication", what,
                   "Leave replication out for the brokers' default, or start more brokers.");
        else
            refuse(
                statement, "topic", what,
                "Name another topic or another number of partitions; or create it with Kafka's own "
                "tools, and apply again.");
    }

    void refuse(const sql::Statement& statement, const std::string& word, std::string what,
                std::string hint) {
        wrong_.push_back(
            diagnostic_at_word(files_, statement, word, std::move(what), std::move(hint)));
    }

    postgres::Transaction& transaction_;
    kafka::Admin& admin_;
    const PipelineFiles& files_;
    const std::string& schema_;
    struct Declared {
        int partitions, replication;  // 0: it doesn't say
    };
    // By topic, by stream: of the catalogue and of the pipeline.
    std::map<std::string, std::map<std::string, Declared>> declared_;
    std::map<std::string, std::vector<std::string>> applied_;  // by topic: the catalogue's streams
    std::map<sql::RelationName, std::string> topics_;          // by stream
    std::map<std::string, std::string> beginnings_;            // by topic: deleted_beginning
    TopicReport report_;
    std::vector<sql::Diagnostic> wrong_;
};

}  // namespace

TopicReport examine_topics(postgres::Transaction& transaction, kafka::Admin& admin,
                           const std::vector<Change>& changes,
                           const catalogue::CatalogueRows& catalogue_rows,
                           const PipelineFiles& files, const std::string& schema) {
    TopicExamination examination(transaction, admin, changes, catalogue_rows, files, schema);
    for (const Change& change : changes)
        examination.add(change);
    return examination.finish();
}

}  // namespace tidewheel::apply
