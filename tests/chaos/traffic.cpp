#include "chaos/traffic.hpp"

#include <random>

#include "chaos/sender.hpp"
#include "chaos/transactions.hpp"
#include "tidewheel/core/retry.hpp"

namespace tidewheel::chaos {

using std::chrono::milliseconds;

Traffic::Traffic(kafka::ClientSettings settings, std::string topic, Ledger& ledger,
                 std::uint64_t seed, int rate)
    : settings_(std::move(settings)),
      topic_(std::move(topic)),
      ledger_(ledger),
      seed_(seed),
      rate_(rate),
      steady_([this](std::stop_token stop) { send_steadily(stop); }),
      transactional_([this](std::stop_token stop) { keep_transacting(stop); }) {}

void Traffic::hang(bool on) {
    const std::lock_guard lock(mutex_);
    if (transacting_) transacting_->signal(on ? SIGUSR1 : SIGUSR2);
}

void Traffic::finish() {
    steady_.request_stop();
    transactional_.request_stop();
    steady_.join();
    transactional_.join();
}

void Traffic::send_steadily(std::stop_token stop) {
    constexpr int rounds_a_second = 50, rounds_a_settlement = 12;
    Sender sender(settings_, topic_, ledger_, seed_);
    std::mt19937_64 random(seed_);
    for (int round = 1; wait_for(stop, milliseconds(1000 / rounds_a_second)); ++round) {
        for (int i = rate_ / rounds_a_second; i > 0; --i)
            sender.send(static_cast<int>(random() % partitions_));
        if (round % rounds_a_settlement == 0) sender.settle();
    }
    sender.settle();
}

void Traffic::start_transacting(std::int64_t first) {
    const std::lock_guard lock(mutex_);
    transacting_ = std::make_unique<testing::Process>(
        std::vector<std::string>{"/proc/self/exe", "transact", settings_.brokers, topic_,
                                 std::to_string(seed_), std::to_string(first)});
}

// Whatever it dies of, another takes its place; the last one ends in order, so that nothing is left
// open.
void Traffic::keep_transacting(std::stop_token stop) {
    std::int64_t first = Ledger::of_transactions;
    for (bool ended = false; !ended;) {
        start_transacting(first);
        while (transacting_->running() && wait_for(stop, milliseconds(100))) {
        }
        if (stop.stop_requested()) transacting_->signal(SIGTERM);
        ended = transacting_->wait(std::chrono::minutes(2)) == 0 && stop.stop_requested();
        first = enter_journal(transacting_->output(), first, ledger_);
    }
}

}  // namespace tidewheel::chaos
