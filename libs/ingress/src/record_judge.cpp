#include "record_judge.hpp"

#include <algorithm>
#include <chrono>

#include "tidewheel/codec/decoder_factory.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/engine/key_text.hpp"
#include "tidewheel/executor/statement_executor.hpp"
#include "tidewheel/kafka/publisher.hpp"

namespace tidewheel::ingress {
namespace {

constexpr std::size_t most_kept_bytes = 1 << 20;  // of a judge at rest

bool is_idempotency_key(const engine::Column& column) {
    return column.source == engine::ColumnOrigin::header &&
           column.header == sql::idempotency_header;
}

engine::Schema schema_of_objects(engine::Schema schema) {
    schema.needed.clear();
    schema.route = {};
    for (engine::Column& column : schema.columns)
        if (column.source != engine::ColumnOrigin::field && !is_idempotency_key(column))
            column.not_null = false;
    return schema;
}

engine::Reject too_large() {
    return {engine::Reason::out_of_range,
            "the record, its key and its header are larger than " +
                std::to_string(kafka::Publisher::most_record_bytes) + " bytes",
            {}};
}

std::int64_t now_in_milliseconds() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

void add_header(const void* value, std::vector<engine::Header>& to) {
    to.push_back({sql::idempotency_header, *static_cast<const std::string*>(value)});
}

}  // namespace

StreamRules::StreamRules(const catalogue::StoredStream& stored, executor::FieldRules known)
    : stream(stored),
      fields(std::move(known)),
      schema(schema_of_objects(stored.schema)),
      key(stream.stream.key.empty() ? -1 : schema.find(stream.stream.key)),
      route(stored.schema.route.column) {}

RecordJudge::RecordJudge(const StreamRules& rules)
    : rules_(rules),
      batch_(rules.schema),
      decoder_(codec::make_decoder(std::string_view(rules.stream.stream.format), rules.schema)),
      checks_(rules.schema, rules.fields.checks),
      takes_idempotency_key_(std::ranges::any_of(rules.schema.columns, is_idempotency_key)) {}

Judgement RecordJudge::judge(const RawRecords& records,
                             const std::optional<std::string>& idempotency_key) {
    batch_.clear();
    for (const RawRecord& each : records)
        decode(each, idempotency_key);
    Judgement judgement;
    std::vector<bool> is_good(records.size(), true);
    for (const engine::RejectedRecord& each : batch_.rejected()) {
        is_good[each.record] = false;
        judgement.bad.push_back(error_of(each.record, records[each.record], each.reject));
    }
    apply_checks(records, is_good, judgement);
    const std::size_t header_bytes =
        idempotency_key ? sql::idempotency_header.size() + idempotency_key->size() : 0;
    for (std::size_t row = 0; row < batch_.rows(); ++row) {
        const auto index = static_cast<std::size_t>(batch_.record_of(row).offset);
        if (!is_good[index]) continue;
        GoodRecord good{records[index].text, text_of(rules_.key, row), text_of(rules_.route, row)};
        if (good.text.size() + good.key.value_or("").size() + header_bytes <=
            kafka::Publisher::most_record_bytes)
            judgement.good.push_back(std::move(good));
        else
            judgement.bad.push_back(error_of(index, records[index], too_large()));
    }
    std::ranges::sort(judgement.bad, {}, &RecordError::index);
    if (batch_.footprint() > most_kept_bytes) batch_.release();
    return judgement;
}

void RecordJudge::decode(const RawRecord& raw, const std::optional<std::string>& idempotency_key) {
    engine::Record record;
    record.value = raw.text;
    record.offset = static_cast<std::int64_t>(batch_.records().size());
    record.timestamp = now_in_milliseconds();
    if (idempotency_key && takes_idempotency_key_) {
        record.owner = {const_cast<std::string*>(&*idempotency_key), [](void*) {}};
        record.read_headers = add_header;
    }
    batch_.add(
        std::move(record),
        [&](const engine::Record& kept, engine::Batch& batch) -> std::optional<engine::Reject> {
            if (kept.value->size() > kafka::Publisher::most_record_bytes) return too_large();
            return decoder_->decode(kept, batch);
        });
}

// Where the engine can't tell, a worker asks PostgreSQL.
void RecordJudge::apply_checks(const RawRecords& records, std::vector<bool>& is_good,
                               Judgement& judgement) {
    if (rules_.fields.checks.empty()) return;
    const auto take_in = [&] {
        for (const auto& [row, check] : checks_.broken()) {
            const auto index = static_cast<std::size_t>(batch_.record_of(row).offset);
            const catalogue::CheckRule& rule = rules_.fields.rules[check];
            is_good[index] = false;
            judgement.bad.push_back(error_of(index, records[index],
                                             {engine::Reason::check_violation,
                                              rule.name + ": " + rule.expression, rule.column}));
        }
    };
    try {
        checks_.judge(batch_);
        take_in();
    } catch (const executor::Declined&) {
        for (std::uint32_t row = 0; row < batch_.rows(); ++row)
            try {
                checks_.judge(batch_, {&row, 1});
                take_in();
            } catch (const executor::Declined&) {
                continue;
            }
    }
}

RecordError RecordJudge::error_of(std::size_t index, const RawRecord& record,
                                  const engine::Reject& reject) const {
    const int column = rules_.schema.find(reject.column);
    const bool is_field =
        column >= 0 && !rules_.schema.columns[static_cast<std::size_t>(column)].path.empty();
    return {index, record.line, std::string(name(reject.reason)),
            is_field ? joined(rules_.schema.columns[static_cast<std::size_t>(column)].path, ".")
                     : reject.column,
            reject.detail};
}

std::optional<std::string> RecordJudge::text_of(int column, std::size_t row) const {
    if (column < 0) return std::nullopt;
    return engine::key_text(batch_.column(static_cast<std::size_t>(column)), row);
}

}  // namespace tidewheel::ingress
