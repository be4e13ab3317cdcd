#pragma once
#include <map>
#include <string>
#include <vector>

#include "tidewheel/sql/relation_name.hpp"

namespace tidewheel::sql {

// CREATE FOREIGN TABLE … SERVER webhook: rows that statements store in it are delivered to where
// the options say. In the database it is an ordinary table, the outbox
// (docs/adr/0015-outbox.md).
struct Sink {
    RelationName name;
    std::string server;                          // webhook
    std::map<std::string, std::string> options;  // each at most once, of those the server has
    std::vector<std::string> columns;            // the user's
    std::string as_table;                        // DDL: the user's columns, without the server

    // Empty: not given.
    std::string option(const std::string& option_name) const {
        const auto found = options.find(option_name);
        return found == options.end() ? "" : found->second;
    }
    bool operator==(const Sink&) const = default;
};

}  // namespace tidewheel::sql
