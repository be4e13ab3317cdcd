#include "results.hpp"

#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "connect.hpp"
#include "errors.hpp"

namespace tidewheel::postgres {

std::size_t row_count(PGresult* result) {
    return std::strtoull(PQcmdTuples(result), nullptr, 10);
}

Rows rows_of(PGresult* result) {
    Rows rows;
    const int width = PQnfields(result);
    for (int column = 0; column < width; ++column)
        rows.columns.emplace_back(PQfname(result, column));
    rows.reserve(static_cast<std::size_t>(PQntuples(result)));
    for (int row = 0; row < PQntuples(result); ++row) {
        std::vector<std::optional<std::string>> fields(static_cast<std::size_t>(width));
        for (int column = 0; column < width; ++column)
            if (!PQgetisnull(result, row, column))
                fields[static_cast<std::size_t>(column)].emplace(
                    PQgetvalue(result, row, column),
                    static_cast<std::size_t>(PQgetlength(result, row, column)));
        rows.emplace_back(std::move(fields));
    }
    rows.is_query = PQresultStatus(result) == PGRES_TUPLES_OK;
    rows.affected = row_count(result);
    if (std::string_view(PQcmdStatus(result)).starts_with("INSERT")) rows.inserted = rows.affected;
    return rows;
}

Rows as_script(std::span<Rows> results) {
    Rows script;
    for (Rows& each : results) {
        each.inserted += script.inserted;
        if (each.is_query) {
            script = std::move(each);
        } else {
            script.affected = each.affected;
            script.inserted = each.inserted;
        }
    }
    return script;
}

void take_results(PGconn* handle, const std::function<void(PGresult*)>& take) {
    std::optional<DatabaseError> failure;
    while (const Result result{PQgetResult(handle)}) {
        switch (PQresultStatus(result.get())) {
            case PGRES_COPY_IN:  // only run() meets it; the server makes an error of it
                PQputCopyEnd(handle, "COPY needs Session::copy");
                break;
            case PGRES_EMPTY_QUERY:
            case PGRES_COMMAND_OK:
            case PGRES_TUPLES_OK:
                if (!failure) take(result.get());
                break;
            default:
                if (!failure) failure = error_of(handle, result.get());
                if (PQstatus(handle) == CONNECTION_BAD)
                    throw connection_lost("during a statement", failure->what());
        }
    }
    if (PQstatus(handle) == CONNECTION_BAD)
        throw connection_lost("during a statement", PQerrorMessage(handle));
    if (failure) throw *failure;
}

}  // namespace tidewheel::postgres
