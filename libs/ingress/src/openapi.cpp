#include "openapi.hpp"

#include <utility>

#include "tidewheel/apply/json_schema.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/core/version.hpp"

namespace tidewheel::ingress {
namespace {

using codec::Json;

Json object(Json::Object members) {
    return Json(std::move(members));
}

Json reference(const std::string& kind, const std::string& name) {
    return object({{"$ref", "#/components/" + kind + "/" + name}});
}

Json content(const std::string& type, Json schema) {
    return object({{type, object({{"schema", std::move(schema)}})}});
}

struct Answer {
    const char* status;
    const char* meaning;
};
constexpr Answer refusals[] = {
    {"400", "The body can't be read, or a record of it is bad. Nothing was sent."},
    {"413", "The body is too large. Nothing was sent."},
    {"415", "The body is neither JSON nor NDJSON, or its Content-Encoding is not gzip."},
    {"429", "Too many records wait for Kafka. Nothing was sent; try again."},
    {"500", "Kafka refused a record, or the service has a defect."},
    {"503", "Kafka did not acknowledge every record in time; send the request again."}};

Json answers(const sql::Stream& stream) {
    Json all = object({{"202", reference("responses", "Accepted")}});
    if (!stream.ingress_tokens.empty() || !stream.ingress_secrets.empty())
        all.set("401", object({{"description",
                                "The request carries no token of the stream, or no "
                                "signature by one of its secrets."},
                               {"content", content("application/problem+json",
                                                   reference("schemas", "Problem"))}}));
    for (const Answer& each : refusals)
        all.set(each.status, object({{"description", each.meaning},
                                     {"content", content("application/problem+json",
                                                         reference("schemas", "Problem"))}}));
    return all;
}

// The name of a component: letters, digits, '.', '_' and '-'. Every stream's is another one, and
// none is that of a component of ours.
std::string component_name(const sql::Stream& stream) {
    std::string name = "stream.";
    for (const unsigned char c : stream.name.text())
        name += c < 128 && (std::isalnum(c) || c == '.' || c == '_')
                    ? std::string(1, static_cast<char>(c))
                    : "-" + to_hex(std::string(1, static_cast<char>(c)));
    return name;
}

// The record alone: what the schema says of the topic is not for clients.
Json record_schema(const sql::Stream& stream) {
    Json schema = Json::object();
    const auto whole = Json::parse(apply::json_schema(stream));
    for (const auto& [name, value] : whole->members())
        if (!name.starts_with("x-") && !name.starts_with("$")) schema.set(name, value);
    return schema;
}

Json request_body(const sql::Stream& stream) {
    const Json record = reference("schemas", component_name(stream));
    const Json array = object({{"type", "array"}, {"items", record}});
    const Json one_or_more = object({{"oneOf", Json::array().push(record).push(array)}});
    Json types = content("application/json", one_or_more);
    types.set("application/x-ndjson",
              object({{"schema",
                       object({{"type", "string"}, {"description", "a record on each line"}})}}));
    return object({{"required", true}, {"content", std::move(types)}});
}

Json parameter(const char* name, const char* in, const char* what, Json schema) {
    return object({{"name", name},
                   {"in", in},
                   {"description", what},
                   {"required", false},
                   {"schema", std::move(schema)}});
}

Json operation(const sql::Stream& stream) {
    Json parameters = Json::array();
    parameters
        .push(parameter("partial", "query",
                        "true: the good records are sent, though others are bad",
                        object({{"type", "boolean"}, {"default", false}})))
        .push(parameter("Idempotency-Key", "header", "becomes a header of each record",
                        object({{"type", "string"}})));
    Json post = object({{"summary", "Records for the stream " + stream.name.text()},
                        {"operationId", "post-" + component_name(stream)},
                        {"parameters", std::move(parameters)},
                        {"requestBody", request_body(stream)},
                        {"responses", answers(stream)}});
    Json security = Json::object();
    if (!stream.ingress_tokens.empty()) security.set("token", Json::array());
    if (!stream.ingress_secrets.empty()) security.set("signature", Json::array());
    if (!security.members().empty()) post.set("security", Json::array().push(std::move(security)));
    return object({{"post", std::move(post)}});
}

Json text() {
    return object({{"type", "string"}});
}
Json number() {
    return object({{"type", "integer"}});
}

Json error_schema() {
    return object({{"type", "object"},
                   {"properties", object({{"index", number()},
                                          {"line", number()},
                                          {"reason", text()},
                                          {"field", text()},
                                          {"detail", text()}})},
                   {"required", Json::array().push("index").push("reason").push("detail")}});
}

Json errors_schema() {
    return object({{"type", "array"}, {"items", reference("schemas", "RecordError")}});
}

Json problem_schema() {
    return object({{"description", "RFC 9457"},
                   {"type", "object"},
                   {"properties", object({{"title", text()},
                                          {"status", number()},
                                          {"detail", text()},
                                          {"refused", number()},
                                          {"errors", errors_schema()}})},
                   {"required", Json::array().push("title").push("status").push("detail")}});
}

Json accepted_answer() {
    Json schema = object(
        {{"type", "object"},
         {"properties",
          object({{"accepted", number()}, {"refused", number()}, {"errors", errors_schema()}})},
         {"required", Json::array().push("accepted")}});
    return object({{"description", "The brokers have acknowledged every accepted record."},
                   {"content", content("application/json", std::move(schema))}});
}

}  // namespace

std::string openapi_document(const std::vector<const sql::Stream*>& streams) {
    Json paths = Json::object(), schemas = Json::object();
    for (const sql::Stream* stream : streams) {
        paths.set(stream->ingress, operation(*stream));
        schemas.set(component_name(*stream), record_schema(*stream));
    }
    schemas.set("RecordError", error_schema()).set("Problem", problem_schema());
    Json components =
        object({{"schemas", std::move(schemas)},
                {"responses", object({{"Accepted", accepted_answer()}})},
                {"securitySchemes",
                 object({{"token", object({{"type", "http"}, {"scheme", "bearer"}})},
                         {"signature", object({{"type", "apiKey"},
                                               {"in", "header"},
                                               {"name", "webhook-signature"},
                                               {"description",
                                                "As Standard Webhooks 1.0 has it, with webhook-id "
                                                "and webhook-timestamp."}})}})}});
    const Json document = object(
        {{"openapi", "3.1.0"},
         {"info", object({{"title", "Tidewheel ingress"}, {"version", std::string(version())}})},
         {"paths", std::move(paths)},
         {"components", std::move(components)}});
    return document.dump(2) + '\n';
}

}  // namespace tidewheel::ingress
