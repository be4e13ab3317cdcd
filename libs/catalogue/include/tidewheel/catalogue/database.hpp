#pragma once
#include <memory>
#include <string>
#include <utility>

#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::catalogue {

// The database that the catalogue is in, for those who change it or look into it now and then.
class Database {
  public:
    Database(std::string url, std::string application)
        : url_(std::move(url)), application_(std::move(application)) {}

    const std::string& url() const { return url_; }
    // A new connection, which finds names in PostgreSQL's own schemas alone (look_nowhere_else).
    // Throws DatabaseError.
    std::unique_ptr<postgres::Connection> connect() const;

  private:
    std::string url_, application_;
};

}  // namespace tidewheel::catalogue
