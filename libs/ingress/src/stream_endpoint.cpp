#include "stream_endpoint.hpp"

#include <zlib.h>

#include <chrono>
#include <utility>

#include "sender.hpp"
#include "tidewheel/core/clock.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/core/weakened.hpp"
#include "tidewheel/http/bearer.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::ingress {
namespace {

using Admission = kafka::Publisher::Admission;
using codec::Json;

// It is stored with each record of a request.
constexpr std::size_t longest_idempotency_key = 255;

// Nobody knows how long somebody will pause a stream.
constexpr auto seconds_of_pause = "10";
const std::map<std::string, std::string> try_again{{"Retry-After", "1"}};

// The id of a signed request serves as well: it is the same when the request is sent again.
std::optional<std::string> idempotency_key_of(const http::Request& request,
                                              const sql::Stream& stream) {
    std::string_view key = http::header(request, "idempotency-key");
    if (key.empty() && !stream.ingress_secrets.empty()) key = http::header(request, "webhook-id");
    return key.empty() ? std::nullopt : std::optional<std::string>(key);
}

bool is_partial(const http::Request& request) {
    const auto partial = request.query.find("partial");
    return partial != request.query.end() && partial->second == "true";
}

http::Response accepted(std::size_t records, std::size_t refused,
                        const std::vector<RecordError>& bad) {
    Json json = Json::object();
    json.set("accepted", static_cast<std::int64_t>(records));
    if (refused > 0)
        json.set("refused", static_cast<std::int64_t>(refused)).set("errors", as_json(bad));
    return {.status = 202, .content_type = "application/json", .body = json.dump() + '\n'};
}

}  // namespace

StreamEndpoint::StreamEndpoint(const Surroundings& surroundings, StreamRules rules)
    : surroundings_(surroundings),
      rules_(std::move(rules)),
      metrics_(surroundings.metrics, rules_.stream.stream.name.text()) {}

void StreamEndpoint::answer(http::Request&& request, http::Respond respond) {
    respond = metrics_.counted(std::move(respond));
    if (auto refused = refusal_of(request)) return respond(response_of(*std::move(refused)));
    const auto idempotency_key = idempotency_key_of(request, rules_.stream.stream);
    if (idempotency_key && idempotency_key->size() > longest_idempotency_key)
        return respond(response_of({400, "the header Idempotency-Key or webhook-id has more than " +
                                             std::to_string(longest_idempotency_key) + " bytes"}));
    const bool partial = is_partial(request);
    const auto body = read_body(std::move(request), surroundings_.most_bytes);
    if (!body) return respond(response_of(body.failure()));
    const auto records = body->split(body->text);
    if (!records) return respond(response_of({400, records.failure()}));
    if (records->size() > surroundings_.most_records)
        return respond(response_of(
            {413, "a request may have " +
                      plural(static_cast<long long>(surroundings_.most_records), "record") +
                      " at most"}));
    Judgement judgement = judge(*records, idempotency_key);
    metrics_.count_refused(judgement.bad);
    const std::size_t refused = judgement.bad.size();
    if (refused > most_errors_named) {
        judgement.bad.resize(most_errors_named);
        judgement.bad.shrink_to_fit();
    }
    if (refused > 0 && (!partial || judgement.good.empty()))
        return respond(response_of({400,
                                    plural(static_cast<long long>(refused), "record") + " of " +
                                        std::to_string(records->size()) +
                                        " can't be accepted; nothing was sent",
                                    std::move(judgement.bad),
                                    {},
                                    refused}));
    if (judgement.good.empty()) return respond(accepted(0, 0, {}));
    send(std::move(judgement), refused, idempotency_key, respond);
}

std::optional<Problem> StreamEndpoint::refusal_of(const http::Request& request) {
    if (request.method != "POST")
        return Problem{405, "records are sent with POST", {}, {{"Allow", "POST"}}};
    if (auto refused = refusal_of_its_sender(request)) return refused;
    if (!rules_.is_paused) return std::nullopt;
    return Problem{
        503,
        "stream " + sql::label(rules_.stream.stream.name) + " is paused; nothing was sent",
        {},
        {{"Retry-After", seconds_of_pause}}};
}

