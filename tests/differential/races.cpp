#include "differential/races.hpp"

#include <algorithm>
#include <functional>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>

#include "differential/owner.hpp"
#include "differential/random.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/postgres/sqlstate.hpp"

namespace tidewheel::testing {
namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE events (id bigint NOT NULL, source integer, ref bigint)
    SERVER kafka OPTIONS (topic '{topic}', partitions '4');
CREATE TABLE stored (id bigint PRIMARY KEY, source integer, ref bigint);
INSERT INTO stored SELECT * FROM events ON CONFLICT (id) DO NOTHING;
)";

constexpr int lanes = 4, hands = 2, batches = 14, writes = 30;
// From here on each key is one record's alone.
constexpr std::int64_t own_keys = 1'000'000;
// A whole range of keys is enough for a COPY; ranges are few, so that writers meet.
constexpr std::size_t ranges = 3, keys_of_range = 300;

struct Row {
    std::int64_t id;
    int source;
    std::int64_t ref;
};

// Rows with keys of one range, in any order, numbered from the first reference on.
std::vector<Row> some_rows(Random& random, int source, std::int64_t& ref, std::size_t count) {
    std::vector<std::int64_t> ids(keys_of_range);
    std::iota(ids.begin(), ids.end(), static_cast<std::int64_t>(random.below(ranges) * 1000));
    for (std::size_t i = ids.size(); i > 1; --i)
        std::swap(ids[i - 1], ids[random.below(i)]);
    std::vector<Row> rows;
    for (std::size_t i = 0; i < count; ++i)
        rows.push_back({ids[i], source, ref++});
    return rows;
}

// Everybody who writes, and what they have said.
class Race {
  public:
    explicit Race(unsigned seed) : seed_(seed) {
        const Finished applied = deployment_.apply(pipeline);
        if (applied.status != 0) throw Error(Error::Kind::refused, applied.errors);
        deployment_.query("CREATE TABLE gone (id bigint, source integer, ref bigint)");
    }

    std::vector<std::string> run() {
        {
            std::vector<std::jthread> writers;
            for (int number = 0; number < lanes; ++number)
                writers.emplace_back([this, number] { guard([&] { run_lane(number); }); });
            for (int number = lanes; number < lanes + hands; ++number)
                writers.emplace_back([this, number] { guard([&] { write_by_hand(number); }); });
        }
        check_end();
        return wrong_;
    }

  private:
    void guard(const std::function<void()>& write) {
        try {
            write();
        } catch (const std::exception& error) {
            note(std::string("a writer stopped: ") + error.what());
        }
    }

    void note(const std::string& line) {
        const std::lock_guard lock(mutex_);
        wrong_.push_back(line);
    }

    void count(std::size_t rows) {
        const std::lock_guard lock(mutex_);
        written_ += rows;
    }

    void sent(const std::vector<Row>& rows) {
        const std::lock_guard lock(mutex_);
        for (const Row& row : rows)
            keys_.insert(row.id);
    }

    Random random_of(int number) const {
        return Random(seed_ * 16 + static_cast<unsigned>(number));
    }

    // A lane of each kind of executor, by its number and the seed.
    void run_lane(int number) {
        Random random = random_of(number);
        const bool native = number != static_cast<int>(seed_ % lanes);
        Owner owner(deployment_, "lane-" + std::to_string(number),
                    {number, native ? executor::Execution::native : executor::Execution::pushdown});
        std::int64_t next = owner.open();
        for (int batch = 0; batch < batches; ++batch) {
            std::int64_t ref = next;
            std::vector<std::string> values;
            std::vector<Row> rows =
                some_rows(random, number, ref, random.below(3) == 0 ? 20 : keys_of_range);
            rows.push_back({own_keys + lanes * ref + number, number, ref});
            ++ref;
            for (const Row& row : rows)
                values.push_back("{\"id\": " + std::to_string(row.id) +
                                 ", \"source\": " + std::to_string(row.source) +
                                 ", \"ref\": " + std::to_string(row.ref) + "}");
            commit(owner, next, values);
            next = ref;
            sent(rows);
            if (random.below(2) == 0) owner.renew();  // so that it copies again
        }
    }

