#include "problem.hpp"

#include <algorithm>
#include <utility>

namespace tidewheel::ingress {
namespace {

using codec::Json;

struct Title {
    int status;
    const char* text;
};
constexpr Title titles[] = {{400, "Bad Request"},
                            {401, "Unauthorized"},
                            {404, "Not Found"},
                            {405, "Method Not Allowed"},
                            {413, "Content Too Large"},
                            {415, "Unsupported Media Type"},
                            {429, "Too Many Requests"},
                            {431, "Request Header Fields Too Large"},
                            {500, "Internal Server Error"},
                            {503, "Service Unavailable"}};

const char* title_of(int status) {
    const auto found = std::ranges::find(titles, status, &Title::status);
    return found == std::end(titles) ? "Error" : found->text;
}

Json as_json(const RecordError& error) {
    Json json = Json::object();
    json.set("index", static_cast<std::int64_t>(error.index));
    if (error.line > 0) json.set("line", static_cast<std::int64_t>(error.line));
    json.set("reason", error.reason);
    if (!error.field.empty()) json.set("field", error.field);
    return json.set("detail", error.detail);
}

}  // namespace

Json as_json(const std::vector<RecordError>& errors) {
    Json json = Json::array();
    for (std::size_t i = 0; i < std::min(errors.size(), most_errors_named); ++i)
        json.push(as_json(errors[i]));
    return json;
}

http::Response response_of(Problem problem) {
    // The type is about:blank, which may be left out: the status says all.
    Json json = Json::object();
    json.set("title", title_of(problem.status))
        .set("status", problem.status)
        .set("detail", std::move(problem.detail));
    if (!problem.errors.empty())
        json.set("refused",
                 static_cast<std::int64_t>(std::max(problem.refused, problem.errors.size())))
            .set("errors", as_json(problem.errors));
    return {.status = problem.status,
            .content_type = "application/problem+json",
            .body = json.dump() + '\n',
            .headers = std::move(problem.headers)};
}

}  // namespace tidewheel::ingress
