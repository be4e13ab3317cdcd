#include "tidewheel/catalogue/home.hpp"

namespace tidewheel::catalogue {
namespace {

constexpr const char* identities =
    "SELECT tidewheel.identity(), coalesce(home, tidewheel.identity()) FROM tidewheel.catalogue";

}  // namespace

std::string identity(postgres::Connection& connection) {
    return connection.query("SELECT tidewheel.identity()").at(0).text(0);
}

bool may_be_same_database(const std::string& one, const std::string& other) {
    const auto slash = one.find('/'), other_slash = other.find('/');
    if (slash == 0 || other_slash == 0) return one.substr(slash) == other.substr(other_slash);
    return one == other;
}

void require_home(postgres::Connection& connection) {
    const postgres::Row row = connection.query(identities).at(0);
    if (may_be_same_database(row.text(0), row.text(1))) return;
    throw Error(Error::Kind::refused,
                "this database (" + row.text(0) +
                    ") is a copy: its catalogue belongs to database " + row.text(1) +
                    ", and so do its consumer groups",
                "If it replaces that one, stop the services there and run `tidewheel "
                "init --take-over` here. If you keep both, also give this one a group of its "
                "own (--group).");
}

bool take_over(postgres::Transaction& transaction) {
    const postgres::Row row = transaction.query(identities).at(0);
    if (row.text(0) == row.text(1)) return false;
    transaction.run(
        "UPDATE tidewheel.catalogue SET home = tidewheel.identity(), version = version + 1");
    return true;
}

}  // namespace tidewheel::catalogue
