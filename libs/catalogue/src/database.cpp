#include "tidewheel/catalogue/database.hpp"

#include "tidewheel/catalogue/resolution.hpp"

namespace tidewheel::catalogue {

std::unique_ptr<postgres::Connection> Database::connect() const {
    auto connection = std::make_unique<postgres::Connection>(url_, application_);
    look_nowhere_else(*connection);
    return connection;
}

}  // namespace tidewheel::catalogue
