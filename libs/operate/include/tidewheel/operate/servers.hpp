#pragma once
#include "tidewheel/catalogue/database.hpp"
#include "tidewheel/kafka/client.hpp"

namespace tidewheel::operate {

// What the operations work on.
struct Servers {
    catalogue::Database database;
    kafka::ClientSettings kafka;
};

}  // namespace tidewheel::operate
