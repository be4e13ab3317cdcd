#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tidewheel/codec/json_decoder.hpp"
#include "tidewheel/executor/batch_writer.hpp"
#include "tidewheel/testing/deployment.hpp"

namespace tidewheel::testing {

struct Role {
    int partition = 0;
    executor::Execution execution = executor::Execution::native;
    std::chrono::seconds renew_after = std::chrono::hours(1);
};

// What a lane has: a plan, a claim of a partition by an owner, and a writer.
class Owner {
  public:
    Owner(const Deployment& deployment, const std::string& name, const Role& role = {})
        : name_(name), connection_(deployment.url()) {
        const catalogue::Catalogue catalogue = catalogue::load_catalogue(connection_);
        plans_ = executor::plan_streams(connection_, catalogue, executor::StatementKind::rows,
                                        role.execution)
                     .streams;
        lanes_ = {{deployment.topic(), role.partition,
                   plans_.front().statements_reading(role.partition), 0}};
        catalogue::claim(connection_, {name}, lanes_, catalogue.version);
        pool_ =
            std::make_unique<executor::SessionPool>(deployment.url(), name, 1, role.renew_after);
        renew();
    }

    std::int64_t epoch() const { return lanes_.front().epoch; }
    // As after a failure: what the writer has learnt is forgotten.
    void renew() {
        writer_ =
            std::make_unique<executor::BatchWriter>(*pool_, name_, plans_.front(), lanes_.front());
    }
    std::int64_t open() { return writer_->open().front().next_offset; }

    // Commits records with these values from an offset on.
    engine::Committed commit(std::int64_t begin, const std::vector<std::string>& values) {
        const auto decoder = codec::make_json_decoder(plans_.front().schema);
        engine::Batch batch(plans_.front().schema);
        for (std::size_t i = 0; i < values.size(); ++i) {
            engine::Record record;
            record.value = values[i];
            record.partition = lanes_.front().partition;
            record.offset = begin + static_cast<std::int64_t>(i);
            batch.add(std::move(record),
                      [&](const auto& each, auto& into) { return decoder->decode(each, into); });
        }
        const std::int64_t end = begin + static_cast<std::int64_t>(values.size());
        return writer_->commit({batch, begin, end, end, lanes_.front().statements});
    }

    Error::Kind refusal(std::int64_t begin, const std::vector<std::string>& values) {
        try {
            commit(begin, values);
        } catch (const Error& error) {
            return error.kind();
        }
        throw std::logic_error("it was committed");
    }

  private:
    std::string name_;
    postgres::Connection connection_;
    std::vector<executor::StreamPlan> plans_;
    std::vector<catalogue::LaneClaim> lanes_;
    std::unique_ptr<executor::SessionPool> pool_;
    std::unique_ptr<executor::BatchWriter> writer_;
};

}  // namespace tidewheel::testing
