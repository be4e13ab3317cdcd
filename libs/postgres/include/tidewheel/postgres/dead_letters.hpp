#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "tidewheel/engine/record.hpp"
#include "tidewheel/engine/reject.hpp"
#include "tidewheel/postgres/copy_encoder.hpp"
#include "tidewheel/postgres/session.hpp"

namespace tidewheel::postgres {

// The dead letters of one batch, gathered while it runs and stored in its transaction.
class DeadLetters {
  public:
    static constexpr int stream_rules =
        0;  // as `statement`: the stream's own rules refused the record

    // DDL of the temporary table that store() goes through, once a session.
    static std::string setup();

    void clear() {
        parked_.clear();
        staged_ = 0;
    }
    // For savepoints: what was parked after the mark is forgotten by back_to(mark).
    std::size_t mark() const { return parked_.size(); }
    void back_to(std::size_t mark) {
        parked_.erase(parked_.begin() + static_cast<std::ptrdiff_t>(mark), parked_.end());
    }
    // `record` must live until store().
    void park(const engine::Record& record, int statement, engine::Reject reject);
    // Sends PostgreSQL what was parked so far: before the batch takes locks that others wait for,
    // since nothing but our end frees them while we are frozen in a COPY.
    void stage(Session& session);
    // Writes all of them to tidewheel.dead_letters; one that is there already (parked by the other
    // service) stays as it is. Returns their reasons.
    std::vector<engine::Reason> store(Session& session, int stream, const std::string& topic,
                                      int partition);

  private:
    struct Parked {
        const engine::Record* record;
        int statement;
        engine::Reject reject;
    };
    void encode(const Parked& parked);

    std::vector<Parked> parked_;
    std::size_t staged_ = 0;  // of them
    CopyEncoder encoder_;
};

}  // namespace tidewheel::postgres
