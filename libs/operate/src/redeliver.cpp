#include "tidewheel/operate/redeliver.hpp"

#include <algorithm>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/catalogue/catalogue_rows.hpp"
#include "tidewheel/catalogue/deliveries.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::operate {

std::size_t redeliver(const catalogue::Database& database, const std::string& sink,
                      const std::optional<std::string>& subscriber) {
    const auto connection = database.connect();
    catalogue::catalogue_version(*connection);  // refuses, with a hint, where there is no catalogue
    postgres::Transaction transaction(*connection);
    const catalogue::CatalogueRows rows = catalogue::read_catalogue_rows(transaction);
    std::optional<int> id;
    if (const catalogue::AppliedObject* object = rows.given_sink(sink))
        id = catalogue::find_sink(transaction, object->object);
    else if (const catalogue::AppliedStream* stream = rows.given_stream(sink))
        id = catalogue::find_sink_of_stream(transaction, stream->id);
    if (!id)
        throw Error(Error::Kind::setting, "sink " + sink + " does not exist",
                    "tidewheel status lists the sinks.");
    const std::size_t count = catalogue::request_redelivery(transaction, *id, subscriber);
    transaction.commit();
    return count;
}

}  // namespace tidewheel::operate
