#pragma once
#include <string>

#include "tidewheel/postgres/connection.hpp"

// Tells a database from a copy of it. A copy (pg_restore, CREATE DATABASE … TEMPLATE) has the
// catalogue of the original, claims and consumer group included; services that ran on it would take
// partitions from the original.
namespace tidewheel::catalogue {

// "SYSTEM/OID": the server's system identifier, and the database's number there. The first part is
// empty where the role may not ask for it. Equal after a failover and for a copy of the server's
// files; not for a restored dump.
std::string identity(postgres::Connection& connection);

// Whether two identities can be of one database: an unknown part is no difference.
bool may_be_same_database(const std::string& one, const std::string& other);

// Throws Error (refused) when the catalogue is of another database than this.
void require_home(postgres::Connection& connection);

// From now on the catalogue is this database's. False: it was already.
bool take_over(postgres::Transaction& transaction);

}  // namespace tidewheel::catalogue
