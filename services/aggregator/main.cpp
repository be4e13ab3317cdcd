#include "tidewheel/runtime/service.hpp"

int main(int argc, char** argv) {
    return tidewheel::runtime::service_main(
        {.name = "aggregator",
         .purpose =
             "Keeps every materialized view of the catalogue up to date, by deltas, exactly once.",
         .audience = tidewheel::Audience::aggregator,
         .statements = tidewheel::postgres::StatementKind::view},
        argc, argv);
}
