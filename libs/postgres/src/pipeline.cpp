#include "pipeline.hpp"

#include "connect.hpp"
#include "results.hpp"

namespace tidewheel::postgres {
namespace {

constexpr int text_results = 0;

}  // namespace

bool send(PGconn* handle, const std::string& unprepared) {
    return PQsendQueryParams(handle, unprepared.c_str(), 0, nullptr, nullptr, nullptr, nullptr,
                             text_results) == 1;
}

bool send(PGconn* handle, const std::string& name, const std::vector<Parameter>& parameters) {
    std::vector<const char*> values;
    for (const Parameter& each : parameters)
        values.push_back(each ? each->c_str() : nullptr);
    return PQsendQueryPrepared(handle, name.c_str(), static_cast<int>(values.size()), values.data(),
                               nullptr, nullptr, text_results) == 1;
}

bool send(PGconn* handle, const std::string& name, std::span<const std::string_view> parameters) {
    std::vector<const char*> values;
    std::vector<int> lengths;
    for (const std::string_view parameter : parameters) {
        values.push_back(parameter.data());
        lengths.push_back(static_cast<int>(parameter.size()));
    }
    const std::vector<int> formats(parameters.size(), 1);
    return PQsendQueryPrepared(handle, name.c_str(), static_cast<int>(parameters.size()),
                               values.data(), lengths.data(), formats.data(), text_results) == 1;
}

PipelineResults take_pipelined_results(PGconn* handle) {
    PipelineResults results;
    auto& failure = results.failure;
    for (;;) {
        const Result result{PQgetResult(handle)};
        if (PQstatus(handle) == CONNECTION_BAD)
            throw connection_lost("during a statement",
                                  failure ? failure->what() : PQerrorMessage(handle));
        if (!result) continue;  // between two commands
        switch (PQresultStatus(result.get())) {
            case PGRES_PIPELINE_SYNC:
                return results;
            case PGRES_TUPLES_OK:
            case PGRES_COMMAND_OK:
                results.rows.push_back(rows_of(result.get()));
                break;
            case PGRES_FATAL_ERROR:
                if (!failure) failure = error_of(handle, result.get());
                break;
            default:
                break;
        }
    }
}

}  // namespace tidewheel::postgres
