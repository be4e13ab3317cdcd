#include "chaos/transactions.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>
#include <random>
#include <sstream>
#include <thread>
#include <vector>

#include "chaos/payloads.hpp"
#include "testing/transactional_producer.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::chaos {
namespace {

using std::chrono::milliseconds;

std::atomic<bool> hanging = false, stopping = false;

void take_signals() {
    std::signal(SIGUSR1, [](int) { hanging = true; });
    std::signal(SIGUSR2, [](int) { hanging = false; });
    std::signal(SIGTERM, [](int) { stopping = true; });
}

void tell(const std::string& line) {
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
}

// One transaction after the other. After an error a new producer of the same id takes the old one's
// place, which aborts what that left open.
class Transactions {
  public:
    Transactions(const kafka::ClientSettings& settings, std::string topic, std::uint64_t seed,
                 std::int64_t first)
        : settings_(settings),
          topic_(std::move(topic)),
          next_(first),
          payloads_(seed),
          random_(seed) {}

    void run_one() {
        if (!producer_)
            producer_ = std::make_unique<kafka::testing::TransactionalProducer>(settings_, topic_);
        const std::int64_t first = next_;
        next_ += static_cast<std::int64_t>(1 + random_() % 60);
        tell("open " + std::to_string(first) + " " + std::to_string(next_ - first));
        producer_->begin();
        for (std::int64_t id = first; id < next_; ++id)
            producer_->send(topic_, static_cast<int>(random_() % 4),
                            *payloads_.value(id, Kind::good), std::to_string(id));
        while (hanging && !stopping)
            std::this_thread::sleep_for(milliseconds(20));
        end(random_() % 16);
    }

    void abandon() { producer_.reset(); }

    void leave_nothing_open() {
        producer_ = std::make_unique<kafka::testing::TransactionalProducer>(settings_, topic_);
    }

  private:
    void end(std::uint64_t draw) {
        if (draw == 0) return abandon();
        if (draw < 8) return producer_->abort();
        tell("ending");
        producer_->commit();
        tell("committed");
    }

    const kafka::ClientSettings& settings_;
    std::string topic_;
    std::int64_t next_;
    Payloads payloads_;
    std::mt19937_64 random_;
    std::unique_ptr<kafka::testing::TransactionalProducer> producer_;
};

template <class Action>
bool succeeds(Transactions& transactions, Action&& action) {
    try {
        action();
        return true;
    } catch (const Error&) {
        transactions.abandon();
        return false;
    }
}

}  // namespace

int transact(const kafka::ClientSettings& settings, const std::string& topic, std::uint64_t seed,
             std::int64_t first) {
    take_signals();
    Transactions transactions(settings, topic, seed, first);
    while (!stopping) {
        succeeds(transactions, [&] { transactions.run_one(); });
        std::this_thread::sleep_for(milliseconds(100));
    }
    while (!succeeds(transactions, [&] { transactions.leave_nothing_open(); })) {
    }
    return 0;
}

std::int64_t enter_journal(const std::string& journal, std::int64_t first, Ledger& ledger) {
    std::vector<std::int64_t> ids;
    Fate fate = Fate::aborted;
    const auto settle = [&] {
        ledger.enter(ids, Kind::good, fate);
        ids.clear();
        fate = Fate::aborted;  // what no COMMIT was asked for can't be committed
    };
    std::istringstream lines(journal);
    for (std::string line; std::getline(lines, line) && !lines.eof();) {
        std::istringstream words(line);
        std::string word;
        std::int64_t begin = 0, count = 0;
        words >> word >> begin >> count;
        if (word == "open") {
            settle();
            for (first = begin; first < begin + count; ++first)
                ids.push_back(first);
        }
        if (word == "ending") fate = Fate::uncertain;
        if (word == "committed") fate = Fate::acknowledged;
    }
    settle();
    return first;
}

}  // namespace tidewheel::chaos