    // Again after what passes, from where the progress is, as a lane does.
    void commit(Owner& owner, std::int64_t begin, const std::vector<std::string>& values) {
        constexpr int most_attempts = 20;
        for (int attempt = 1;; ++attempt) {
            try {
                const engine::Committed done = owner.commit(begin, values);
                for (const auto& [statement, rows] : done.rows_written)
                    count(rows);
                return;
            } catch (const Error& error) {
                if (!error.retryable() || attempt == most_attempts) throw;
            }
            owner.renew();
            if (owner.open() != begin) throw std::logic_error("a failed batch moved the progress");
        }
    }

    void write_by_hand(int number) {
        Random random = random_of(number);
        postgres::Session session(deployment_.url(), "by hand");
        std::int64_t ref = 0;
        for (int i = 0; i < writes; ++i) {
            try {
                count(write(session, random, number, ref));
            } catch (const postgres::DatabaseError& error) {
                // Each is one statement, so nothing of it is left.
                if (error.sqlstate() != postgres::sqlstate::unique_violation &&
                    error.sqlstate() != postgres::sqlstate::deadlock_detected)
                    throw;
            }
        }
    }

    static std::size_t write(postgres::Session& session, Random& random, int number,
                             std::int64_t& ref) {
        switch (random.below(3)) {
            case 0:
                return insert(session, some_rows(random, number, ref, 40));
            case 1:
                return copy(session, some_rows(random, number, ref, 40));
            default:
                session.run("WITH taken AS (DELETE FROM stored WHERE id / 1000 = " +
                            std::to_string(random.below(ranges)) +
                            " RETURNING *) INSERT INTO gone SELECT * FROM taken");
                return 0;
        }
    }

    static std::size_t insert(postgres::Session& session, const std::vector<Row>& rows) {
        std::vector<std::string> values;
        for (const Row& row : rows)
            values.push_back("(" + std::to_string(row.id) + "," + std::to_string(row.source) + "," +
                             std::to_string(row.ref) + ")");
        return session
            .run("INSERT INTO stored VALUES " + joined(values, ",") + " ON CONFLICT DO NOTHING")
            .affected;
    }

    static std::size_t copy(postgres::Session& session, const std::vector<Row>& rows) {
        postgres::CopyEncoder& encoder = session.encoder();
        encoder.begin();
        for (const Row& row : rows) {
            encoder.row(3);
            encoder.int64(row.id);
            encoder.int32(row.source);
            encoder.int64(row.ref);
        }
        encoder.finish();
        return session.copy("COPY stored FROM STDIN (FORMAT binary)", encoder.payload());
    }

    // What was written is there or was deleted, each once, and every record's key with it.
    void check_end() {
        const std::string all = "(TABLE stored UNION ALL TABLE gone) a";
        expect(std::to_string(written_), "SELECT count(*) FROM " + all, "rows written and found");
        expect(
            std::to_string(keys_.size()),
            "SELECT count(DISTINCT id) FILTER (WHERE id = ANY ('" + key_array() + "')) FROM " + all,
            "keys of records found");
        expect("0",
               "SELECT count(*) FROM (SELECT FROM " + all +
                   " GROUP BY source, ref HAVING count(*) > 1) twice",
               "rows found twice");
        expect("0", "SELECT count(*) FROM tidewheel.dead_letters", "dead letters");
    }

    std::string key_array() const {
        std::vector<std::string> keys;
        for (const std::int64_t key : keys_)
            keys.push_back(std::to_string(key));
        return "{" + joined(keys, ",") + "}";
    }

    void expect(const std::string& expected, const std::string& query, const std::string& what) {
        if (const std::string found = deployment_.value(query); found != expected)
            note(what + ": " + found + ", expected " + expected);
    }

    unsigned seed_;
    Deployment deployment_;
    std::mutex mutex_;  // guards what follows
    std::vector<std::string> wrong_;
    std::size_t written_ = 0;
    std::set<std::int64_t> keys_;  // of records
};

}  // namespace

std::vector<std::string> race(unsigned seed) {
    return Race(seed).run();
}

}  // namespace tidewheel::testing
