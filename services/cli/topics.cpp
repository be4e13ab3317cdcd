#include "cli/topics.hpp"

#include <algorithm>

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

sql::Diagnostic other_partitions(const PipelineFiles& files, const sql::Statement& statement,
                                 const sql::Stream& stream, int found) {
    return diagnostic_at_word(
        files, statement, "partitions",
        "topic " + stream.topic + " has " + std::to_string(found) + " partitions, but stream " +
            stream.name.text() + " says " + std::to_string(stream.partitions),
        "write partitions '" + std::to_string(found) + "', or name another topic");
}

sql::Diagnostic gone(const PipelineFiles& files, const sql::Statement& statement,
                     const sql::Stream& stream) {
    return diagnostic_at_word(
        files, statement, "topic",
        "topic " + stream.topic + " is gone, although records of it were applied",
        "an empty new topic would not be the same: bring it back, or tidewheel drop --cascade " +
            stream.name.text() + " and apply again");
}

}  // namespace

std::vector<MissingTopic> examine_topics(postgres::Transaction& transaction, kafka::Admin& admin,
                                         const std::vector<Change>& changes,
                                         const PipelineFiles& files) {
    std::vector<MissingTopic> missing;
    std::vector<sql::Diagnostic> wrong;
    for (const Change& change : changes) {
        const auto* stream = std::get_if<sql::Stream>(&change.statement.body);
        if (!stream) continue;
        const std::optional<int> found = admin.partitions(stream->topic);
        const bool known =
            std::any_of(missing.begin(), missing.end(),
                        [&](const MissingTopic& each) { return each.topic == stream->topic; });
        if (found && *found != stream->partitions)
            wrong.push_back(other_partitions(files, change.statement, *stream, *found));
        else if (!found && was_read(transaction, stream->topic))
            wrong.push_back(gone(files, change.statement, *stream));
        else if (!found && !known)
            missing.push_back({stream->topic, stream->partitions, stream->replication});
    }
    if (!wrong.empty()) throw sql::PipelineError(std::move(wrong));
    return missing;
}

}  // namespace tidewheel::cli
