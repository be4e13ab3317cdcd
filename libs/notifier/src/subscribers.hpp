#pragma once
#include <map>
#include <string>
#include <vector>

#include "tidewheel/catalogue/sinks.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::notifier {

struct WebhookSubscriber {
    std::string name;
    std::string url;
    std::string secret;  // the name of its file; empty: requests are not signed
    bool from_beginning = false;
};

// Who gets the sink's rows now: the url of its options, or the active rows of the subscribers'
// table. Throws DatabaseError, and Error (refused) where two have one name.
std::vector<WebhookSubscriber> read_subscribers(postgres::Transaction& transaction,
                                                const catalogue::StoredSink& sink);

}  // namespace tidewheel::notifier
