#include "changes_step.hpp"

#include "error_location.hpp"
#include "tidewheel/catalogue/change_slot.hpp"

namespace tidewheel::apply {
namespace {

using postgres::quote_name;
using postgres::Row;
using postgres::Rows;

// The kind, whether it is logged, its identity, whether it has a primary key, its owner, whether we
// are that, and whether we may make a publication of it.
constexpr const char* table_query = R"(
    SELECT c.relkind, c.relpersistence, c.relreplident,
           EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary),
           pg_get_userbyid(c.relowner),
           pg_has_role(c.relowner, 'USAGE')
               AND has_database_privilege(current_database(), 'CREATE')
    FROM pg_class c WHERE c.oid = to_regclass($1))";

constexpr const char* publication_query = R"(
    SELECT p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate
           AND ARRAY(SELECT (t.schemaname, t.tablename)::text FROM pg_publication_tables t
                     WHERE t.pubname = p.pubname) = ARRAY[($2::name, $3::name)::text]
    FROM pg_publication p WHERE p.pubname = $1)";

class ChangesStep {
  public:
    ChangesStep(DeploymentState& deployment, const sql::Statement& statement,
                const catalogue::StoredStream& stored, Deployed& done)
        : transaction_(deployment.transaction),
          files_(deployment.files),
          statement_(statement),
          table_(*stored.stream.changes_of),
          publication_(catalogue::publication_of(stored.stream.name)),
          done_(done) {}

    void run() {
        require_table();
        require_logical();
        require_publication();
        warn();
    }

  private:
    [[noreturn]] void refuse(std::string what, std::string hint) const {
        throw sql::PipelineError({diagnostic_at_word(files_, statement_, "changes_of",
                                                     std::move(what), std::move(hint))});
    }

    void require_table() {
        const Rows found = transaction_.query(table_query, {table_.quoted()});
        if (found.empty())
            refuse("table " + table_.text() + " does not exist",
                   "Create it, or correct its name; it needs its schema.");
        const Row& row = found[0];
        if (row.text(0) != "r" || row.text(1) != "p")
            refuse(table_.text() + " is not an ordinary table",
                   "Only the changes of a table that is neither partitioned, foreign, temporary "
                   "nor unlogged can be followed. A partition is such a table.");
        const std::string identity = row.text(2);
        if (identity != "f" && !(identity == "d" && row.boolean(3)))
            refuse("table " + table_.text() +
                       " has no primary key that identifies its rows in the write-ahead log",
                   "Add a primary key (with REPLICA IDENTITY DEFAULT), or run ALTER TABLE " +
                       table_.quoted() + " REPLICA IDENTITY FULL.");
        owner_ = row.text(4);
        may_publish_ = row.boolean(5);
    }

    void require_logical() {
        if (transaction_.query("SHOW wal_level")[0].text(0) == "logical") return;
        refuse("the server's wal_level is not logical",
               "A superuser must run ALTER SYSTEM SET wal_level = logical, and restart the "
               "server.");
    }

    void require_publication() {
        const Rows found =
            transaction_.query(publication_query, {publication_, table_.schema, table_.name});
        const std::string create =
            "CREATE PUBLICATION " + quote_name(publication_) + " FOR TABLE " + table_.quoted();
        if (!found.empty() && found[0].boolean(0)) return;
        if (!found.empty())
            refuse("publication " + publication_ + " is not of all changes of table " +
                       table_.text() + " alone",
                   "Drop it, and apply again.");
        if (!may_publish_)
            refuse("this role may not make a publication of table " + table_.text(),
                   "Its owner, " + owner_ + ", must run " + create +
                       " and needs the right CREATE on the database for it.");
        transaction_.run(create);
    }

    void warn() {
        if (transaction_
                .query("SELECT setting FROM pg_settings WHERE name = "
                       "'max_slot_wal_keep_size'")[0]
                .text(0) == "-1")
            done_.warnings.push_back(
                "max_slot_wal_keep_size is not set: while tidewheel-changefeed does not run, the "
                "server keeps all WAL, until its disk is full");
        for (const Row& row :
             transaction_.query("SELECT r.role FROM tidewheel.roles r JOIN pg_roles p ON p.rolname "
                                "= r.role WHERE r.purpose = 'service' AND NOT p.rolreplication AND "
                                "NOT p.rolsuper"))
            done_.warnings.push_back("role " + row.text(0) +
                                     " can't run tidewheel-changefeed: a superuser must run ALTER "
                                     "ROLE " +
                                     quote_name(row.text(0)) + " REPLICATION");
    }

    postgres::Transaction& transaction_;
    const PipelineFiles& files_;
    const sql::Statement& statement_;
    const sql::RelationName table_;
    const std::string publication_;
    Deployed& done_;
    std::string owner_;
    bool may_publish_ = false;
};

}  // namespace

void deploy_changes(DeploymentState& deployment, const sql::Statement& statement,
                    const catalogue::StoredStream& stored, Deployed& done) {
    if (stored.stream.changes_of) ChangesStep(deployment, statement, stored, done).run();
}

void require_same_changes(const PipelineFiles& files, const sql::Statement& statement,
                          const catalogue::StoredStream& before,
                          const catalogue::StoredStream& after) {
    if (before.stream.changes_of == after.stream.changes_of) return;
    const auto words = [](const catalogue::StoredStream& stream) {
        return stream.stream.changes_of ? "changes of " + stream.stream.changes_of->text()
                                        : std::string("no changes");
    };
    throw sql::PipelineError({diagnostic_at(
        files, statement, 0,
        "stream " + after.stream.name.text() + " has " + words(before) + ", and can't have " +
            words(after),
        "Declare another stream, with another topic; then `tidewheel drop` this one.")});
}

}  // namespace tidewheel::apply
