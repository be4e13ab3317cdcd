#include "redis_sink.hpp"

#include <algorithm>
#include <set>

#include "error_location.hpp"
#include "tidewheel/catalogue/sinks.hpp"
#include "tidewheel/sql/redis_options.hpp"

namespace tidewheel::apply {
namespace {

[[noreturn]] void refuse(const DeploymentState& deployment, const sql::Statement& statement,
                         const std::string& word, std::string what, std::string hint) {
    throw sql::PipelineError(
        {diagnostic_at_word(deployment.files, statement, word, std::move(what), std::move(hint))});
}

bool names_one_twice(const sql::RedisColumns& columns) {
    std::set<std::string> names;
    for (const std::string& name : {columns.key, columns.value, columns.deleted, columns.truncated})
        if (!name.empty() && !names.insert(name).second) return true;
    return false;
}

// The index by which older rows of a key are found is on it.
void check_same_key(DeploymentState& deployment, const Change& change, const std::string& key) {
    if (change.kind == ChangeKind::create) return;
    const postgres::Rows stored = deployment.transaction.query(
        "SELECT text FROM tidewheel.objects WHERE object = $1", {change.object});
    const auto before = sql::parse_statement(stored.at(0).text(0), {});
    const sql::Sink& old = std::get<sql::PlainStatement>(before.body).sink.value();
    if (sql::redis_columns(old).key != key)
        refuse(deployment, change.statement, "key",
               "the option key of a sink of redis can't change",
               "Make another sink, with the key that you want, or drop this one first.");
}

void check_is_boolean(DeploymentState& deployment, const sql::Statement& statement,
                      const sql::RelationName& name, const std::string& option,
                      const std::string& column) {
    if (column.empty()) return;
    const postgres::Rows type = deployment.transaction.query(
        "SELECT atttypid::regtype FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = "
        "$2",
        {name.quoted(), column});
    if (type.at(0).text(0) != "boolean")
        refuse(deployment, statement, option,
               "column " + column + " is of type " + type[0].text(0) + ", and not boolean",
               "The option " + option + " names a boolean column.");
}

}  // namespace

void check_redis_sink(DeploymentState& deployment, const Change& change, const sql::Sink& sink) {
    const sql::RedisColumns columns = sql::redis_columns(sink);
    if (!std::ranges::count(sink.columns, columns.key))
        refuse(deployment, change.statement, sink.name.name,
               "redis " + sink.name.text() + " has no column " + columns.key,
               "The option key names the column with the key.");
    if (names_one_twice(columns))
        refuse(deployment, change.statement, "OPTIONS",
               "one column can't be two of key, value, deleted and truncated", "");
    if (columns.members.empty())
        refuse(deployment, change.statement, sink.name.name,
               "redis " + sink.name.text() + " has no column for the value",
               "Beside the key it needs a column value, or others, which become a JSON object.");
    check_same_key(deployment, change, columns.key);
}

void complete_redis_sink(DeploymentState& deployment, const Change& change, const sql::Sink& sink,
                         const sql::RelationName& name) {
    const sql::RedisColumns columns = sql::redis_columns(sink);
    check_is_boolean(deployment, change.statement, name, "deleted", columns.deleted);
    check_is_boolean(deployment, change.statement, name, "truncated", columns.truncated);
    if (change.kind == ChangeKind::create)
        blame(deployment.files, change.statement, "",
              [&] { catalogue::keep_newest(deployment.transaction, name, columns.key); });
}

}  // namespace tidewheel::apply
