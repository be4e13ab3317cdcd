#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "body.hpp"
#include "problem.hpp"
#include "tidewheel/engine/decoder.hpp"
#include "tidewheel/executor/field_rules.hpp"
#include "tidewheel/executor/rule_judge.hpp"

namespace tidewheel::ingress {

// What is known of a stream for as long as the catalogue is the same. Never changed.
struct StreamRules {
    StreamRules(const catalogue::StoredStream& stored, executor::FieldRules known);

    catalogue::StoredStream stream;
    executor::FieldRules fields;
    // Of an object that is no record yet: what only Kafka gives is NULL, and no partition is wrong.
    engine::Schema schema;
    int key = -1, route = -1;  // columns of the schema; -1: none
    bool is_paused = false;    // records are refused for now
};

// A record that may be sent.
struct GoodRecord {
    std::string_view text;
    std::optional<std::string> key;
    std::optional<std::string> route;  // the value that decides on its partition
};

struct Judgement {
    std::vector<GoodRecord> good;
    std::vector<RecordError> bad;  // in the order of the body
};

// Judges the records of a request by the rules of their stream, as a worker would: its decoder, and
// those of its CHECKs that the engine computes. One thread at a time.
class RecordJudge {
  public:
    explicit RecordJudge(const StreamRules& rules);  // outlives this

    // idempotency_key: for columns that hold that header.
    Judgement judge(const RawRecords& records,
                    const std::optional<std::string>& idempotency_key = {});

  private:
    void decode(const RawRecord& record, const std::optional<std::string>& idempotency_key);
    void apply_checks(const RawRecords& records, std::vector<bool>& is_good, Judgement& judgement);
    RecordError error_of(std::size_t index, const RawRecord& record,
                         const engine::Reject& reject) const;
    std::optional<std::string> text_of(int column, std::size_t row) const;

    const StreamRules& rules_;
    engine::Batch batch_;
    std::unique_ptr<engine::Decoder> decoder_;
    executor::RuleJudge checks_;
    bool takes_idempotency_key_;  // a column does
};

}  // namespace tidewheel::ingress
