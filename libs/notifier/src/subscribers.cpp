#include "subscribers.hpp"

#include <set>

namespace tidewheel::notifier {

// The columns secret, start and active may be missing: as JSON, what is not there is NULL.
std::vector<WebhookSubscriber> read_subscribers(postgres::Transaction& transaction,
                                                const catalogue::StoredSink& sink) {
    const std::string secret = sink.sink.option("secret");
    if (sink.subscribers_table.empty()) return {{"", sink.sink.option("url"), secret, true}};
    std::vector<WebhookSubscriber> subscribers;
    std::set<std::string> names;
    for (const postgres::Row& row : transaction.query(
             "SELECT r->>'name', r->>'url', coalesce(r->>'secret', $1), coalesce(r->>'start', "
             "'end') = 'beginning' FROM (SELECT to_jsonb(s) AS r FROM " +
                 sink.subscribers_table +
                 " s) AS rows WHERE r->>'name' IS NOT NULL AND coalesce((r->>'active')::boolean, "
                 "true) ORDER BY 1",
             {secret})) {
        if (row.text(0).empty())
            throw Error(Error::Kind::refused, "one has an empty name", "Name each subscriber.");
        if (!names.insert(row.text(0)).second)
            throw Error(Error::Kind::refused, "two are named " + row.text(0),
                        "Make the column name the primary key of the table.");
        subscribers.push_back({row.text(0), row.text_or(1, ""), row.text(2), row.boolean(3)});
    }
    return subscribers;
}

}  // namespace tidewheel::notifier
