#pragma once
#include <string>
#include <vector>

#include "tidewheel/postgres/connection.hpp"

// The roles that may do less than the owner of a pipeline (docs/how-to/roles.md): one runs the
// services, one reads. This file alone writes the table tidewheel.roles, and knows which rights
// each of them needs.
namespace tidewheel::catalogue {

enum class Purpose { service, reader };

// The role has this purpose from now on, in addition to others. Throws Error: setting, when there
// is no such role.
void add_role(postgres::Transaction& transaction, Purpose purpose, const std::string& role);

// Grants all roles of the catalogue what they lack: on the catalogue, on state tables and streams,
// on views and on the tables that INSERTs fill. Returns a line for each right that the current role
// can't grant, with the GRANT that the owner must run. Does nothing where nothing is missing.
std::vector<std::string> grant_rights(postgres::Transaction& transaction);

}  // namespace tidewheel::catalogue
