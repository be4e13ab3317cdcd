#pragma once
#include <string>
#include <vector>

#include "applied.hpp"
#include "changefeed_service.hpp"
#include "tidewheel/testing/stack.hpp"

// What the tests of changefeeds share.
namespace tidewheel::testing {

inline const std::string changes_of_products = R"(
CREATE TABLE products (id bigint PRIMARY KEY, name text, price numeric(10,2));
CREATE FOREIGN TABLE changes (
    op     text,
    id     bigint OPTIONS (json 'after.id'),
    old_id bigint OPTIONS (json 'before.id'),
    name   text OPTIONS (json 'after.name')
) SERVER kafka OPTIONS (topic '{topic}', changes_of 'public.products');
)";

inline std::string ops(const std::vector<Change>& changes) {
    std::string text;
    for (const Change& each : changes)
        text += (text.empty() ? "" : " ") + each.op();
    return text;
}

// The slots and publications of the site's own database.
inline std::string remains(const Deployment& site) {
    return site.value(
        "SELECT (SELECT count(*) FROM pg_replication_slots WHERE database = current_database()) "
        "|| ' ' || (SELECT count(*) FROM pg_publication)");
}

}  // namespace tidewheel::testing
