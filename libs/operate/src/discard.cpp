#include "tidewheel/operate/discard.hpp"

#include "tidewheel/catalogue/catalogue_change.hpp"
#include "tidewheel/catalogue/dead_letters.hpp"

namespace tidewheel::operate {

std::int64_t discard(const catalogue::Database& database, postgres::Connection& connection,
                     const catalogue::DeadLetterFilter& filter, std::int64_t selected,
                     ProgressSink& sink) {
    connection.query("SET lock_timeout = '5s'");
    catalogue::DeadLetterPages pages(filter);
    std::int64_t discarded = 0;
    while (const auto page = pages.next(connection)) {
        catalogue::despite_locks(database,
                                 [&] { discarded += catalogue::discard(connection, page->ids); });
        sink.show(discarded, selected);
    }
    return discarded;
}

}  // namespace tidewheel::operate