std::optional<Problem> StreamEndpoint::refusal_of_its_sender(const http::Request& request) {
    try {
        auto refused =
            refusal_of_sender(request, rules_.stream.stream, surroundings_.secrets, unix_time());
        complained_ = false;
        return refused;
    } catch (const Error& error) {
        if (!complained_.exchange(true))
            telemetry::log(telemetry::Level::error, "no signature can be checked",
                           {{"stream", rules_.stream.stream.name.text()},
                            {"reason", error.what()},
                            {"hint", error.hint()}});
        return Problem{503, "the secrets of the stream can't be read here", {}, try_again};
    }
}

Judgement StreamEndpoint::judge(const RawRecords& records,
                                const std::optional<std::string>& idempotency_key) {
    std::unique_ptr<RecordJudge> judge;
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            judge = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    if (!judge) judge = std::make_unique<RecordJudge>(rules_);
    Judgement judgement = judge->judge(records, idempotency_key);
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(judge));
    return judgement;
}

void StreamEndpoint::send(Judgement&& judgement, std::size_t refused,
                          const std::optional<std::string>& idempotency_key,
                          const http::Respond& respond) {
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    if (idempotency_key) headers.emplace_back(sql::idempotency_header, *idempotency_key);
    std::vector<kafka::Outgoing> records;
    records.reserve(judgement.good.size());
    for (const GoodRecord& each : judgement.good)
        records.push_back({partition_of(each), each.key, each.text, headers});
    kafka::Publisher::Done done =
        [self = shared_from_this(), respond, refused,
         bad = std::move(judgement.bad)](const kafka::Publisher::Outcome& outcome) {
            respond(self->answer_to(outcome, refused, bad));
        };
    if (weakened("answer_before_kafka")) {
        respond(accepted(records.size(), refused, {}));
        done = [](const kafka::Publisher::Outcome&) {};
    }
    switch (surroundings_.publisher.send(rules_.stream.stream.topic, records, std::move(done))) {
        case Admission::taken:
            return;
        case Admission::never:
            return respond(response_of(
                {413,
                 "the records are larger than all that may wait for Kafka; nothing was sent"}));
        case Admission::full:
            return respond(response_of(
                {429, "too many records wait for Kafka; nothing was sent", {}, try_again}));
        case Admission::away:
            return respond(
                response_of({503, "Kafka does not answer; nothing was sent", {}, try_again}));
    }
}

http::Response StreamEndpoint::answer_to(const kafka::Publisher::Outcome& outcome,
                                         std::size_t refused, const std::vector<RecordError>& bad) {
    metrics_.count_accepted(outcome.delivered);
    if (outcome.failed == 0) return accepted(outcome.delivered, refused, bad);
    const std::string what = plural(static_cast<long long>(outcome.failed), "record") + " of " +
                             std::to_string(outcome.sent) +
                             " were not acknowledged: " + outcome.first_failure;
    if (outcome.refused) return response_of({500, what});
    return response_of({503, what + "; send the request again", {}, try_again});
}

// Kafka's own choice by the key, or anywhere without one; within the partitions of a route, ours.
int StreamEndpoint::partition_of(const GoodRecord& record) {
    const std::vector<int>* allowed =
        record.route ? rules_.stream.schema.route.partitions_of(*record.route) : nullptr;
    if (!allowed) return -1;
    const std::size_t number = record.key
                                   ? crc32(0, reinterpret_cast<const Bytef*>(record.key->data()),
                                           static_cast<uInt>(record.key->size()))
                                   : next_.fetch_add(1, std::memory_order_relaxed);
    return (*allowed)[number % allowed->size()];
}

}  // namespace tidewheel::ingress
