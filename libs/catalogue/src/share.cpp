#include "tidewheel/catalogue/share.hpp"

#include "tidewheel/catalogue/migrations.hpp"

namespace tidewheel::catalogue {
namespace {

// Session: Connection or Transaction.
template <class Session>
Share read(Session& session) {
    const postgres::Row row = session.query("SELECT share, shares FROM tidewheel.catalogue").at(0);
    return {static_cast<int>(row.integer(0)), static_cast<int>(row.integer(1))};
}

template <class Session>
bool any_statement(Session& session) {
    return !session.query("SELECT FROM tidewheel.statements LIMIT 1").empty();
}

void require_possible(postgres::Transaction& transaction, const Share& stored, const Share& share) {
    if (stored == share || !any_statement(transaction)) return;
    throw Error(
        Error::Kind::setting,
        "this database has " + stored.text() + " of the topics' partitions, not " + share.text(),
        "Name the same databases in the same order, each once (--databases). For another number of "
        "databases, apply the pipeline to new ones: see docs/how-to/several-databases.md.");
}

}  // namespace

std::string Share::text() const {
    return "share " + std::to_string(number) + " of " + std::to_string(of);
}

std::string Share::group(const std::string& prefix) const {
    return of == 1 ? prefix : prefix + "." + std::to_string(number) + "of" + std::to_string(of);
}

bool has_statements(postgres::Connection& connection) {
    return any_statement(connection);
}

Share read_share(postgres::Connection& connection) {
    return read(connection);
}

Share read_share(postgres::Transaction& transaction) {
    return read(transaction);
}

void require_possible(postgres::Connection& connection, const Share& share) {
    postgres::Transaction transaction(connection);
    require_current(transaction);
    require_possible(transaction, read(transaction), share);
}

void take_share(postgres::Transaction& transaction, const Share& share) {
    const Share stored = read(transaction);
    if (stored == share) return;
    require_possible(transaction, stored, share);
    transaction.query("UPDATE tidewheel.catalogue SET share = $1::integer, shares = $2::integer",
                      {std::to_string(share.number), std::to_string(share.of)});
}

}  // namespace tidewheel::catalogue
