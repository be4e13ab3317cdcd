#include "hints.hpp"

#include <array>
#include <regex>

#include "tidewheel/postgres/sqlstate.hpp"

namespace tidewheel::postgres {
namespace {

struct Rule {
    const char* pattern;  // of PostgreSQL's message; its group is the object
    const char* help;     // {role} and {object} stand for names
};
// PostgreSQL names the object in its message alone.
constexpr std::array rules{
    Rule{"permission denied for schema \"?tidewheel\"?(?:\\W|$)",
         "Apply as the role that `tidewheel init --owner` named, or make {role} a member of it. "
         "`tidewheel init --owner {role}`, run as a superuser, gives the catalogue to {role}."},
    Rule{"permission denied for schema (\\S+)",
         "Run GRANT USAGE, CREATE ON SCHEMA {object} TO {role} as the schema's owner."},
    Rule{
        "permission denied for database (\\S+)",
        "Run `tidewheel init --owner {role}`, or GRANT CREATE ON DATABASE {object} TO {role}, as a "
        "superuser."},
    Rule{"permission denied to create temporary tables in database (\\S+)",
         "Run GRANT TEMPORARY ON DATABASE {object} TO {role} as the database's owner."},
    Rule{"permission denied for foreign server (\\S+)",
         "Run GRANT USAGE ON FOREIGN SERVER {object} TO {role} as the server's owner."},
    Rule{"permission denied for function (\\S+)",
         "Run GRANT EXECUTE ON FUNCTION {object} TO {role} as the function's owner."},
    Rule{"permission denied for sequence (\\S+)",
         "Run GRANT USAGE ON SEQUENCE {object} TO {role} as the sequence's owner."},
    Rule{"permission denied for (?:table|view|foreign table) (\\S+)",
         "Run GRANT SELECT, INSERT, UPDATE ON {object} TO {role} as its owner."},
    Rule{"must be owner of .*?(\\S+)$",
         "Run it as the owner of {object}; or run ALTER … OWNER TO {role} as that owner."},
};

std::string replaced(std::string text, const std::string& name, const std::string& value) {
    for (auto at = text.find(name); at != std::string::npos;
         at = text.find(name, at + value.size()))
        text.replace(at, name.size(), value);
    return text;
}

std::string about_permission(std::string_view message, const std::string& role) {
    const std::string line(message.substr(0, message.find('\n')));
    for (const Rule& rule : rules) {
        std::smatch match;
        if (!std::regex_search(line, match, std::regex(rule.pattern))) continue;
        std::string object = match.size() > 1 ? match[1].str() : "";
        std::erase(object, '"');
        return replaced(replaced(rule.help, "{role}", role), "{object}", object);
    }
    return "The session's role is " + role + ". `tidewheel init --owner " + role +
           "`, run as a superuser, grants it what Tidewheel's catalogue needs; grant it what "
           "else it lacks.";
}

}  // namespace

std::string hint_for(std::string_view sqlstate, std::string_view message, const Asker& asker) {
    if (sqlstate == sqlstate::insufficient_privilege) return about_permission(message, asker.role);
    if (sqlstate == sqlstate::read_only_transaction)
        return "The server is a standby, or default_transaction_read_only is on for role " +
               asker.role + " or database " + asker.database +
               ". Name the primary in the database URL, or run ALTER ROLE … SET "
               "default_transaction_read_only = off.";
    if (sqlstate == sqlstate::query_canceled &&
        message.find("statement timeout") != std::string_view::npos)
        return "The statement_timeout is set for role " + asker.role + " or database " +
               asker.database +
               ". Raise it, or set PGOPTIONS='-c statement_timeout=0' for this "
               "command.";
    return {};
}

}  // namespace tidewheel::postgres
