#pragma once
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/engine/lane.hpp"

// What lanes write to in a model: a partition's records, and a database that checks itself.
namespace tidewheel::engine::model {

// What stands at an offset. A gap is no record: compacted, aborted, or a transaction's marker.
enum class Slot : std::uint8_t { good, bad, gap };

struct Scenario {
    std::vector<Slot> partition;
    std::map<int, std::int64_t> statements;  // by id: where each stands at first
    std::size_t batch_rows;

    std::int64_t end() const { return static_cast<std::int64_t>(partition.size()); }
    std::int64_t records_end() const {  // behind the last record
        std::int64_t at = end();
        while (at > 0 && partition[static_cast<std::size_t>(at - 1)] == Slot::gap)
            --at;
        return at;
    }
};

// What a database compares before it stores a batch. Without it, the check has to fail.
struct Guards {
    bool epoch = true, offset = true;
};

// A promise was broken. Not an Error: no lane takes it for failure with the world.
struct Violation {
    std::string what;
};

struct Claim {
    std::int64_t epoch;
    std::vector<int> statements;
};

class Database {
  public:
    Database(const Scenario& scenario, Guards guards);

    Claim claim(std::vector<int> statements);
    bool is_current(const Claim& claim) const;
    std::vector<StatementProgress> progress(const Claim& claim) const;
    void store(const Claim& claim, const CommitRequest& work);
    bool has_all(const std::vector<int>& statements) const;  // applied every record

  private:
    struct Row {
        std::int64_t epoch, start, next;
        std::vector<int> stored;  // by offset: how often
        std::optional<Fingerprint> last = {};
    };
    void admit(const Claim& claim, const CommitRequest& work) const;
    void check() const;
    void check(int statement, const Row& row) const;

    const Scenario& scenario_;
    Guards guards_;
    std::map<int, Row> rows_;
    std::set<std::int64_t> parked_;
    std::int64_t epochs_ = 0;
};

inline Database::Database(const Scenario& scenario, Guards guards)
    : scenario_(scenario), guards_(guards) {
    for (const auto& [statement, start] : scenario.statements)
        rows_[statement] = {0, start, start, std::vector<int>(scenario.partition.size())};
}

inline Claim Database::claim(std::vector<int> statements) {
    ++epochs_;
    for (const int statement : statements)
        rows_.at(statement).epoch = epochs_;
    return {epochs_, std::move(statements)};
}

inline bool Database::is_current(const Claim& claim) const {
    return std::all_of(claim.statements.begin(), claim.statements.end(),
                       [&](int each) { return rows_.at(each).epoch == claim.epoch; });
}

inline std::vector<StatementProgress> Database::progress(const Claim& claim) const {
    if (guards_.epoch && !is_current(claim)) throw Error(Error::Kind::fenced, "claimed");
    std::vector<StatementProgress> all;
    for (const int statement : claim.statements)
        all.push_back({statement, rows_.at(statement).next, rows_.at(statement).last});
    return all;
}

inline void Database::admit(const Claim& claim, const CommitRequest& work) const {
    for (const int statement : work.statements) {
        const Row& row = rows_.at(statement);
        if (guards_.epoch && row.epoch != claim.epoch) throw Error(Error::Kind::fenced, "claimed");
        if (guards_.offset && row.next != work.begin) throw Error(Error::Kind::fenced, "moved");
        if (row.epoch != claim.epoch) throw Violation{"an owner stored after it was fenced"};
        if (work.end < row.next) throw Violation{"the progress went back"};
    }
}

inline void Database::store(const Claim& claim, const CommitRequest& work) {
    admit(claim, work);
    for (const int statement : work.statements) {
        Row& row = rows_.at(statement);
        for (std::size_t i = 0; i < work.batch.rows(); ++i)
            ++row.stored.at(static_cast<std::size_t>(work.batch.record_of(i).offset));
        row.next = work.end;
        if (!work.batch.empty()) row.last = fingerprint_of(work.batch.records().back());
    }
    for (const RejectedRecord& each : work.batch.rejected())
        parked_.insert(work.batch.records()[each.record].offset);
    check();
}

inline void Database::check() const {
    std::int64_t furthest = 0;
    for (const auto& [statement, row] : rows_) {
        check(statement, row);
        furthest = std::max(furthest, row.next);
    }
    if (!parked_.empty() && *parked_.rbegin() >= furthest)
        throw Violation{"a record is parked that no statement has reached"};
}

inline void Database::check(int statement, const Row& row) const {
    for (std::int64_t offset = 0; offset < scenario_.end(); ++offset) {
        const auto slot = scenario_.partition[static_cast<std::size_t>(offset)];
        const bool reached = offset >= row.start && offset < row.next;
        const int due = reached && slot == Slot::good ? 1 : 0;
        const int stored = row.stored[static_cast<std::size_t>(offset)];
        const bool lost = reached && slot == Slot::bad && !parked_.contains(offset);
        if (stored == due && !lost) continue;
        throw Violation{"statement " + std::to_string(statement) + ", at " +
                        std::to_string(row.next) + ", stored offset " + std::to_string(offset) +
                        " " + std::to_string(stored) + " times" + (lost ? ", unparked" : "")};
    }
}

inline bool Database::has_all(const std::vector<int>& statements) const {
    return std::all_of(statements.begin(), statements.end(),
                       [&](int each) { return rows_.at(each).next >= scenario_.records_end(); });
}

}  // namespace tidewheel::engine::model
