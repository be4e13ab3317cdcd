#pragma once
#include <memory>

#include "tidewheel/catalogue/database.hpp"
#include "tidewheel/kafka/client.hpp"
#include "tidewheel/registry/registries.hpp"

namespace tidewheel::operate {

// What the operations work on.
struct Servers {
    catalogue::Database database;
    kafka::ClientSettings kafka;
    std::shared_ptr<registry::Registries> registries;
};

}  // namespace tidewheel::operate
