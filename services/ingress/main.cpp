#include "tidewheel/flags/parse_service.hpp"
#include "tidewheel/ingress/service.hpp"
#include "tidewheel/service/run_main.hpp"

int main(int argc, char** argv) {
    using namespace tidewheel;
    const auto settings = flags::parse_service(
        argc, argv,
        {.name = "tidewheel-ingress",
         .purpose = "Takes records by HTTP for every stream of the catalogue that has an ingress, "
                    "and writes them to its topic.",
         .programs = Programs::ingress});
    if (!settings) return settings.failure();
    return service::run_service_main("ingress", *settings, ingress::run_service);
}
