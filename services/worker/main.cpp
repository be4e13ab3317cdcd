#include "tidewheel/runtime/service.hpp"

int main(int argc, char** argv) {
    return tidewheel::runtime::service_main(
        {.name = "worker",
         .purpose = "Runs every continuous INSERT … SELECT of the catalogue: rows, exactly once.",
         .audience = tidewheel::Audience::worker,
         .statements = tidewheel::postgres::StatementKind::rows},
        argc, argv);
}
