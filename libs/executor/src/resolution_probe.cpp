#include "resolution_probe.hpp"

#include "tidewheel/core/text.hpp"

namespace tidewheel::executor {
namespace {

constexpr const char* probe_name = "pg_temp.tidewheel_probe";

// PostgreSQL records no dependency on what every server has. A cast WITHOUT FUNCTION between types
// of its own is the one thing of a user's that leaves no trace either.
constexpr const char* others_query = R"(
    SELECT i.type || ' ' || i.identity
    FROM pg_depend d CROSS JOIN LATERAL pg_identify_object(d.refclassid, d.refobjid, 0) i
    WHERE d.classid = 'pg_rewrite'::regclass
      AND d.objid = (SELECT oid FROM pg_rewrite WHERE ev_class = $1::regclass)
      AND (d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)
           OR d.refclassid = 'pg_class'::regclass AND d.refobjid NOT IN ($1::regclass, $2::regclass))
    UNION ALL
    SELECT 'cast from ' || s.oid::regtype || ' to ' || t.oid::regtype
    FROM pg_cast c JOIN pg_type s ON s.oid = c.castsource JOIN pg_type t ON t.oid = c.casttarget
    WHERE c.oid >= 16384 AND c.castmethod = 'b'
      AND s.typnamespace = 'pg_catalog'::regnamespace AND t.typnamespace = 'pg_catalog'::regnamespace
    ORDER BY 1 LIMIT 1)";

std::string column_names(std::size_t columns) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < columns; ++i)
        names.push_back("c" + std::to_string(i));
    return joined(names, ", ");
}

}  // namespace

std::string staged_name(const catalogue::StoredStream& stream) {
    return "pg_temp." + postgres::quote_name(stream.stream.name.name);
}

Probed probe(postgres::Transaction& transaction, const catalogue::StoredStream& stream,
             const std::string& search_path, const std::string& select, std::size_t columns) {
    transaction.run("SET LOCAL search_path = " + search_path);
    transaction.run("CREATE TEMP VIEW tidewheel_probe (" + column_names(columns) + ") AS " +
                    select);
    transaction.run(std::string("SET LOCAL search_path = ") + plain_search_path);
    const postgres::Rows others =
        transaction.query(others_query, {probe_name, staged_name(stream)});
    if (!others.empty()) throw engine::Unsupported{others[0].text(0)};
    Probed probed;
    probed.text =
        transaction.query("SELECT pg_get_viewdef($1::regclass)", {probe_name}).at(0).text(0);
    probed.types = catalogue::column_types(transaction, probe_name);
    transaction.run(std::string("DROP VIEW ") + probe_name);
    return probed;
}

Probed probe(postgres::Transaction& transaction, const catalogue::StoredStream& stream,
             const std::string& search_path, const std::vector<std::string>& expressions,
             const std::string& from) {
    std::vector<std::string> list;
    for (const std::string& each : expressions)
        list.push_back("(" + each + ")");
    return probe(transaction, stream, search_path, "SELECT " + joined(list, ", ") + " FROM " + from,
                 list.size());
}

}  // namespace tidewheel::executor
