#pragma once
#include <string>
#include <vector>

#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::operate {

// State tables that rebuilds of a view have left: dropped as soon as they are not read, without
// making readers wait. Both throw DatabaseError for anything but a lock that is not granted.
class LeftOver {
  public:
    // Marks the state that the view had before its swap. False: it is locked.
    bool retire(postgres::Connection& connection, int view);
    // Drops what is marked. False: some of it is locked.
    bool drop(postgres::Connection& connection, int view);
    // What is kept, and why, for people.
    const std::vector<std::string>& notes() const { return notes_; }

  private:
    bool drop_table(postgres::Connection& connection, const std::string& table);

    std::vector<std::string> notes_;
};

}  // namespace tidewheel::operate
